using Butler.Intelligence.Evaluation;
using Butler.Testing;
using Xunit.Abstractions;

namespace Butler.Intelligence.Tests.Evaluation;

/// <summary>The fixtures of other projects' quote splitters.</summary>
public sealed class QuoteEvaluationTests(ITestOutputHelper output)
{
    [CorpusFact]
    public void Rows_Fixtures_MatchTheirExpectedTexts()
    {
        var rows = QuoteEvaluation.Rows(Corpus.Folder!);
        output.WriteLine(new EvaluationReport("", rows, []).ToMarkdown());
        Assert.True(rows[0].Share!.Value.Value >= 0.95, $"{rows[0].Share}");
        Assert.True(rows[^2].Share!.Value.Value >= 0.6, $"{rows[^2].Share}");
        Assert.Equal(1, rows[^1].Share!.Value.Value);
    }
}
