using System.Text;
using Butler.Sandbox.Load;

namespace Butler.Sandbox.Tests.Samples;

public sealed class SampleAgeTests
{
    private static readonly DateTimeOffset Now = new(2031, 3, 1, 12, 0, 0, 999, TimeSpan.Zero);

    [Theory]
    [InlineData("0", "Sat, 21 Nov 2026 10:00:00 +0000", "Sat, 01 Mar 2031 12:00:00 +0000")]
    [InlineData("2.25", "Sat, 21 Nov 2026 10:00:00 +0100", "Thu, 27 Feb 2031 07:00:00 +0100")]
    [InlineData("1", "Sat, 21 Nov 2026 10:00:00 -0330", "Fri, 28 Feb 2031 08:30:00 -0330")]
    [InlineData("1", "Sat, 21 Nov 2026 10:00:00 GMT", "Fri, 28 Feb 2031 12:00:00 +0000")]
    [InlineData("1", "Sat, 21 Nov 2026 10:00:00 +9900", "Sat, 01 Mar 2031 02:00:00 +1400")]
    [InlineData("1", "some day", "Fri, 28 Feb 2031 12:00:00 +0000")]
    [InlineData("1", "Sat, 21 Nov\r\n 2026 10:00:00 +0900", "Fri, 28 Feb 2031 21:00:00 +0900")]
    public void Apply_WithAge_SetsDateInItsZoneAndDropsTheAge(string age, string date, string expected) =>
        Assert.Equal(
            $"From: a@example.com\r\nDate: {expected}\r\nSubject: x\r\n\r\nbody\r\n",
            Apply($"X-Butler-Sample-Age: {age}\r\nFrom: a@example.com\r\nDate: {date}\r\nSubject: x\r\n\r\nbody\r\n"));

    [Fact]
    public void Apply_AgeAfterDateAndBareLineFeeds_KeepsOrderAndLineEnds() =>
        Assert.Equal(
            "date-like: no\nDate: Fri, 28 Feb 2031 12:00:00 +0000\nTo: b@example.org\n\n",
            Apply("date-like: no\ndate: Sat, 21 Nov 2026 10:00:00 +0000\nTo: b@example.org\nx-butler-sample-age: 1\n\n"));

    [Fact]
    public void Apply_DatesInTheBody_StayAsWritten()
    {
        const string body = "\r\n\r\nX-Butler-Sample-Age: 9\r\nDate: Mon, 01 Jan 2024 00:00:00 +0000\r\n> On Mon, 01 Jan 2024, A wrote:\r\n";

        Assert.EndsWith(body, Apply("X-Butler-Sample-Age: 1\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000" + body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nX-Butler-Sample-Age: 1\r\n")]
    [InlineData("X-Butler-Sample-Age: 1\r\n\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n")]
    [InlineData("X-Butler-Sample-Age: -1\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n")]
    [InlineData("X-Butler-Sample-Age: 36501\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n")]
    [InlineData("X-Butler-Sample-Age: 1,5\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n")]
    [InlineData("X-Butler-Sample-Age: NaN\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n")]
    [InlineData("X-Butler-Sample-Age: Infinity\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n")]
    [InlineData("X-Butler-Sample-Age:\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n")]
    [InlineData("X-Butler-Sample-Age: 99999999999999999999999999999999999\r\nDate: x\r\n\r\n")]
    [InlineData("")]
    public void Apply_NoUsableAgeOrNoDate_ReturnsTheSameBytes(string mail) => Assert.Equal(mail, Apply(mail));

    private static string Apply(string mail) => Encoding.Latin1.GetString(SampleAge.Apply(Encoding.Latin1.GetBytes(mail), Now).Span);
}
