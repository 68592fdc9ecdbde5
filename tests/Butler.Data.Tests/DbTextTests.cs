using System.Text;
using Butler.Data.Tests.Support;

namespace Butler.Data.Tests;

public sealed class DbTextTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("a\0b", "a\uFFFDb")]
    [InlineData("\uD83D\uDE00", "\uD83D\uDE00")]
    public void Clean_Text_HoldsWhatTheDatabaseCan(string? text, string expected) => Assert.Equal(expected, DbText.Clean(text, 100));

    // Not as theory data: an attribute's metadata cannot hold half a pair.
    [Fact]
    public void Clean_HalfAPair_IsReplaced()
    {
        Assert.Equal("\uFFFD", DbText.Clean("\uD83D", 9));
        Assert.Equal("\uFFFD\uFFFD", DbText.Clean("\uDE00\uD83D", 9));
        Assert.Equal("\uFFFD\uD83D\uDE00\uFFFD", DbText.Clean("\uD83D\uD83D\uDE00\uDE00", 9));
    }

    [Fact]
    public void Clean_CutInsideAPair_LeavesNoHalf() => Assert.Equal("ab\uFFFD", DbText.Clean("ab\uD83D\uDE00", 3));

    [Fact]
    public void CleanOrNull_Null_StaysNull() => Assert.Null(DbText.CleanOrNull(null, 5));

    /// <summary>Any string: strict UTF-8, no U+0000, within the length, unchanged where there was nothing to change, and the same when done twice.</summary>
    [Fact]
    public async Task Clean_AnyString_IsStorable()
    {
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        var random = new Random(20261121);
        char[] nasty = ['\0', '\uD800', '\uDBFF', '\uDC00', '\uDFFF', 'a', '\u00E4', '\uFFFF', '\uFEFF', '\n'];
        var cleaned = new List<string>();
        for (var i = 0; i < 5000; i++)
        {
            var text = string.Create(random.Next(40), random, (span, r) =>
            {
                for (var j = 0; j < span.Length; j++)
                {
                    span[j] = r.Next(3) == 0 ? (char)r.Next(0x10000) : nasty[r.Next(nasty.Length)];
                }
            });
            var max = random.Next(1, 45);
            var clean = DbText.Clean(text, max);
            _ = strict.GetBytes(clean);
            Assert.DoesNotContain('\0', clean);
            Assert.Equal(Math.Min(text.Length, max), clean.Length);
            Assert.Equal(clean, DbText.Clean(clean, max));
            for (var j = 0; j < clean.Length; j++)
            {
                Assert.True(clean[j] == text[j] || clean[j] == '\uFFFD');
            }

            cleaned.Add(clean);
        }

        await using var db = await TestDb.CreateAsync();
        Assert.Equal(cleaned, (string[])(await db.ScalarAsync("SELECT $1", (object)cleaned.ToArray()))!);
    }
}
