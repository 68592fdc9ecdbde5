using Butler.Messaging;
using Butler.Messaging.Contracts;

namespace Butler.Data.Tests.Transport;

public sealed class RetryTableTests
{
    [Theory]
    [InlineData(nameof(FetchMails), 5, 5, 300)]
    [InlineData(nameof(ListMailbox), 5, 5, 300)]
    [InlineData(nameof(TriageMails), 5, 60, 900)]
    [InlineData(nameof(ProcessMail), 5, 60, 900)]
    [InlineData(nameof(DraftReply), 3, 30, 300)]
    public void For_Kind_IsTheDesignsTable(string kind, int tries, int first, int last) =>
        Assert.Equal(new RetryRule(tries, TimeSpan.FromSeconds(first), TimeSpan.FromSeconds(last)), RetryTable.For(kind));

    [Fact]
    public void Delay_AnyTry_DoublesWithinBoundsAndJitter()
    {
        var random = new Random(7);
        var rule = new RetryRule(9, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(300));
        for (var failures = 0; failures < 50; failures++)
        {
            var plain = Math.Min(5 * Math.Pow(2, Math.Max(0, failures - 1)), 300);
            var delay = RetryTable.Delay(rule, failures, 1, random).TotalSeconds;
            Assert.InRange(delay, plain, plain * 1.2);
            Assert.InRange(RetryTable.Delay(rule, failures, 0.01, random).TotalSeconds, plain * 0.0099, plain * 0.0121);
        }
    }
}
