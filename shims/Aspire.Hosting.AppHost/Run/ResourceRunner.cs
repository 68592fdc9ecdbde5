using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Run;

/// <summary>
/// Keeps one resource running: waits for what it waits for, starts it, watches its health, and starts it again
/// with growing pauses when it ends by itself. Aspire leaves an ended resource alone; Butler wants it back.
/// </summary>
internal abstract class ResourceRunner(IResource resource, RunServices run)
{
    /// <summary>EX_CONFIG of sysexits.h: something is wrong that only a person can change, so there is no point in another start.</summary>
    private const int ConfigurationError = 78;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    // A process that lived this long is not in a crash loop: its next end counts as the first one.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstCheck = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HealthyCheck = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public IResource Resource => resource;

    protected RunServices Run => run;

    protected virtual string DisplayName => resource.Name;

    protected virtual int StopSignal => Signals.Terminate;

    protected virtual TimeSpan StopPatience => TimeSpan.FromSeconds(15);

    /// <summary>The last line that the program wrote to its error output.</summary>
    protected string? LastError { get; set; }

    /// <summary>False for a further replica, which does not speak for the resource.</summary>
    protected virtual bool Reports => true;

    public void Start() => _loop = Task.Run(RunAsync);

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    /// <summary>Makes the process; null for a server that exists already.</summary>
    protected abstract Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken);

    /// <summary>True when the resource answers as it should. Called until the process ends.</summary>
    protected abstract Task<bool> CheckAsync(CancellationToken cancellationToken);

    protected void Publish(Func<ResourceEvent, ResourceEvent> change)
    {
        if (!Reports)
        {
            return;
        }

        run.Notifications.Publish(resource, change);
        foreach (var child in run.Resources.OfType<IResourceWithParent>().Where(r => r.Parent == resource && !r.Annotations.OfType<ConfiguredConnectionStringAnnotation>().Any()))
        {
            run.Notifications.Publish(child, change);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await RunUntilStoppedAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            // The one funnel of a resource: nothing else observes this task before the application stops.
            var error = exception is DistributedApplicationException ? exception.Message : $"{DisplayName} could not be started: {exception.Message}";
            Publish(e => e with { State = KnownResourceStates.FailedToStart, Healthy = false, Error = error });
            run.Fail(error);
            return;
        }

        Publish(e => e with { State = KnownResourceStates.Finished, Healthy = null });
    }

    private async Task RunUntilStoppedAsync(CancellationToken stop)
    {
        var waits = resource.Annotations.OfType<WaitAnnotation>().ToList();
        if (waits.Count > 0)
        {
            Publish(e => e with { State = KnownResourceStates.Waiting });
            await Task.WhenAll(waits.Select(w => run.Notifications.WaitForResourceAsync(w.Resource.Name, e => e.IsReady, stop)));
        }

        var pause = FirstPause;
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            Publish(e => e with { State = KnownResourceStates.Starting, Healthy = null });
            using var child = await LaunchAsync(stop);
            var state = child is null ? KnownResourceStates.Active : KnownResourceStates.Running;
            Publish(e => e with { State = state, Starts = e.Starts + (child is null ? 0 : 1) });
            var started = run.Clock.GetTimestamp();
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var health = WatchHealthAsync(ended.Token);
            if (child is null)
            {
                await health;
                return;
            }

            try
            {
                await child.Ended.WaitAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                Publish(e => e with { State = KnownResourceStates.Stopping });
                await child.StopAsync(StopSignal, StopPatience, run.Clock);
                await health;
                return;
            }

            await ended.CancelAsync();
            await health;
            var code = await child.Ended;
            pause = run.Clock.GetElapsedTime(started) > Settled ? FirstPause : pause;
            Publish(e => e with { State = KnownResourceStates.Exited, Healthy = false, ExitCode = code });
            if (code == ConfigurationError)
            {
                throw new DistributedApplicationException($"{DisplayName} cannot start: {LastError ?? "its settings are wrong"}");
            }

            run.Console.Say($"{DisplayName} ended with code {code}; starting it again in {pause.TotalSeconds:0} s.");
            await Task.Delay(pause, run.Clock, stop);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }

    private async Task WatchHealthAsync(CancellationToken ended)
    {
        var wait = FirstCheck;
        try
        {
            while (true)
            {
                var healthy = await CheckAsync(ended);
                ended.ThrowIfCancellationRequested();
                Publish(e => e with { Healthy = healthy });
                wait = healthy ? HealthyCheck : wait >= LongestCheck ? FirstCheck * 10 : TimeSpan.FromTicks(Math.Min((long)(wait.Ticks * 1.5), LongestCheck.Ticks));
                await Task.Delay(wait, run.Clock, ended);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
    }
}

/// <summary>What all runners share.</summary>
internal sealed record RunServices(
    DataDirectory Data,
    ChildTable Children,
    PortBook Ports,
    RunConsole Console,
    ResourceNotificationService Notifications,
    IResourceCollection Resources,
    DistributedApplicationExecutionContext Context,
    TimeProvider Clock,
    Action<string> Fail);
