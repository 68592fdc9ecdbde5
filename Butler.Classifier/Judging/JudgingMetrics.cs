using System.Diagnostics.Metrics;

namespace Butler.Classifier.Judging;

/// <summary>Figures of judging.</summary>
internal sealed class JudgingMetrics : IDisposable
{
    private readonly Meter _meter = new("Butler.Judging");
    private readonly Counter<long> _judged;
    private long _open = -1;

    public JudgingMetrics()
    {
        _judged = _meter.CreateCounter<long>("mails_judged_total", null, "Provisional verdicts that became final, by who judged and whether the category changed.");
        _meter.CreateObservableGauge<long>("provisional_verdicts", () => _open >= 0 ? [new(_open)] : [], null, "Mails whose verdict waits for a chat model.");
    }

    public long Open
    {
        set => _open = value;
    }

    public void Judged(string by, bool changed) => _judged.Add(1, new("kind", by), new("status", changed ? "changed" : "same"));

    public void Dispose() => _meter.Dispose();
}
