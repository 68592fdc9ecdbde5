using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Butler.Mailboxes.Quota;

/// <summary>
/// The one way to Redis: every call is bounded by 200 ms, because the client's async calls never time out by themselves
/// (seen: hung for as long as Redis was stopped), and after a failure a breaker keeps callers away for a while.
/// </summary>
internal sealed partial class RedisGate(Func<IConnectionMultiplexer?> connect, TimeProvider time, ILogger<RedisGate> log, TimeSpan? callTimeout = null)
{
    private readonly TimeSpan _callTimeout = callTimeout ?? TimeSpan.FromMilliseconds(200);

    /// <summary>How long the breaker stays open; then one call probes.</summary>
    public static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private IConnectionMultiplexer? _connection;
    private Task<IConnectionMultiplexer?>? _connecting;
    private DateTimeOffset _openUntil;
    private bool _failing;
    private bool _probing;

    /// <summary>Runs a call; null when Redis is absent, failing, or slower than 200 ms.</summary>
    public async ValueTask<T?> TryAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
        where T : class
    {
        lock (_gate)
        {
            if (_failing && (_probing || time.GetUtcNow() < _openUntil))
            {
                return null;
            }

            _probing = _failing;
        }

        try
        {
            var connection = _connection ?? await ConnectAsync().WaitAsync(_callTimeout, time, cancellationToken);
            if (connection is null)
            {
                return null;
            }

            var running = call(connection.GetDatabase());
            Observe(running);
            var result = await running.WaitAsync(_callTimeout, time, cancellationToken);
            Succeeded();
            return result;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is TimeoutException or RedisException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            Failed(e);
            return null;
        }
        finally
        {
            lock (_gate)
            {
                _probing = false;
            }
        }
    }

    // Connecting blocks for seconds when Redis is down, so it runs aside, once, and callers wait at most 200 ms.
    private Task<IConnectionMultiplexer?> ConnectAsync()
    {
        lock (_gate)
        {
            if (_connecting is null || _connecting.IsFaulted)
            {
                _connecting = Task.Run(() => _connection = connect());
                Observe(_connecting);
            }

            return _connecting;
        }
    }

    private void Succeeded()
    {
        lock (_gate)
        {
            if (!_failing)
            {
                return;
            }

            _failing = false;
        }

        LogBack(log);
    }

    private void Failed(Exception error)
    {
        bool first;
        lock (_gate)
        {
            first = !_failing;
            _failing = true;
            _openUntil = time.GetUtcNow() + OpenFor;
        }

        if (first)
        {
            // The message of a Redis error can quote the command; its type says enough.
            LogAway(log, error.GetType().Name);
        }
    }

    // A call that was given up may fail later; nobody waits for it any more.
    private static void Observe(Task task) =>
        task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    [LoggerMessage(3101, LogLevel.Information, "Redis does not answer ({Error}): quota is counted locally, at half the limit per replica")]
    private static partial void LogAway(ILogger logger, string error);

    [LoggerMessage(3102, LogLevel.Information, "Redis answers again: quota is shared")]
    private static partial void LogBack(ILogger logger);
}
