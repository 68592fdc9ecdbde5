using System.Collections.Concurrent;

namespace Butler.Progress.Streams;

/// <summary>When a sync will be done, as an interval (docs/progress.md has the method).</summary>
internal readonly record struct FinishEstimate(DateTimeOffset Low, DateTimeOffset High);

/// <summary>
/// Estimates from observed rates: the average since the start, and the rate over about the last minute as far as this
/// process has seen it. The faster one gives the early end, the slower one the late end.
/// </summary>
internal sealed class FinishEstimator(TimeProvider time)
{
    private const int MinClosed = 20;
    private const int MaxTracked = 10_000;
    private static readonly TimeSpan s_minAge = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_minSpan = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_farthest = TimeSpan.FromDays(30);
    private readonly ConcurrentDictionary<Guid, Queue<Sample>> _samples = new();

    public FinishEstimate? Estimate(SyncSnapshot job)
    {
        if (job.Status != "in_progress" || job.StartedAt is not { } started)
        {
            _samples.TryRemove(job.SyncId, out _);
            return null;
        }

        var recent = Observe(job);
        var age = job.UpdatedAt - started;
        if (job.Closed < MinClosed || age < s_minAge)
        {
            return null;
        }

        var average = job.Closed / age.TotalSeconds;
        var fast = Math.Max(average, recent ?? average);
        var slow = Math.Min(average, recent ?? average);
        if (slow <= 0)
        {
            return null;
        }

        // While listing goes on the total is at least what is listed, and at most that scaled to the whole range.
        var least = Math.Max(0, job.Total - job.Closed);
        var most = job.TotalKnown ? least : Math.Max(least, (job.Total / Math.Max(job.ListedShare, 0.02)) - job.Closed);
        return new(After(0.9 * least / fast), After(1.2 * most / slow));
    }

    private DateTimeOffset After(double seconds) => time.GetUtcNow() + TimeSpan.FromSeconds(Math.Min(seconds, s_farthest.TotalSeconds));

    private double? Observe(SyncSnapshot job)
    {
        if (!_samples.TryGetValue(job.SyncId, out var samples))
        {
            if (_samples.Count >= MaxTracked)
            {
                return null;
            }

            samples = _samples.GetOrAdd(job.SyncId, _ => new());
        }

        lock (samples)
        {
            if (samples.Count == 0 || (job.Closed > samples.Last().Closed && job.UpdatedAt - samples.Last().At >= TimeSpan.FromSeconds(1)))
            {
                samples.Enqueue(new(job.UpdatedAt, job.Closed));
            }

            while (samples.Count > 2 && job.UpdatedAt - samples.Peek().At > s_window)
            {
                samples.Dequeue();
            }

            var first = samples.Peek();
            var span = job.UpdatedAt - first.At;
            return span >= s_minSpan && job.Closed > first.Closed ? (job.Closed - first.Closed) / span.TotalSeconds : null;
        }
    }

    private readonly record struct Sample(DateTimeOffset At, long Closed);
}
