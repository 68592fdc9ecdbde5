using System.Diagnostics.Metrics;

namespace Butler.Ingest.Schedules;

/// <summary>The meter "Butler.Ingest.Schedules".</summary>
internal sealed class ScheduleMetrics : IDisposable
{
    private readonly Meter _meter = new("Butler.Ingest.Schedules");
    private readonly Counter<long> _runs;
    private readonly Histogram<double> _duration;

    public ScheduleMetrics()
    {
        _runs = _meter.CreateCounter<long>("butler_schedule_runs_total", null, "Ended runs of schedules by name and status.");
        _duration = _meter.CreateHistogram<double>("butler_schedule_duration_seconds", "s", "Time of one run of a schedule.");
    }

    public void Ran(string name, bool succeeded, TimeSpan elapsed)
    {
        _runs.Add(1, new("schedule", name), new("status", succeeded ? "succeeded" : "failed"));
        _duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("schedule", name));
    }

    public void Dispose() => _meter.Dispose();
}
