using System.Globalization;
using System.Text.RegularExpressions;

namespace Butler.Cli.Bench;

/// <summary>Handled messages of one kind: how many, and how long they took together.</summary>
internal sealed record TaskTime(string Task, long Count, double Seconds);

/// <summary>Reads <c>butler_task_duration_seconds</c> from Prometheus's text format.</summary>
internal static partial class TaskTimes
{
    public static IReadOnlyList<TaskTime> Parse(string metrics)
    {
        var times = new SortedDictionary<string, (double Count, double Sum)>(StringComparer.Ordinal);
        foreach (Match match in Line().Matches(metrics))
        {
            var task = match.Groups["task"].Value;
            var value = double.Parse(match.Groups["value"].ValueSpan, CultureInfo.InvariantCulture);
            var (count, sum) = times.GetValueOrDefault(task);
            times[task] = match.Groups["part"].ValueSpan is "count" ? (count + value, sum) : (count, sum + value);
        }

        return [.. times.Select(t => new TaskTime(t.Key, (long)t.Value.Count, t.Value.Sum))];
    }

    [GeneratedRegex("""^butler_task_duration_seconds_(?<part>count|sum)\{[^}]*task="(?<task>[^"]*)"[^}]*\} (?<value>[0-9.eE+-]+)""", RegexOptions.Multiline)]
    private static partial Regex Line();
}
