using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Butler.Messaging;

/// <summary>The messaging part of DESIGN section 9.</summary>
public sealed class MessagingMetrics : IDisposable
{
    private readonly Meter _meter = new("Butler.Messaging");
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _retries;

    /// <summary>Makes the instruments.</summary>
    public MessagingMetrics()
    {
        _duration = _meter.CreateHistogram<double>("butler_task_duration_seconds", "s", "Time of one handled message.");
        _retries = _meter.CreateCounter<long>("butler_task_retry_total", null, "Messages that failed and will be tried again.");
    }

    /// <summary>Spans of handled messages.</summary>
    public static ActivitySource Source { get; } = new("Butler.Messaging");

    /// <inheritdoc />
    public void Dispose() => _meter.Dispose();

    internal void Ran(string kind, OutcomeKind outcome, TimeSpan elapsed) =>
        _duration.Record(elapsed.TotalSeconds, new("task", kind), new("status", outcome.ToString().ToLowerInvariant()));

    internal void Retried(string kind) => _retries.Add(1, new("task", kind), new("reason", "failed"));
}
