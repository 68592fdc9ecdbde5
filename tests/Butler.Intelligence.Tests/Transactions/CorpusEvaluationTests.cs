using Butler.Intelligence.Evaluation;
using Butler.Testing;
using Xunit.Abstractions;

namespace Butler.Intelligence.Tests.Transactions;

public class CorpusEvaluationTests(ITestOutputHelper output)
{
    // Floors a little under the figures of docs/transactions.md: a change that loses more than it wins fails here.
    [CorpusFact]
    public void All_Corpus_HoldsTheFloors()
    {
        var evaluation = new TransactionsEvaluation(Corpus.Folder!);
        var figures = evaluation.All();
        output.WriteLine(TransactionsEvaluation.Table(figures));
        var all = figures.Single(f => f.Set == "all" && f.Half == "both");
        if (all.Mails >= 400)
        {
            Assert.True(all.RightShare >= 0.93, $"{all.RightShare:P1} booked right");
            Assert.InRange(all.WronglyBooked, 0, 3);
        }
    }
}
