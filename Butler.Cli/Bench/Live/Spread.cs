using System.Globalization;

namespace Butler.Cli.Bench.Live;

/// <summary>How a set of durations in milliseconds is spread.</summary>
internal sealed record Spread(int Count, double P50, double P95, double P99, double Max)
{
    public static Spread Of(IEnumerable<double> milliseconds)
    {
        double[] sorted = [.. milliseconds.Order()];
        return new(sorted.Length, At(sorted, 0.50), At(sorted, 0.95), At(sorted, 0.99), sorted.Length == 0 ? 0 : sorted[^1]);
    }

    public override string ToString() => Count == 0
        ? "none"
        : string.Create(CultureInfo.InvariantCulture, $"p50 {P50:N0} ms, p95 {P95:N0} ms, p99 {P99:N0} ms, most {Max:N0} ms ({Count:N0})");

    /// <summary>The smallest value that at least the share <paramref name="part"/> of all does not exceed (nearest rank).</summary>
    private static double At(double[] sorted, double part) => sorted.Length == 0 ? 0 : sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Length) - 1)];
}
