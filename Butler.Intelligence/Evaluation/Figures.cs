using System.Globalization;

namespace Butler.Intelligence.Evaluation;

/// <summary>Counts of right and wrong answers of a yes/no question, and the figures that follow.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="TruePositives">Rightly yes.</param>
/// <param name="FalsePositives">Wrongly yes.</param>
/// <param name="FalseNegatives">Wrongly no.</param>
/// <param name="TrueNegatives">Rightly no.</param>
public sealed record Figures(string Name, int TruePositives, int FalsePositives, int FalseNegatives, int TrueNegatives)
{
    /// <summary>Area under the ROC curve, 0 to 1; NaN where there are no scores of both kinds.</summary>
    public double RocArea { get; init; } = double.NaN;

    /// <summary>Share of no-cases above the score at which 98 % of the yes-cases are caught (for spam: lost ham).</summary>
    public double LossAt98 { get; init; } = double.NaN;

    /// <summary>Right among the answers yes.</summary>
    public double Precision => Share(TruePositives, TruePositives + FalsePositives);

    /// <summary>Found among the yes-cases.</summary>
    public double Recall => Share(TruePositives, TruePositives + FalseNegatives);

    /// <summary>Harmonic mean of the two.</summary>
    public double F1 => TruePositives == 0 ? 0 : 2 * Precision * Recall / (Precision + Recall);

    /// <summary>The 95 % interval of the precision.</summary>
    public (double Low, double High) PrecisionInterval => Wilson(TruePositives, TruePositives + FalsePositives);

    /// <summary>The 95 % interval of the recall.</summary>
    public (double Low, double High) RecallInterval => Wilson(TruePositives, TruePositives + FalseNegatives);

    /// <summary>The 95 % interval of <see cref="LossAt98"/>.</summary>
    public (double Low, double High) LossInterval => Wilson((int)Math.Round(LossAt98 * No), No);

    /// <summary>The 95 % interval of <see cref="RocArea"/> (Hanley and McNeil 1982).</summary>
    public (double Low, double High) RocInterval
    {
        get
        {
            var a = RocArea;
            var (q1, q2) = (a / (2 - a), 2 * a * a / (1 + a));
            var variance = ((a * (1 - a)) + ((Yes - 1) * (q1 - (a * a))) + ((No - 1) * (q2 - (a * a)))) / ((double)Yes * No);
            var half = 1.96 * Math.Sqrt(Math.Max(0, variance));
            return (Math.Max(0, a - half), Math.Min(1, a + half));
        }
    }

    /// <summary>The yes-cases.</summary>
    public int Yes => TruePositives + FalseNegatives;

    /// <summary>The no-cases.</summary>
    public int No => FalsePositives + TrueNegatives;

    /// <summary>A row of a Markdown table under the given name; the columns stand in <see cref="EvaluationReport"/>.</summary>
    internal string ToMarkdown(string name, bool withLoss)
    {
        var (p, r, area, loss) = (PrecisionInterval, RecallInterval, RocInterval, LossInterval);
        var ranked = double.IsNaN(RocArea) ? "| " : string.Create(CultureInfo.InvariantCulture, $"{RocArea:F4} ({area.Low:F4}–{area.High:F4}) | {(withLoss ? string.Create(CultureInfo.InvariantCulture, $"{LossAt98:P1} ({loss.Low:P1}–{loss.High:P1})") : "")}");
        return string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {Yes} | {No} | {Precision:F3} ({p.Low:F2}–{p.High:F2}) | {Recall:F3} ({r.Low:F2}–{r.High:F2}) | {F1:F3} | {ranked} |");
    }

    /// <summary>Counts decisions and ranks scores.</summary>
    internal static Figures Of(string name, IReadOnlyList<Scored> scored)
    {
        int Count(bool yes, bool label) => scored.Count(s => s.Yes == yes && s.Label == label);
        return new Figures(name, Count(true, true), Count(true, false), Count(false, true), Count(false, false))
        {
            RocArea = Area(scored),
            LossAt98 = Loss(scored, 0.98),
        };
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : (double)part / whole;

    /// <summary>Wilson's score interval (1927): holds for small counts and shares near 0 or 1.</summary>
    internal static (double Low, double High) Wilson(int part, int whole)
    {
        if (whole == 0)
        {
            return (0, 1);
        }

        const double Z = 1.96;
        var p = (double)part / whole;
        var centre = p + (Z * Z / (2 * whole));
        var half = Z * Math.Sqrt((p * (1 - p) / whole) + (Z * Z / (4.0 * whole * whole)));
        var scale = 1 + (Z * Z / whole);
        return (Math.Max(0, (centre - half) / scale), Math.Min(1, (centre + half) / scale));
    }

    private static double Area(IReadOnlyList<Scored> scored)
    {
        var ordered = scored.OrderBy(s => s.Score).ToArray();
        double below = 0, sum = 0;
        for (var i = 0; i < ordered.Length;)
        {
            var j = i;
            int yes = 0, no = 0;
            for (; j < ordered.Length && ordered[j].Score == ordered[i].Score; j++)
            {
                _ = ordered[j].Label ? yes++ : no++;
            }

            sum += yes * (below + (no / 2.0));
            below += no;
            i = j;
        }

        var positives = ordered.Count(s => s.Label);
        return positives == 0 || below == 0 ? double.NaN : sum / (positives * below);
    }

    private static double Loss(IReadOnlyList<Scored> scored, double caught)
    {
        var yes = scored.Where(s => s.Label).Select(s => s.Score).OrderDescending().ToArray();
        var no = scored.Count - yes.Length;
        if (yes.Length == 0 || no == 0)
        {
            return double.NaN;
        }

        var threshold = yes[Math.Max(0, (int)Math.Ceiling(yes.Length * caught) - 1)];
        return (double)scored.Count(s => !s.Label && s.Score >= threshold) / no;
    }
}

/// <summary>One held-out case: its score, the decision, the truth.</summary>
internal readonly record struct Scored(double Score, bool Yes, bool Label);
