namespace Aspire.Hosting.ApplicationModel;

/// <summary>The states of a resource that this stand-in uses.</summary>
public static class KnownResourceStates
{
    /// <summary>Not begun.</summary>
    public const string NotStarted = "NotStarted";

    /// <summary>Waits for another resource.</summary>
    public const string Waiting = "Waiting";

    /// <summary>The process is being made.</summary>
    public const string Starting = "Starting";

    /// <summary>The process runs.</summary>
    public const string Running = "Running";

    /// <summary>Being stopped.</summary>
    public const string Stopping = "Stopping";

    /// <summary>The process ended; it is started again after a pause.</summary>
    public const string Exited = "Exited";

    /// <summary>Ended for good.</summary>
    public const string Finished = "Finished";

    /// <summary>Could not be started.</summary>
    public const string FailedToStart = "FailedToStart";

    /// <summary>An existing server, not started here.</summary>
    public const string Active = "Active";
}

/// <summary>What is known about a resource now.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="State">One of <see cref="KnownResourceStates"/>.</param>
/// <param name="Healthy">Null until it was checked.</param>
/// <param name="Starts">How many times a process was started.</param>
/// <param name="ExitCode">Of the last process that ended.</param>
public sealed record ResourceEvent(IResource Resource, string State, bool? Healthy, int Starts, int? ExitCode)
{
    /// <summary>Why it could not be started.</summary>
    public string? Error { get; init; }

    /// <summary>Running (or existing), and healthy.</summary>
    public bool IsReady => State is KnownResourceStates.Running or KnownResourceStates.Active && Healthy == true;
}

/// <summary>Keeps and tells the states of all resources.</summary>
public sealed class ResourceNotificationService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ResourceEvent> _current = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The state of a resource now.</summary>
    public ResourceEvent? Current(string resourceName)
    {
        lock (_gate)
        {
            return _current.GetValueOrDefault(resourceName);
        }
    }

    /// <summary>Waits until the resource is in a state.</summary>
    public async Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        await WaitForResourceAsync(resourceName, e => e.State == (targetState ?? KnownResourceStates.Running), cancellationToken);

    /// <summary>Waits until the resource runs and is healthy.</summary>
    /// <exception cref="DistributedApplicationException">It could not be started.</exception>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default)
    {
        var reached = await WaitForResourceAsync(resourceName, e => e.IsReady || e.State == KnownResourceStates.FailedToStart, cancellationToken);
        return reached.IsReady ? reached : throw new DistributedApplicationException($"Resource '{resourceName}' failed to start: {reached.Error}");
    }

    /// <summary>Waits until a condition holds.</summary>
    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_current.TryGetValue(resourceName, out var now) && predicate(now))
                {
                    return now;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Completes at the next change of any resource.</summary>
    internal Task NextChange
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    internal ResourceEvent Publish(IResource resource, Func<ResourceEvent, ResourceEvent> change)
    {
        TaskCompletionSource changed;
        ResourceEvent after;
        lock (_gate)
        {
            var before = _current.GetValueOrDefault(resource.Name) ?? new(resource, KnownResourceStates.NotStarted, null, 0, null);
            after = change(before);
            if (after == before && _current.ContainsKey(resource.Name))
            {
                return after;
            }

            _current[resource.Name] = after;
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
        return after;
    }
}
