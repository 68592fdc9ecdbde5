using System.Diagnostics.Metrics;

namespace Butler.Classifier.Search;

/// <summary>What the index does (docs/operations.md).</summary>
internal sealed class SearchMetrics : IDisposable
{
    private readonly Meter _meter = new("Butler.Classifier");
    private readonly Counter<long> _indexed;
    private readonly Counter<long> _embedded;
    private readonly Counter<long> _failed;

    public SearchMetrics()
    {
        _indexed = _meter.CreateCounter<long>("search_indexed_total", null, "Mails indexed for search.");
        _embedded = _meter.CreateCounter<long>("search_embedded_total", null, "Mails given vectors of the configured model later.");
        _failed = _meter.CreateCounter<long>("search_unindexed_total", null, "Mails whose words could not be indexed.");
    }

    public void Indexed(int count) => _indexed.Add(count);

    public void Embedded(int count) => _embedded.Add(count);

    public void Failed() => _failed.Add(1);

    public void Dispose() => _meter.Dispose();
}
