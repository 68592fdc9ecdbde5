namespace Butler.Sandbox.Faults;

/// <summary>Requests that are executed after their client has gone.</summary>
public sealed partial class LateWork(TimeProvider clock, ILogger<LateWork> log) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<Task> _open = [];

    /// <summary>Completes when everything that is to be executed late has been.</summary>
    public Task WhenDone()
    {
        lock (_gate)
        {
            return Task.WhenAll(_open);
        }
    }

    /// <summary>Gives up what still waits.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    internal void Run(Action work, TimeSpan after)
    {
        var task = RunAsync(work, after);
        lock (_gate)
        {
            _open.RemoveAll(t => t.IsCompleted);
            _open.Add(task);
        }
    }

    private async Task RunAsync(Action work, TimeSpan after)
    {
        try
        {
            await Task.Delay(after, clock, _stop.Token);
            work();
        }
        catch (OperationCanceledException)
        {
            // The sandbox stops: what was not executed by now never is.
        }
        catch (Exception e)
        {
            LogFailed(log, e.GetType().Name);
        }
    }

    [LoggerMessage(9001, LogLevel.Error, "A late request failed: {Kind}")]
    private static partial void LogFailed(ILogger log, string kind);
}
