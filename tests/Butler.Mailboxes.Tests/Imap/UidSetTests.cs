using System.Text;
using Butler.Mailboxes.Imap;

namespace Butler.Mailboxes.Tests.Imap;

public class UidSetTests
{
    [Theory]
    [InlineData("1:3,7", "1:3,7", 4)]
    [InlineData("7,3:1", "1:3,7", 4)]
    [InlineData("5,4,6,1,3,2", "1:6", 6)]
    [InlineData("10:20,15:30,1,9", "1,9:30", 23)]
    [InlineData("4294967295,1:4294967294", "1:4294967295", 4294967295)]
    [InlineData("", "", 0)]
    [InlineData("0", "", 0)]
    public void TryParse_AnyOrder_IsAscendingAndMerged(string text, string expected, long count)
    {
        Assert.True(ImapUidSet.TryParse(Encoding.ASCII.GetBytes(text), out var set));
        Assert.Equal((expected, count), (set.ToString(), set.Count));
    }

    [Theory]
    [InlineData("1:*")]
    [InlineData("4294967296")]
    [InlineData("-1")]
    [InlineData("1:2:3")]
    [InlineData("a")]
    public void TryParse_OtherThings_AreRefused(string text) => Assert.False(ImapUidSet.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void Split_ByNumberAndLength_LosesNothing()
    {
        var random = new Random(7);
        var uids = Enumerable.Range(0, 5000).Select(_ => (uint)random.Next(1, 20_000)).Distinct().ToList();
        var set = new ImapUidSet(uids);
        Assert.Equal(uids.Order(), set.Uids());

        var parts = set.Split(100, 900).ToList();
        Assert.All(parts, p => Assert.InRange(p.Count, 1, 100));
        Assert.All(parts, p => Assert.InRange(p.ToString().Length, 1, 900));
        Assert.Equal(uids.Order(), parts.SelectMany(p => p.Uids()));

        var newest = set.Split(100, newestFirst: true).ToList();
        Assert.Equal(uids.Order(), newest.SelectMany(p => p.Uids()).Order());
        Assert.Equal(newest.Select(p => p.Max).OrderDescending(), newest.Select(p => p.Max));
        Assert.All(uids, u => Assert.True(set.Contains(u)));
        Assert.False(set.Contains(20_001));
    }
}
