using System.Globalization;
using Butler.Cli.Bench.Live;

namespace Butler.Cli.Bench.Outage;

/// <summary>How the chat providers are while mail comes in.</summary>
internal enum ProviderState
{
    /// <summary>None is configured: what the others are compared with.</summary>
    None,

    /// <summary>Both answer at once.</summary>
    Healthy,

    /// <summary>Both reset every connection.</summary>
    Dead,

    /// <summary>Neither answers: every call ends by its timeout.</summary>
    Slow,
}

/// <summary>Mail that had its local verdict only, and was judged again when the providers were back.</summary>
/// <param name="Provisional">How many.</param>
/// <param name="Left">Those that were still waiting when the bench gave up.</param>
/// <param name="First">Until the first was judged again.</param>
/// <param name="Last">Until the last was.</param>
internal sealed record ProviderReturn(long Provisional, long Left, TimeSpan First, TimeSpan Last);

/// <summary>What one private Butler showed; times in milliseconds.</summary>
internal sealed record OutagePhase
{
    public required ProviderState State { get; init; }

    /// <summary>Mail of the imports, from stored to its local verdict.</summary>
    public required IReadOnlyList<double> Imported { get; init; }

    /// <summary>Imports, from the last mail stored to 100 %.</summary>
    public required IReadOnlyList<double> Completed { get; init; }

    /// <summary>New mail, from stored to its local verdict.</summary>
    public required IReadOnlyList<double> Live { get; init; }

    /// <summary>New mail that had no verdict when the bench gave up.</summary>
    public required long Missing { get; init; }

    /// <summary>Verdicts of chat models before the providers' return.</summary>
    public required long Judged { get; init; }

    public ProviderReturn? Return { get; init; }

    public required string Load { get; init; }
}

/// <summary>The figures of <c>bench outage</c> in words; docs/bench.md says how each is taken.</summary>
internal static class OutageReport
{
    public static IEnumerable<string> Lines(IReadOnlyList<OutagePhase> phases)
    {
        yield return "";
        yield return $"{Environment.ProcessorCount} cores; load before each: {string.Join(", ", phases.Select(p => $"{Name(p.State)} {p.Load}"))}";
        yield return $"  {"providers",-12}{"new mail: stored → local verdict",-44}{"import: stored → local verdict",-44}{"import: last stored → 100 %",-40}";
        var none = phases.Where(p => p.State == ProviderState.None).ToList();
        foreach (var state in phases.GroupBy(p => p.State))
        {
            yield return $"  {Name(state.Key),-12}{Row(state, p => p.Live),-44}{Row(state, p => p.Imported),-44}{Row(state, p => p.Completed),-40}".TrimEnd();
            if (state.Key != ProviderState.None && none.Count > 0)
            {
                yield return $"  {"  ÷ none",-12}{Ratio(state, p => p.Live),-44}{Ratio(state, p => p.Imported),-44}{Ratio(state, p => p.Completed),-40}".TrimEnd();
            }
        }

        yield return "";
        foreach (var phase in phases)
        {
            yield return F($"  {Name(phase.State),-12}{phase.Judged:N0} verdicts of chat models meanwhile; {phase.Missing:N0} new mails without a verdict{Returned(phase.Return)}");
        }

        string Ratio(IEnumerable<OutagePhase> of, Func<OutagePhase, IReadOnlyList<double>> what)
        {
            var (here, there) = (Spread.Of(of.SelectMany(what)), Spread.Of(none.SelectMany(what)));
            return here.Count == 0 || there.P50 <= 0 ? "" : F($"p50 × {here.P50 / there.P50:0.00}, p95 × {here.P95 / there.P95:0.00}");
        }
    }

    /// <summary>No mail was left without a verdict, and each that was provisional was judged again.</summary>
    public static bool IsComplete(IReadOnlyList<OutagePhase> phases) => phases.All(p => p is { Missing: 0, Return: null or { Left: 0 } } && p.Live.Count > 0);

    private static string Row(IEnumerable<OutagePhase> of, Func<OutagePhase, IReadOnlyList<double>> what) =>
        Spread.Of(of.SelectMany(what)) is { Count: > 0 } s ? F($"p50 {s.P50:N0} ms, p95 {s.P95:N0} ms ({s.Count:N0})") : "none";

    private static string Returned(ProviderReturn? back) => back is null ? ""
        : F($"; {back.Provisional:N0} provisional at the return: the first judged again after {back.First.TotalSeconds:0.0} s, the last after {back.Last.TotalSeconds:0.0} s")
            + (back.Left > 0 ? F($" ({back.Left:N0} NOT JUDGED)") : "");

    private static string Name(ProviderState state) => state switch { ProviderState.None => "none", ProviderState.Healthy => "healthy", ProviderState.Dead => "both dead", _ => "both slow" };

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
