namespace Butler.Classifier.Judging;

/// <summary>One waits until somebody signals or the time is over; signals that come before it waits count as one.</summary>
internal sealed class Signal(bool isSet) : IDisposable
{
    private readonly SemaphoreSlim _set = new(isSet ? 1 : 0, 1);

    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _set.WaitAsync(atMost, cancellationToken);

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

    public void Dispose() => _set.Dispose();
}
