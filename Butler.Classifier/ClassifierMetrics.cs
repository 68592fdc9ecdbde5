using System.Buffers.Binary;
using System.Diagnostics.Metrics;

namespace Butler.Classifier;

/// <summary>The Classifier's part of DESIGN section 9.</summary>
internal sealed class ClassifierMetrics : IDisposable
{
    private readonly Meter _meter = new("Butler.Classifier");
    private readonly Counter<long> _processed;

    private readonly Counter<long> _succeeded;
    private readonly Histogram<double> _pipeline;

    public ClassifierMetrics()
    {
        _processed = _meter.CreateCounter<long>("emails_processed_total", null, "Mails with a first verdict.");
        _succeeded = _meter.CreateCounter<long>("pipeline_success_total", null, "Mails that came from the listing to their verdict.");
        _pipeline = _meter.CreateHistogram<double>("pipeline_duration_seconds", "s", "From the record of a mail's id to its verdict.");
    }

    public void Processed(string category, int count) => _processed.Add(count, new KeyValuePair<string, object?>("category", category));

    /// <summary>A mail's ledger id is made when its id is recorded, and a version-7 id begins with the milliseconds of that.</summary>
    public void Finished(IReadOnlyCollection<Guid> mails, DateTimeOffset now)
    {
        _succeeded.Add(mails.Count);
        Span<byte> bytes = stackalloc byte[16];
        foreach (var mail in mails)
        {
            mail.TryWriteBytes(bytes, bigEndian: true, out _);
            var recorded = (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
            _pipeline.Record(Math.Max(0, now.ToUnixTimeMilliseconds() - recorded) / 1000.0);
        }
    }

    public void Dispose() => _meter.Dispose();
}
