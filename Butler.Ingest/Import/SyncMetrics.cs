using System.Diagnostics.Metrics;

namespace Butler.Ingest.Import;

/// <summary>The meter "Butler.Ingest".</summary>
internal sealed class SyncMetrics : IDisposable
{
    private readonly Meter _meter = new("Butler.Ingest");
    private readonly Counter<long> _failed;

    public SyncMetrics() => _failed = _meter.CreateCounter<long>("sync_failed_total", null, "Syncs that ended as failed, by reason.");

    /// <param name="reason">The sync's error code: a closed set.</param>
    public void Failed(string reason) => _failed.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Dispose() => _meter.Dispose();
}
