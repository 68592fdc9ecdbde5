namespace Butler.Sandbox.Faults;

/// <summary>Requests that are executed after their client has gone.</summary>
public sealed partial class LateWork(TimeProvider clock, ILogger<LateWork> log)
{
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
        await Task.Delay(after, clock);
        try
        {
            work();
        }
        catch (Exception e)
        {
            LogFailed(log, e.GetType().Name);
        }
    }

    [LoggerMessage(9001, LogLevel.Error, "A late request failed: {Kind}")]
    private static partial void LogFailed(ILogger log, string kind);
}
