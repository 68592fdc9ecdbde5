using Butler.Intelligence.Text;

namespace Butler.Intelligence.Training;

/// <summary>Platt scaling (Platt 1999) with its smoothed targets, fitted by Newton steps.</summary>
internal static class Platt
{
    public static (double Slope, double Offset) Fit(IReadOnlyList<(double Score, bool Label, float Weight)> scores)
    {
        var yes = scores.Count(s => s.Label);
        var no = scores.Count - yes;
        if (yes == 0 || no == 0)
        {
            return (1, 0);
        }

        var (high, low) = ((yes + 1.0) / (yes + 2.0), 1.0 / (no + 2.0));
        var (a, b) = (1.0, Math.Log((yes + 1.0) / (no + 1.0)));
        for (var round = 0; round < 50; round++)
        {
            double ga = 0, gb = 0, haa = 1e-6, hab = 0, hbb = 1e-6;
            foreach (var (score, label, weight) in scores)
            {
                var p = Sigmoid.Of((a * score) + b);
                var d = weight * (p - (label ? high : low));
                var h = weight * p * (1 - p);
                ga += d * score;
                gb += d;
                haa += h * score * score;
                hab += h * score;
                hbb += h;
            }

            var det = (haa * hbb) - (hab * hab);
            var (da, db) = (((hbb * ga) - (hab * gb)) / det, ((haa * gb) - (hab * ga)) / det);
            // Full Newton steps overshoot on data that is nearly separable.
            var limit = Math.Max(1, Math.Max(Math.Abs(da), Math.Abs(db)) / 0.5);
            a -= da / limit;
            b -= db / limit;
            if (Math.Abs(da) + Math.Abs(db) < 1e-6)
            {
                break;
            }
        }

        return (a, b);
    }
}
