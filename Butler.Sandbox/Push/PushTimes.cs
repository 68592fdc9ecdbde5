namespace Butler.Sandbox.Push;

/// <summary>How long receivers took to answer pushes, as the sender sees it. Keeps the newest <see cref="Kept"/>.</summary>
public sealed class PushTimes
{
    /// <summary>So many answers are remembered: half an hour at 100 a second.</summary>
    public const int Kept = 180_000;

    private readonly Queue<double> _milliseconds = new();
    private readonly Lock _gate = new();

    /// <summary>Notes one answer.</summary>
    public void Add(TimeSpan taken)
    {
        lock (_gate)
        {
            if (_milliseconds.Count == Kept)
            {
                _milliseconds.Dequeue();
            }

            _milliseconds.Enqueue(taken.TotalMilliseconds);
        }
    }

    /// <summary>Everything remembered, in milliseconds, in the order of the answers.</summary>
    public double[] All()
    {
        lock (_gate)
        {
            return [.. _milliseconds];
        }
    }
}
