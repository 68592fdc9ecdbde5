using Butler.Intelligence.Evaluation;
using Xunit.Abstractions;

namespace Butler.Intelligence.Tests.Transactions;

public class WrittenMoneyMailsTests(ITestOutputHelper output)
{
    // What was reached once is kept: nothing wrongly booked, and hardly one in review (docs/transactions.md has the first scores, which alone say how
    // unseen mail fares: rules were mended by all five).
    [Fact]
    public void Written_EverySet_HoldsTheFloors()
    {
        var sets = TransactionsEvaluation.Written();
        Assert.Equal(WrittenMoneyMails.Sets, sets.Count);
        foreach (var figures in sets)
        {
            output.WriteLine(TransactionsEvaluation.Table([figures]));
            Assert.Equal(0, figures.WronglyBooked);
            Assert.True(figures.RightShare >= 0.85, $"{figures.Half}: {figures.RightShare:P1} booked right");
        }
    }

    [Fact]
    public void Read_FirstSet_HasTheBreadthItClaims()
    {
        var cases = WrittenMoneyMails.Read(1).ToList();
        var languages = cases.Select(c => c.Name.Split(' ')[1]).Distinct().Count();
        var currencies = cases.SelectMany(c => c.Expected).Select(e => e.Currency).Distinct().Count();
        Assert.True(cases.Count >= 120 && cases.Count(c => c.Expected.Count == 0) >= 40 && languages >= 12 && currencies >= 20, $"{cases.Count} mails, {languages} languages, {currencies} currencies");
    }
}
