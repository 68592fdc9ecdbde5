using System.Globalization;

namespace Butler.Services.Tests.Faults;

/// <summary>Which seeds run: <c>BUTLER_FAULT_SEEDS</c> = a count (<c>200</c>: seeds 1 to 200), a range (<c>17-17</c>), or several of these with commas.</summary>
internal static class SeedList
{
    public const string Variable = "BUTLER_FAULT_SEEDS";

    /// <summary>What fits into the time of <c>./butler test</c>.</summary>
    public const int Default = 200;

    public static IReadOnlyList<int> FromEnvironment() => Parse(Environment.GetEnvironmentVariable(Variable));

    public static IReadOnlyList<int> Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return [.. Enumerable.Range(1, Default)];
        }

        List<int> seeds = [];
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            var from = dash < 0 ? 1 : int.Parse(part.AsSpan(0, dash), CultureInfo.InvariantCulture);
            var to = int.Parse(part.AsSpan(dash + 1), CultureInfo.InvariantCulture);
            seeds.AddRange(Enumerable.Range(from, to - from + 1));
        }

        return [.. seeds.Distinct()];
    }
}
