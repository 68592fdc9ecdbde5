using System.Text.Encodings.Web;
using System.Text.Json;
using Butler.Intelligence.Evaluation;

namespace Butler.Cli.Models;

/// <summary>The report as JSON, for comparison between versions.</summary>
internal static class EvalJson
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(EvaluationReport report) => JsonSerializer.Serialize(
        new
        {
            report.Model,
            Rows = report.Rows.Select(r => new
            {
                r.Part,
                r.Name,
                Figures = r.Figures is { } f ? Question(f) : null,
                Share = r.Share is { } s ? new { s.Right, s.All, s.Value, Interval = Pair(s.Interval) } : null,
                r.Note,
            }),
            report.Notes,
        },
        s_options) + "\n";

    private static object Question(Figures f) => new
    {
        f.Yes,
        f.No,
        f.TruePositives,
        f.FalsePositives,
        f.FalseNegatives,
        f.TrueNegatives,
        f.Precision,
        PrecisionInterval = Pair(f.PrecisionInterval),
        f.Recall,
        RecallInterval = Pair(f.RecallInterval),
        f.F1,
        RocArea = Number(f.RocArea),
        RocInterval = double.IsNaN(f.RocArea) ? null : Pair(f.RocInterval),
        LossAt98 = Number(f.LossAt98),
        LossInterval = double.IsNaN(f.LossAt98) ? null : Pair(f.LossInterval),
    };

    private static double? Number(double value) => double.IsNaN(value) ? null : value;

    private static double[] Pair((double Low, double High) interval) => [interval.Low, interval.High];
}
