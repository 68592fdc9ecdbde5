using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Butler.Data;

/// <summary>
/// No service starts with a key that does not open the canary; afterwards it looks every 30 s whether the ring has changed.
/// With <paramref name="create"/> (the migrating Ingest) the ring is made when there is none.
/// </summary>
internal sealed partial class KeyRingGate(KeyRing ring, NpgsqlDataSource dataSource, IConfiguration configuration, TimeProvider time, ILogger<KeyRingGate> logger, bool create) : BackgroundService
{
    /// <summary>How often the ring's version is looked at (<c>Butler:Keys:Look</c>).</summary>
    private readonly TimeSpan _look = configuration.GetValue("Butler:Keys:Look", TimeSpan.FromSeconds(30));

    // "keyring" in ASCII.
    private const long CreateLock = 0x6B657972696E67;
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (create)
        {
            await CreateAsync(cancellationToken);
        }

        while (!await ring.ExistsAsync(cancellationToken))
        {
            await Task.Delay(s_poll, time, cancellationToken);
        }

        await ring.CheckAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(_look, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (!stoppingToken.IsCancellationRequested)
                {
                    ring.Refresh();
                }
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                LogPostponed(e.GetType().Name);
            }
        }
    }

    /// <summary>Two replicas start at once: one makes the ring, the other finds it.</summary>
    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using (var take = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection) { Parameters = { new() { Value = CreateLock } } })
        {
            await take.ExecuteNonQueryAsync(cancellationToken);
        }

        try
        {
            await ring.CreateAsync(cancellationToken);
        }
        finally
        {
            await using var leave = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", connection) { Parameters = { new() { Value = CreateLock } } };
            await leave.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    [LoggerMessage(1010, LogLevel.Information, "The key ring is looked at later: {Reason}")]
    private partial void LogPostponed(string reason);
}
