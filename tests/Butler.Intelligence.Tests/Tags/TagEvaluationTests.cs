using Butler.Intelligence.Evaluation;
using Butler.Testing;

namespace Butler.Intelligence.Tests.Tags;

public sealed class TagEvaluationTests
{
    [Fact]
    public void Rows_FolderWithoutTheMails_AreNone() => Assert.Empty(TagEvaluation.Rows(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"))));

    [CorpusFact]
    public void Rows_TheHalfThatWasOnlyScored_IsNoWorseThanReported()
    {
        var all = TagEvaluation.Rows(Corpus.Folder!).First(r => r.Name.Contains("only scored", StringComparison.Ordinal));
        Assert.True(all.Figures!.F1 > 0.6, all.Figures.F1.ToString("F3", System.Globalization.CultureInfo.InvariantCulture));
    }
}
