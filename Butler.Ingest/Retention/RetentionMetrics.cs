using System.Diagnostics.Metrics;

namespace Butler.Ingest.Retention;

/// <summary>What retention has done.</summary>
internal sealed class RetentionMetrics : IDisposable
{
    private readonly Meter _meter = new("Butler.Ingest.Retention");
    private readonly Counter<long> _expired;
    private readonly Counter<long> _dropped;

    public RetentionMetrics()
    {
        _expired = _meter.CreateCounter<long>("butler_mails_expired_total", description: "Mails whose content was erased because their account's retention was over.");
        _dropped = _meter.CreateCounter<long>("butler_partitions_dropped_total", description: "Partitions of content that were dropped after their week.");
    }

    public void Expired(int mails) => Add(_expired, mails);

    public void Dropped(int tables) => Add(_dropped, tables);

    public void Dispose() => _meter.Dispose();

    private static void Add(Counter<long> counter, int count)
    {
        if (count > 0)
        {
            counter.Add(count);
        }
    }
}
