using Butler.Data.Search;

namespace Butler.Data.Tests.Search;

public sealed class WordCutterTests
{
    [Theory]
    [InlineData("Hello, world! It's “fine”.", "Hello world It s fine")]
    [InlineData("Straße ÄRGER été", "Straße ÄRGER été")]
    [InlineData("anna.smith@example.org wrote", "anna[anna.smith@example.org] +smith +example +org wrote")]
    [InlineData("an e-mail of 1,234.56 EUR, 2004-11-05", "an e[e-mail] +mail of 1[1,234.56] +234 +56 EUR 2004[2004-11-05] +11 +05")]
    [InlineData("one,two and/or three... four -- five", "one two and or three four five")]
    [InlineData("Invoice_2024.pdf", "Invoice[Invoice_2024.pdf] +2024 +pdf")]
    [InlineData("see https://www.example.org/orders/a1b2c3/open?id=secret#x now", "see www[www.example.org] +example +org orders open now")]
    [InlineData("<http://example.org> (http://a.example/path), next", "example[example.org] +org a[a.example] +example path next")]
    [InlineData("http:// and https", "and https")]
    [InlineData("東京都 iPhone电话 日", "東京 +京都 iPhone 电话 日")]
    [InlineData("𐐷𐐲𐑌 x😀y", "𐐷𐐲𐑌 x y")]
    [InlineData("--- ... @ 。", "")]
    [InlineData("a.b.c.d.e.f.g.h.i", "a +b +c +d +e +f +g +h +i")]
    public void Next_Text_CutsWordsAndCompounds(string text, string expected) => Assert.Equal(expected, Cut(text));

    [Fact]
    public void Next_TooLongWord_IsLeftOutButCounts()
    {
        var cutter = new WordCutter($"a {new string('b', WordCutter.MaxLength + 1)} c");
        Assert.True(cutter.Next());
        Assert.Equal(1, cutter.Position);
        Assert.True(cutter.Next());
        Assert.Equal(("c", 3), (cutter.Word.ToString(), cutter.Position));
        Assert.False(cutter.Next());
    }

    [Fact]
    public void Next_AnyCharacters_Ends()
    {
        var random = new Random(20261122);
        const string Signs = "ab1 .,-_@+:/?#<>)\"'\n\u6771\u4eac\ud801\udc37\ud83d\u00e9\u0301http";
        for (var round = 0; round < 2000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(12) == 0 ? "https://" : Signs[random.Next(Signs.Length)].ToString()));
            var cutter = new WordCutter(text);
            var last = 0;
            while (cutter.Next())
            {
                Assert.InRange(cutter.Word.Length, 1, WordCutter.MaxLength);
                Assert.True(cutter.Position > last, text);
                last = cutter.Position;
            }
        }
    }

    private static string Cut(string text)
    {
        var words = new List<string>();
        var cutter = new WordCutter(text);
        while (cutter.Next())
        {
            words.Add($"{(cutter.Continues ? "+" : "")}{cutter.Word}{(cutter.Compound.Length > 0 ? $"[{cutter.Compound}]" : "")}");
        }

        return string.Join(' ', words);
    }
}
