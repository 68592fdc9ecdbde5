using Butler.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace Butler.Mail.Tests.Text.Html;

/// <summary>Nothing that stands in an HTML part stops the reader or makes it work more than in proportion.</summary>
public sealed class HtmlFuzzTests(ITestOutputHelper output)
{
    // Turns of loops a character: the stack is searched to its bound at most (512), in practice a handful.
    private const int MostStepsPerChar = 600;
    private const int Mutants = 20_000;

    private static readonly string[] Pieces =
    [
        "<", ">", "</", "<!--", "-->", "--!>", "<!", "<![CDATA[", "]]>", "&", "&#", "&#x", "&amp", ";", "\"", "'", "=", "/", "\0", "\r", "\r\n", "\n", " ", "x", "-", "\uD800", "\u202E",
        "<p>", "</p>", "<div>", "</div>", "<div style='display:none'>", "<b>", "</b>", "<font color=white>", "</font>", "<a href='https://x.y/z'>", "</a>", "<table>", "</table>", "<tr>", "<td>", "</td>", "<th>", "<li>", "<ul>", "<ol>", "</ul>",
        "<blockquote class=gmail_quote>", "</blockquote>", "<div class=gmail_quote>", "<div class=gmail_signature>", "<div id=divRplyFwdMsg>", "<form>", "</form>", "<select>", "<option>", "</select>", "<svg>", "</svg>", "<math>", "<mi>", "<template>", "</template>", "<button>", "<h1>", "<br>", "<hr>", "<img alt=xyz>",
        "<script>", "</script>", "<style>", "</style>", ".a{color:white}", "<title>", "</title>", "<textarea>", "</textarea>", "<plaintext>", "<pre>", "</pre>", "<frameset>", "<body style=color:white>", "<span class=a>", "</span>", "<x-y>", "</x-y>", "<nobr>", "<dd>", "<dt>", "<caption>", "<col>", "<object>", "</object>",
    ];

    [Fact]
    public void Convert_AnyPieces_EndsInProportion()
    {
        var pieces = Gen.ArrayOf(Gen.Elements(Pieces));
        Prop.ForAll(Arb.From(pieces), array =>
        {
            Check(string.Concat(array));
            Check(string.Concat(Enumerable.Repeat(string.Concat(array.Take(4)), 40)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithReplay(4711, 4713).WithEndSize(200));
    }

    [Fact]
    public void Convert_AnyString_EndsInProportion() =>
        Prop.ForAll<string?>(text => Check(text ?? "")).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(4711, 4715));

    [Fact]
    public void Convert_RepeatedPieces_AreLinear()
    {
        foreach (var piece in Pieces)
        {
            foreach (var with in (string[])["", "<p>", "<b>", "x", "</div>", "<!-", "a='"])
            {
                var one = Check(string.Concat(Enumerable.Repeat(piece + with, 500)));
                var four = Check(string.Concat(Enumerable.Repeat(piece + with, 2000)));
                // Four times the text; until the stack is full its depth adds to it.
                Assert.True(four <= (4 * one) + (2000L * MostStepsPerChar * 2), $"{piece}{with}: {one} and {four} steps");
            }
        }
    }

    [CorpusFact]
    public void Convert_MutatedCorpusHtml_NeverThrows()
    {
        var random = new Random(4711);
        var documents = CorpusHtml.All.Select(d => d.Html).Where(h => h.Length is > 50 and < 8_000).ToArray();
        double most = 0;
        for (var i = 0; i < Mutants; i++)
        {
            var html = Mutate(documents[random.Next(documents.Length)], documents[random.Next(documents.Length)], random);
            most = Math.Max(most, (double)Check(html) / (html.Length + 1));
        }

        output.WriteLine($"{Mutants} mutants, at most {most:0.0} steps a character");
    }

    private static long Check(string html)
    {
        var converter = Converter ??= new HtmlConverter();
        converter.Convert(html, 1 << 20);
        var text = converter.Writer.GetText();
        Assert.True(converter.Steps <= (html.Length + 1L) * MostStepsPerChar, $"{converter.Steps} steps for {html.Length} characters");
        Assert.DoesNotContain('\r', text);
        Assert.True(converter.Writer.GetKinds().Length == Math.Max(1, text.AsSpan().Count('\n') + 1), "lines and their kinds");
        var split = MailText.FromHtmlText(html);
        Assert.True(split.NewText.Length <= text.Length);
        return converter.Steps;
    }

    [ThreadStatic]
    private static HtmlConverter? Converter;

    private static string Mutate(string html, string other, Random random)
    {
        for (var n = random.Next(1, 8); n > 0 && html.Length > 0; n--)
        {
            var at = random.Next(html.Length);
            switch (random.Next(5))
            {
                case 0:
                    html = html.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 1:
                    html = html.Remove(at, Math.Min(random.Next(1, 60), html.Length - at));
                    break;
                case 2:
                    var from = random.Next(other.Length);
                    html = html.Insert(at, other.Substring(from, Math.Min(random.Next(300), other.Length - from)));
                    break;
                case 3:
                    html = html.Insert(at, html.Substring(at, Math.Min(random.Next(200), html.Length - at)));
                    break;
                default:
                    html = html[..at] + (char)random.Next(0x300) + html[(at + 1)..];
                    break;
            }
        }

        return html;
    }
}
