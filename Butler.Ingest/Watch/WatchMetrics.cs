using System.Diagnostics.Metrics;
using Butler.Ingest.Push;
using Butler.Messaging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Ingest.Watch;

/// <summary>
/// <c>watch_expires_seconds</c>: how long until the first watch of an active account ends; an account that has none counts as ended. Alarm
/// well before it is 0: renewal keeps it above a day (docs/live.md).
/// </summary>
internal sealed partial class WatchMetrics : BackgroundService
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromMinutes(5);

    private readonly NpgsqlDataSource _dataSource;
    private readonly PushOptions _push;
    private readonly TimeProvider _time;
    private readonly ILogger<WatchMetrics> _logger;
    private readonly Meter _meter = new("Butler.Ingest.Watch");
    private long _firstEnd = long.MaxValue;

    public WatchMetrics(NpgsqlDataSource dataSource, IOptions<PushOptions> push, TimeProvider time, ILogger<WatchMetrics> logger)
    {
        (_dataSource, _push, _time, _logger) = (dataSource, push.Value, time, logger);
        _meter.CreateObservableGauge("watch_expires_seconds", Measure, "s", "Time until the first watch of an active account ends; below 0: it has.");
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (_push.Topic is null)
        {
            return;
        }

        await using var command = _dataSource.CreateCommand("""
            SELECT min(COALESCE(watch_expires_at, now())) FROM provider_users
            WHERE provider = 'gmail' AND status = 'active' AND 'gmail' = ANY (services) AND credentials IS NOT NULL
            """);
        var first = await command.ExecuteScalarAsync(cancellationToken);
        Interlocked.Exchange(ref _firstEnd, first is DateTime end ? new DateTimeOffset(end).ToUnixTimeSeconds() : long.MaxValue);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_push.Topic is not null && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RefreshAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Faults.IsOurs(e))
            {
                LogPostponed(e.GetType().Name);
            }

            await Task.Delay(s_refresh, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private IEnumerable<Measurement<double>> Measure()
    {
        var end = Interlocked.Read(ref _firstEnd);
        if (end != long.MaxValue)
        {
            yield return new(end - _time.GetUtcNow().ToUnixTimeSeconds());
        }
    }

    [LoggerMessage(2501, LogLevel.Information, "The watch gauge is postponed: {Reason}")]
    private partial void LogPostponed(string reason);
}
