extern alias cli;

using System.Text.Json;
using Butler.Intelligence.Evaluation;
using cli::Butler.Cli.Bench.Triage;
using cli::Butler.Cli.Models;

namespace Butler.Services.Tests.Cli;

public sealed class EvalReportTests
{
    private static readonly EvaluationReport s_report = new(
        "model-1",
        [
            new EvaluationRow("spam", "split, Butler") { Figures = new Figures("split", 9, 1, 1, 89) { RocArea = 0.99, LossAt98 = 0.02 } },
            new EvaluationRow("needs_reply", "split") { Figures = new Figures("split", 3, 0, 0, 0) },
            new EvaluationRow("quotes", "fixtures") { Share = new Share(105, 107), Note = "not: a, b" },
            new EvaluationRow("fallback", "both down") { Note = "nobody" },
        ],
        ["search: not scored, the folder lacks mails."]);

    [Fact]
    public void EvalJson_Report_HoldsEveryFigure()
    {
        using var json = JsonDocument.Parse(EvalJson.Of(s_report));
        var rows = json.RootElement.GetProperty("rows");
        Assert.Equal(4, rows.GetArrayLength());
        Assert.Equal(0.9, rows[0].GetProperty("figures").GetProperty("precision").GetDouble(), 6);
        Assert.Equal(0.02, rows[0].GetProperty("figures").GetProperty("loss_at98").GetDouble(), 6);
        // What cannot be computed is null, not a number that JSON does not have.
        Assert.Equal(JsonValueKind.Null, rows[1].GetProperty("figures").GetProperty("roc_area").ValueKind);
        Assert.Equal(105, rows[2].GetProperty("share").GetProperty("right").GetInt32());
        Assert.Single(json.RootElement.GetProperty("notes").EnumerateArray());
    }

    [Fact]
    public void ToMarkdown_Report_IsTwoTablesAndNotes()
    {
        var lines = s_report.ToMarkdown().Split('\n');
        Assert.Equal("| spam: split, Butler | 10 | 90 | 0.900 (0.60–0.98) | 0.900 (0.60–0.98) | 0.900 | 0.9900 (0.9462–1.0000) | 2.0 % (0.6 %–7.7 %) |", lines.Single(l => l.StartsWith("| spam", StringComparison.Ordinal)));
        Assert.Contains(lines, l => l.StartsWith("| quotes: fixtures | 105 of 107 | 98.1 % (", StringComparison.Ordinal));
        Assert.Contains("- search: not scored, the folder lacks mails.", lines);
        Assert.All(lines.Where(l => l.StartsWith("| ", StringComparison.Ordinal) && l.Contains(": split", StringComparison.Ordinal)), l => Assert.Equal(9, l.Count(c => c == '|')));
    }

    [Fact]
    public void StageShares_Metrics_AreReadInTheirOrder()
    {
        const string Metrics = """
            # TYPE triage_stage_seconds histogram
            triage_stage_seconds_bucket{otel_scope_name="Butler.Classifier",stage="write",le="0.01"} 3
            triage_stage_seconds_sum{otel_scope_name="Butler.Classifier",stage="write"} 1.5
            triage_stage_seconds_count{otel_scope_name="Butler.Classifier",stage="write"} 4
            triage_stage_seconds_sum{otel_scope_name="Butler.Classifier",stage="read"} 0.25
            triage_stage_seconds_count{otel_scope_name="Butler.Classifier",stage="read"} 4
            """;
        Assert.Equal([new StageShare("read", 4, 0.25), new StageShare("write", 4, 1.5)], StageShares.Parse(Metrics));
        Assert.Empty(StageShares.Parse(""));
    }
}
