using System.Collections.Concurrent;
using Butler.Data;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Butler.Messaging.Postgres;

/// <summary>
/// Tells workers that a message may be there (MECHANICS 5). After a commit the process wakes its own workers in memory;
/// for other processes one NOTIFY per lane at most every 20 ms goes out on a connection of its own, never inside a
/// transaction that carries work. Polling makes a lost wake-up harmless.
/// </summary>
public sealed partial class WakeUps(NpgsqlDataSource dataSource, TimeProvider time, ILogger<WakeUps> logger) : BackgroundService
{
    private const string Channel = "butler_wake";
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_reconnect = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<(string Queue, Lane Lane), TaskCompletionSource> _waiters = new();
    private readonly ConcurrentDictionary<(string Queue, Lane Lane), bool> _pending = new();
    private readonly Signal _sent = new(isSet: false);

    /// <summary>Call after a commit that sent a message.</summary>
    public void Sent(string queue, Lane lane)
    {
        Wake(queue, lane);
        _pending[(queue, lane)] = true;
        _sent.Set();
    }

    /// <summary>Call after a commit, for all messages it sent.</summary>
    public void Sent(IEnumerable<OutgoingMessage> messages)
    {
        foreach (var (queue, lane) in messages.Where(m => m.Delay <= TimeSpan.Zero).Select(m => (m.Queue, m.Lane)).Distinct())
        {
            Sent(queue, lane);
        }
    }

    /// <summary>Waits for a wake-up of one of the lanes, or the poll time.</summary>
    public async Task WaitAsync(string queue, IReadOnlyList<Lane> lanes, TimeSpan poll, CancellationToken cancellationToken)
    {
        var waits = lanes.Select(lane => _waiters.GetOrAdd((queue, lane), _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task);
        try
        {
            await Task.WhenAny(waits).WaitAsync(poll, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Nothing came; the caller looks anyway.
        }
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(KeepAsync(ListenAsync, stoppingToken), KeepAsync(NotifyAsync, stoppingToken));

    private void Wake(string queue, Lane lane)
    {
        if (_waiters.TryRemove((queue, lane), out var waiter))
        {
            waiter.TrySetResult();
        }
    }

    private async Task KeepAsync(Func<CancellationToken, Task> run, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await run(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or InvalidOperationException or TimeoutException)
            {
                LogLost(e.GetType().Name);
                await Task.Delay(s_reconnect, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken stoppingToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(stoppingToken);
        connection.Notification += (_, e) =>
        {
            var parts = e.Payload.Split(':');
            if (parts.Length == 2 && short.TryParse(parts[1], out var lane))
            {
                Wake(parts[0], (Lane)lane);
            }
        };
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(stoppingToken);
        }

        while (true)
        {
            await connection.WaitAsync(stoppingToken);
        }
    }

    private async Task NotifyAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await _sent.WaitAsync(Timeout.InfiniteTimeSpan, stoppingToken);
            foreach (var key in _pending.Keys)
            {
                if (!_pending.TryRemove(key, out _))
                {
                    continue;
                }

                await using var notify = dataSource.CreateCommand("SELECT pg_notify($1, $2)");
                notify.Parameters.Add(new() { Value = Channel });
                notify.Parameters.Add(new() { Value = $"{key.Queue}:{(short)key.Lane}" });
                await notify.ExecuteNonQueryAsync(stoppingToken);
            }

            await Task.Delay(s_interval, time, stoppingToken);
        }
    }

    [LoggerMessage(1101, LogLevel.Information, "Wake-up connection lost, polling meanwhile: {Reason}")]
    private partial void LogLost(string reason);
}
