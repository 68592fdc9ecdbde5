using System.Globalization;
using System.Text.RegularExpressions;

namespace Butler.Cli.Bench.Triage;

/// <summary>Time of a stage over all batches; batches of several workers run beside each other.</summary>
internal sealed record StageShare(string Stage, long Batches, double Seconds);

/// <summary>Reads <c>triage_stage_seconds</c> from Prometheus's text format.</summary>
internal static partial class StageShares
{
    private static readonly string[] s_order = ["read", "understand", "transactions", "write", "index: read", "index: embed", "index: words", "index: write"];

    public static IReadOnlyList<StageShare> Parse(string metrics)
    {
        var stages = new Dictionary<string, (double Count, double Sum)>(StringComparer.Ordinal);
        foreach (Match match in Line().Matches(metrics))
        {
            var stage = match.Groups["stage"].Value;
            var value = double.Parse(match.Groups["value"].ValueSpan, CultureInfo.InvariantCulture);
            var (count, sum) = stages.GetValueOrDefault(stage);
            stages[stage] = match.Groups["part"].ValueSpan is "count" ? (count + value, sum) : (count, sum + value);
        }

        return [.. stages.Select(s => new StageShare(s.Key, (long)s.Value.Count, s.Value.Sum)).OrderBy(s => Array.IndexOf(s_order, s.Stage)).ThenBy(s => s.Stage, StringComparer.Ordinal)];
    }

    [GeneratedRegex("""^(?:butler_)?triage_stage_seconds_(?<part>count|sum)\{[^}]*stage="(?<stage>[^"]*)"[^}]*\} (?<value>[0-9.eE+-]+)""", RegexOptions.Multiline)]
    private static partial Regex Line();
}
