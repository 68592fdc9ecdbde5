using Butler.Intelligence.Evaluation;
using Butler.Intelligence.Training;

namespace Butler.Intelligence.Tests.Evaluation;

public sealed class SpamByThreadTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // 200 mails, one an hour, in threads of mails that lie 1, 30 and 60 apart.
    private static readonly LabelledMail[] Mails =
    [
        .. Enumerable.Range(0, 200).Select(i => new LabelledMail(new MailFeatures { Subject = "", NewText = "" }, "test", (ulong)(i % 30))
        {
            Thread = (ulong)(i % 3 == 0 ? 1_000 + (i % 30) : i),
            Date = Start.AddHours(i),
        }),
    ];

    [Fact]
    public void Folds_AnyMail_IsScoredOnceAndItsThreadNotLearnt()
    {
        var scored = new List<LabelledMail>();
        foreach (var (train, test) in SpamByThread.Folds(Mails, 7))
        {
            Assert.Empty(train.Select(m => m.Thread).Intersect(test.Select(m => m.Thread)));
            scored.AddRange(test);
        }

        Assert.Equal(Mails.Length, scored.Distinct().Count());
        Assert.Equal(Mails.Length, scored.Count);
    }

    [Fact]
    public void InTime_AnyBlock_IsNewerThanWhatIsLearntAndSharesNoThread()
    {
        var blocks = SpamByThread.InTime(Mails, 5).ToArray();
        Assert.Equal(4, blocks.Length);
        foreach (var (train, test) in blocks)
        {
            Assert.NotEmpty(test);
            Assert.True(train.Max(m => m.Date) < test.Min(m => m.Date));
            Assert.Empty(train.Select(m => m.Thread).Intersect(test.Select(m => m.Thread)));
        }
    }
}
