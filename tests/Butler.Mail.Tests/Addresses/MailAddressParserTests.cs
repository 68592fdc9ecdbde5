namespace Butler.Mail.Tests.Addresses;

public sealed class MailAddressParserTests
{
    [Theory]
    [InlineData("joe@example.org", null, "joe@example.org")]
    [InlineData("Joe <joe@example.org>", "Joe", "joe@example.org")]
    [InlineData("\"Joe \\\"X\\\" D.\" <joe@example.org>", "Joe \"X\" D.", "joe@example.org")]
    [InlineData("joe@example.org (Joe D.)", "Joe D.", "joe@example.org")]
    [InlineData("<<<joe@example.org>>>", null, "joe@example.org")]
    [InlineData("\"Joe <joe@example.org>", "Joe", "joe@example.org")]
    [InlineData("Joe <joe@example.org", "Joe", "joe@example.org")]
    [InlineData("<@a.org,@b.org:joe@example.org>", null, "joe@example.org")]
    [InlineData("joe . doe @ example . org", null, "joe.doe@example.org")]
    [InlineData("Joe (nick (deep)) <joe@example.org>", "Joe", "joe@example.org")]
    [InlineData("'Joe' <joe@example.org>", "Joe", "joe@example.org")]
    [InlineData("joe@[192.168.0.1]", null, "joe@[192.168.0.1]")]
    [InlineData("=?utf-8?Q?Evil=3Cx=40y=2Ez=3E=2C?= <joe@example.org>", "Evil<x@y.z>,", "joe@example.org")]
    [InlineData("root", null, "root")]
    public void ParseOne_Forms_AreRead(string value, string? name, string address) => Assert.Equal(new MailAddress(name, address), MailAddressParser.ParseOne(value));

    [Theory]
    [InlineData("a@x.y, b@x.y; c@x.y", "a@x.y b@x.y c@x.y")]
    [InlineData("Doe, Joe <joe@x.y>, b@x.y", "joe@x.y b@x.y")]
    [InlineData("friends: a@x.y, B <b@x.y>;, c@x.y", "a@x.y b@x.y c@x.y")]
    [InlineData("undisclosed-recipients:;", "")]
    [InlineData(",, a@x.y ,,", "a@x.y")]
    [InlineData("", "")]
    public void ParseList_Lists_AreRead(string value, string addresses) => Assert.Equal(addresses, string.Join(' ', MailAddressParser.ParseList(value).Select(a => a.Address)));

    [Fact]
    public void ParseList_HostileRepetitions_StayLinear()
    {
        foreach (var piece in (string[])["\"\\", "(", "[", "<", "<@a,", "a,", ":", "\"", "a@b:", "(\\", "<\"", ")", "=?a?q?"])
        {
            // Quadratic work on a megabyte would take minutes and trip the test run's time limit.
            var found = MailAddressParser.ParseList(string.Concat(Enumerable.Repeat(piece, 1_000_000 / piece.Length)) + "@x");
            Assert.True(found.Count <= 2000);
        }
    }

    [Theory]
    [InlineData("Tue, 3 Feb 2026 10:11:12 +0100", "2026-02-03T10:11:12+01:00")]
    [InlineData("3 Feb 26 10:11 EST", "2026-02-03T10:11:00-05:00")]
    [InlineData("Tue,  3 (c(o)m) Feb 99 10:11:60 GMT", "1999-02-03T10:11:59+00:00")]
    [InlineData("2026-02-03T10:11:12Z", "2026-02-03T10:11:12+00:00")]
    [InlineData("2026-02-03 10:11:12 +02:00", "2026-02-03T10:11:12+02:00")]
    [InlineData("Tue Feb  3 10:11:12 2026", "2026-02-03T10:11:12+00:00")]
    [InlineData("02/03/26 01:05 PM", "2026-02-03T13:05:00+00:00")]
    [InlineData("3-Feb-2026 10:11:12 JST", "2026-02-03T10:11:12+09:00")]
    [InlineData("Tue, 3 Feb 126 10:11:12 -0000", "2026-02-03T10:11:12+00:00")]
    public void MailDate_Forms_AreRead(string text, string expected)
    {
        Assert.True(MailDate.TryParse(text, out var date));
        Assert.Equal(expected, date.ToString("yyyy-MM-ddTHH:mm:sszzz"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("31 Feb 2026 10:00:00 +0000")]
    [InlineData("99999999999999999999 Feb 2026")]
    public void MailDate_Rubbish_IsRefused(string text) => Assert.False(MailDate.TryParse(text, out _));
}
