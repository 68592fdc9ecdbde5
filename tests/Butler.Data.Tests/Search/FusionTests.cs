using Butler.Data.Search;

namespace Butler.Data.Tests.Search;

public sealed class FusionTests
{
    private static readonly Guid[] s_mails = [.. Enumerable.Range(1, 6).Select(i => new Guid(i, 0, 0, new byte[8]))];

    [Fact]
    public void Fuse_TwoLists_AddsReciprocalPlaces()
    {
        var hits = MailSearch.Fuse([(s_mails[0], 9), (s_mails[1], 8)], [new("m", [Hit(1), Hit(2)], 1)]).ToList();
        Assert.Equal([s_mails[1], s_mails[0], s_mails[2]], hits.Select(h => h.MailId));
        Assert.Equal((1.0 / 62) + (1.0 / 61), hits[0].Score, 12);
        Assert.Equal((2, 1), (hits[0].WordPlace!.Value, hits[0].VectorPlace!.Value));
        Assert.Null(hits[2].WordPlace);
    }

    [Fact]
    public void Fuse_ListOfLessWeight_CountsLess()
    {
        var hits = MailSearch.Fuse([(s_mails[0], 9)], [new("m", [Hit(1)], 0.3), new("n", [Hit(2)], 1)]).ToList();
        Assert.Equal([s_mails[0], s_mails[2], s_mails[1]], hits.Select(h => h.MailId));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(250)]
    [InlineData(3072)]
    public void Dot_AnyLength_IsExact(int length)
    {
        var random = new Random(length);
        sbyte[] a = [.. Enumerable.Range(0, length).Select(_ => (sbyte)random.Next(-127, 128))], b = [.. Enumerable.Range(0, length).Select(_ => (sbyte)random.Next(-127, 128))];
        Assert.Equal(a.Zip(b, (x, y) => x * y).Sum(), ByteDot.Of(a, b));
    }

    [Fact]
    public void Parse_Query_TellsItsPartsApart()
    {
        var query = SearchQuery.Parse("budget  \"next year\" -draft -\"old plan\" from:anna from:\"Bob B\" re-send - ?");
        Assert.Equal(["budget", "re-send"], query.Words);
        Assert.Equal(["next year"], query.Phrases);
        Assert.Equal(["draft", "old plan"], query.Excluded);
        Assert.Equal(["anna", "Bob B"], query.Senders);
        Assert.Equal("budget re-send next year", query.Text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    [InlineData("?!")]
    [InlineData("-a")]
    [InlineData("\"half")]
    public void Parse_NothingToSearchFor_Throws(string? text) => Assert.Throws<SearchQueryException>(() => SearchQuery.Parse(text));

    [Fact]
    public void Parse_TooMuch_Throws()
    {
        Assert.Throws<SearchQueryException>(() => SearchQuery.Parse(new string('a', SearchQuery.MaxLength + 1)));
        Assert.Throws<SearchQueryException>(() => SearchQuery.Parse(string.Join(' ', Enumerable.Repeat("a", SearchQuery.MaxParts + 1))));
    }

    private static VectorHit Hit(int mail) => new(s_mails[mail], 0.5f, 0, 1);
}
