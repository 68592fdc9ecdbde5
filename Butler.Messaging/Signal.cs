namespace Butler.Messaging;

/// <summary>One waits until somebody signals or the time is over; signals that come before it waits count as one.</summary>
/// <param name="isSet">Whether the first wait ends at once.</param>
public sealed class Signal(bool isSet)
{
    // Not disposed: it holds nothing while nobody asks for its wait handle, and late senders may still signal.
    private readonly SemaphoreSlim _set = new(isSet ? 1 : 0, 1);

    /// <summary>Waits for a signal and takes it. Returns also when the time is over.</summary>
    /// <param name="atMost">The time, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _set.WaitAsync(atMost, cancellationToken);

    /// <summary>Signals. May be called by many at the same time.</summary>
    public void Set()
    {
        try
        {
            if (_set.CurrentCount == 0)
            {
                _set.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Another was first; one signal is enough.
        }
    }
}
