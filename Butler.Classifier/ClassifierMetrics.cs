using System.Diagnostics.Metrics;

namespace Butler.Classifier;

/// <summary>The Classifier's part of DESIGN section 9.</summary>
internal sealed class ClassifierMetrics : IDisposable
{
    private readonly Meter _meter = new("Butler.Classifier");
    private readonly Counter<long> _processed;

    public ClassifierMetrics() => _processed = _meter.CreateCounter<long>("emails_processed_total", null, "Mails with a first verdict.");

    public void Processed(string category, int count) => _processed.Add(count, new KeyValuePair<string, object?>("category", category));

    public void Dispose() => _meter.Dispose();
}
