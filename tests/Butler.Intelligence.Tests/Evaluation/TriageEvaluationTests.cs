using Butler.Intelligence.Evaluation;
using Butler.Testing;
using Xunit.Abstractions;

namespace Butler.Intelligence.Tests.Evaluation;

/// <summary>The figures of docs/quality.md, measured again on held-out mail and held to their targets.</summary>
public sealed class TriageEvaluationTests(ITestOutputHelper output)
{
    [CorpusFact]
    public void Spam_HeldOutFolds_ReachesF1()
    {
        var figures = Evaluate().Spam();
        Show(figures);
        Assert.True(figures.F1 >= 0.92, $"F1 {figures.F1:F3}");
    }

    [CorpusFact]
    public void Spam_OtherTimeAndOtherCorpus_ReachesF1()
    {
        var evaluation = Evaluate();
        Figures[] figures = [evaluation.SpamInTimeOrder(), evaluation.SpamAcrossCorpora()];
        Show(figures);
        Assert.All(figures, f => Assert.True(f.F1 >= 0.85, $"{f.Name}: F1 {f.F1:F3}"));
    }

    [CorpusFact]
    public void NeedsReply_HeldOutFolds_ReachesRecallAndPrecision()
    {
        var evaluation = Evaluate();
        var figures = evaluation.NeedsReply();
        var wordList = evaluation.NeedsReplyByWordList();
        Show([.. figures, wordList]);
        Assert.True(figures[0].F1 > wordList.F1 + 0.1, "no better than a word list");
        Assert.True(figures[0].Recall >= 0.8, $"recall {figures[0].Recall:F3}");
        Assert.True(figures[0].Precision >= 0.8, $"precision {figures[0].Precision:F3}");
    }

    [CorpusFact]
    public void Requests_TestSetOfItsAuthors_ReachesF1()
    {
        var figures = Evaluate().Requests();
        Show(figures);
        Assert.True(figures.F1 >= 0.72, $"F1 {figures.F1:F3}");
    }

    private static TriageEvaluation Evaluate() => new(Corpus.Folder!);

    private void Show(params Figures[] figures) => output.WriteLine(TriageEvaluation.Table(figures));
}
