using System.Globalization;

namespace Butler.Cli.Bench.Triage;

/// <summary>What <c>bench triage</c> found out.</summary>
internal sealed record TriageResult
{
    /// <summary>Mails finished while the clock ran.</summary>
    public required long Mails { get; init; }

    public required long Expected { get; init; }

    public required long Finished { get; init; }

    public required TimeSpan Elapsed { get; init; }

    public double? BestTenSeconds { get; init; }

    public required IReadOnlyList<ProcessUse> Processes { get; init; }

    public required IReadOnlyList<StageShare> Stages { get; init; }

    public required IReadOnlyList<(string Name, long Count)> Verdicts { get; init; }

    public required IReadOnlyList<(string Name, long Count)> Errors { get; init; }

    public required IReadOnlyList<StatementTime> Statements { get; init; }

    public required bool IsOver { get; init; }

    public required string Load { get; init; }

    public bool IsComplete => IsOver && Finished >= Expected;

    public IEnumerable<string> Lines()
    {
        yield return "";
        yield return F($"bench triage: {Mails:N0} mails from stored to judged, summarised, tagged, booked and found in {Elapsed.TotalSeconds:0.0} s = {Mails / Math.Max(0.001, Elapsed.TotalSeconds):N0} mails/s{(IsComplete ? "" : "; NOT COMPLETE")}");
        if (BestTenSeconds is { } best)
        {
            yield return F($"  best ten seconds {best:N0} mails/s");
        }

        yield return F($"  {Environment.ProcessorCount} cores; load before {Load}");
        var all = Stages.Sum(s => s.Seconds);
        yield return F($"  {"stage",-16}{"share",8}{"ms a mail",12}{"batches",10}   (time of the handlers, waiting for PostgreSQL included; two and more run at once)");
        foreach (var stage in Stages)
        {
            yield return F($"  {stage.Stage,-16}{(all > 0 ? stage.Seconds / all : 0),8:P1}{stage.Seconds * 1000 / Math.Max(1, Finished),12:0.000}{stage.Batches,10:N0}");
        }

        yield return F($"  {"process",-20}{"CPU s",8}{"ms a mail",12}{"peak MB",10}   (since it answered)");
        foreach (var process in Processes.Where(p => p.CpuSeconds > 0.05))
        {
            yield return F($"  {process.Name,-20}{process.CpuSeconds,8:0.0}{process.CpuSeconds * 1000 / Math.Max(1, Finished),12:0.000}{process.PeakBytes / 1048576.0,10:0}");
        }

        yield return $"  verdicts: {string.Join(", ", Verdicts.Select(v => F($"{v.Count:N0} {v.Name}")))}";
        if (Errors.Count > 0)
        {
            yield return $"  errors: {string.Join(", ", Errors.Select(e => F($"{e.Count:N0} {e.Name}")))}";
        }

        foreach (var statement in Statements)
        {
            var text = string.Join(' ', statement.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            yield return F($"  {statement.Milliseconds,10:N0} ms {statement.Calls,8:N0} calls  {text[..Math.Min(text.Length, Width)]}");
        }
    }

    private const int Width = 140;

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
