using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Butler.Classifier;

/// <summary>Where the time between a stored mail and one that is judged and found goes: bench triage reads it, and so can an operator.</summary>
internal sealed class StageTimes : IDisposable
{
    private readonly Meter _meter = new("Butler.Classifier");
    private readonly Histogram<double> _seconds;

    public StageTimes() => _seconds = _meter.CreateHistogram<double>("triage_stage_seconds", "s", "Time of one stage of one batch: read, understand, transactions, write, index.");

    /// <summary>Ends a stage that began at <paramref name="since"/> and begins the next.</summary>
    public long Ended(string stage, long since)
    {
        var now = Stopwatch.GetTimestamp();
        _seconds.Record(Stopwatch.GetElapsedTime(since, now).TotalSeconds, new KeyValuePair<string, object?>("stage", stage));
        return now;
    }

    public static long Now => Stopwatch.GetTimestamp();

    public void Dispose() => _meter.Dispose();
}
