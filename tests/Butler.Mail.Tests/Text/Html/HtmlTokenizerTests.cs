using System.Text;

namespace Butler.Mail.Tests.Text.Html;

/// <summary>
/// Tokens by the states of the HTML standard, 13.2.5, written as html5lib writes them: text as it is, "(p a=b /)" for a start
/// tag, "(/p)" for an end tag, "{x}" for a comment, "[name public system quirks]" for a doctype.
/// </summary>
public sealed class HtmlTokenizerTests
{
    [Theory]
    // Data, tag open, end tag open, tag name.
    [InlineData("a<b>c</b>d", "a(b)c(/b)d")]
    [InlineData("<", "<")]
    [InlineData("</", "</")]
    [InlineData("a<1", "a<1")]
    [InlineData("a< b", "a< b")]
    [InlineData("<<p>", "<(p)")]
    [InlineData("</>x", "x")]
    [InlineData("</ x>y", "{ x}y")]
    [InlineData("</1>y", "{1}y")]
    [InlineData("<?php x>y", "{?php x}y")]
    [InlineData("<DIV></DiV>", "(div)(/div)")]
    [InlineData("<o:p>x</o:p>", "(o:p)x(/o:p)")]
    [InlineData("<a\0b>", "(a\uFFFDb)")]
    [InlineData("x<div", "x")]
    [InlineData("x</div", "x")]
    [InlineData("x</div ", "x")]
    [InlineData("<p/>", "(p /)")]
    [InlineData("<p/ >", "(p)")]
    [InlineData("<p/a>", "(p a=)")]
    [InlineData("<p / / b>", "(p b=)")]
    [InlineData("<p/", "")]
    // NUL stays in data (the tree drops it); CR and CRLF are line feeds.
    [InlineData("a\0b", "a\0b")]
    [InlineData("a\rb\r\nc\n\rd\r", "a\nb\nc\n\nd\n")]
    // Attributes.
    [InlineData("<p a=b>", "(p a=b)")]
    [InlineData("<p a='b c'>", "(p a=b c)")]
    [InlineData("<p a=\"b>c\">", "(p a=b>c)")]
    [InlineData("<p a = b>", "(p a=b)")]
    [InlineData("<p a =\n\t'b' c>", "(p a=b c=)")]
    [InlineData("<p a=>x", "(p a=)x")]
    [InlineData("<p a=''b=\"\">", "(p a= b=)")]
    [InlineData("<p a=b/>", "(p a=b/)")]
    [InlineData("<p a=b />", "(p a=b /)")]
    [InlineData("<p a=b'c\"d<e=f`g>", "(p a=b'c\"d<e=f`g)")]
    [InlineData("<p =a>", "(p =a=)")]
    [InlineData("<p ==a>", "(p ==a)")]
    [InlineData("<p a\"b'c<d>", "(p a\"b'c<d=)")]
    [InlineData("<p A=1 a=2 B=3>", "(p a=1 b=3)")]
    [InlineData("<p a='x\r\ny\rz'>", "(p a=x\ny\nz)")]
    [InlineData("<p a='x\0y' b\0=1>", "(p a=x\uFFFDy b\uFFFD=1)")]
    [InlineData("<p a='x", "")]
    [InlineData("<p a=x", "")]
    [InlineData("<p a=", "")]
    [InlineData("<p a", "")]
    [InlineData("<p a>", "(p a=)")]
    [InlineData("<p a b=c>", "(p a= b=c)")]
    [InlineData("<p\fa\r=\nb>", "(p a=b)")]
    [InlineData("</p a=b>", "(/p)")]
    // Comments.
    [InlineData("<!---->x", "{}x")]
    [InlineData("<!-->x", "{}x")]
    [InlineData("<!--->x", "{}x")]
    [InlineData("<!-- a -->x", "{ a }x")]
    [InlineData("<!-- a --!>x", "{ a }x")]
    [InlineData("<!--a--!-->x", "{a--!}x")]
    [InlineData("<!--a--->x", "{a-}x")]
    [InlineData("<!----a-->x", "{--a}x")]
    [InlineData("<!---!>x-->y", "{-!>x}y")]
    [InlineData("<!----!>x", "{}x")]
    [InlineData("<!--a-b--c-->x", "{a-b--c}x")]
    [InlineData("<!--a<!-->x", "{a<!}x")]
    [InlineData("<!--a<!--b-->x", "{a<!--b}x")]
    [InlineData("<!--a", "{a}")]
    [InlineData("<!--a-", "{a}")]
    [InlineData("<!--a--", "{a}")]
    [InlineData("<!--a--!", "{a}")]
    [InlineData("<!---", "{}")]
    [InlineData("<!--", "{}")]
    [InlineData("<!--a\0b-->", "{a\uFFFDb}")]
    [InlineData("<!x>y", "{x}y")]
    [InlineData("<!-x>y", "{-x}y")]
    [InlineData("<!", "{}")]
    [InlineData("<!>x", "{}x")]
    [InlineData("<![CDATA[x]]>y", "{[CDATA[x]]}y")]
    [InlineData("<!--[if mso]><p>x</p><![endif]-->y", "{[if mso]><p>x</p><![endif]}y")]
    [InlineData("<!--[if !mso]><!-->x<!--<![endif]-->", "{[if !mso]><!}x{<![endif]}")]
    [InlineData("<![if !mso]>x<![endif]>", "{[if !mso]}x{[endif]}")]
    // Doctypes.
    [InlineData("<!DOCTYPE html>x", "[html]x")]
    [InlineData("<!doctypehtml>", "[html]")]
    [InlineData("<!doctype>", "[quirks]")]
    [InlineData("<!doctype", "[quirks]")]
    [InlineData("<!doctype x", "[x quirks]")]
    [InlineData("<!doctype x ", "[x quirks]")]
    [InlineData("<!doctype X\0>", "[x\uFFFD]")]
    [InlineData("<!doctype html PUBLIC \"-//W3C\" 'x.dtd'>", "[html \"-//W3C\" \"x.dtd\"]")]
    [InlineData("<!doctype html public'a'\"b\" >", "[html \"a\" \"b\"]")]
    [InlineData("<!doctype html PUBLIC 'a'>", "[html \"a\"]")]
    [InlineData("<!doctype html PUBLIC>", "[html quirks]")]
    [InlineData("<!doctype html PUBLIC x>y", "[html quirks]y")]
    [InlineData("<!doctype html PUBLIC 'a>b", "[html \"a\" quirks]b")]
    [InlineData("<!doctype html PUBLIC 'a' x>", "[html \"a\" quirks]")]
    [InlineData("<!doctype html PUBLIC 'a' 'b>c", "[html \"a\" \"b\" quirks]c")]
    [InlineData("<!doctype html SYSTEM 'a'>", "[html - \"a\"]")]
    [InlineData("<!doctype html SYSTEM 'a' x>y", "[html - \"a\"]y")]
    [InlineData("<!doctype html SYSTEM 'a'", "[html - \"a\" quirks]")]
    [InlineData("<!doctype html SYSTEM 'a", "[html - \"a\" quirks]")]
    [InlineData("<!doctype html SYSTEM>", "[html quirks]")]
    [InlineData("<!doctype html what>y", "[html quirks]y")]
    public void Read_Data_TokensAreTheStandards(string html, string expected) => Assert.Equal(expected, Tokens(html));

    [Theory]
    [InlineData("&amp;&lt;&gt;&quot;&apos;&nbsp;", "&<>\"'\u00A0")]
    [InlineData("&amp", "&")]
    [InlineData("&ampx", "&x")]
    [InlineData("&AMP;&COPY", "&\u00A9")]
    [InlineData("&notit;", "\u00ACit;")]
    [InlineData("&notin;", "\u2209")]
    [InlineData("&notinx", "\u00ACinx")]
    [InlineData("&not", "\u00AC")]
    [InlineData("&no", "&no")]
    [InlineData("&x", "&x")]
    [InlineData("&", "&")]
    [InlineData("& amp;", "& amp;")]
    [InlineData("&;", "&;")]
    [InlineData("&nosuchname;", "&nosuchname;")]
    [InlineData("&Alpha", "&Alpha")]
    [InlineData("&Alpha;", "\u0391")]
    [InlineData("&NotEqualTilde;", "\u2242\u0338")]
    [InlineData("&Aopf;", "\U0001D538")]
    [InlineData("&CounterClockwiseContourIntegral;", "\u2233")]
    [InlineData("&CounterClockwiseContourIntegralx;", "&CounterClockwiseContourIntegralx;")]
    [InlineData("&zwnj;&rsquo;&hellip;&euro;", "\u200C\u2019\u2026\u20AC")]
    [InlineData("&there4;&frac12&sup3;", "\u2234\u00BD\u00B3")]
    [InlineData("&#65;&#x42;&#X63;&#0068", "ABcD")]
    [InlineData("&#65x", "Ax")]
    [InlineData("&#x41g", "Ag")]
    [InlineData("&#;&#x;&#xg;&#", "&#;&#x;&#xg;&#")]
    [InlineData("&#0;&#xD800;&#x110000;&#99999999999999;", "\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("&#128;&#x92;&#150;&#x81;", "\u20AC\u2019\u2013\u0081")]
    [InlineData("&#x1F600;", "\U0001F600")]
    [InlineData("&#13;&#xA;", "\r\n")]
    [InlineData("<p a='&lt;&amp&copy=1&copyx&copy;=&copy'>", "(p a=<&&copy=1&copyx\u00A9=\u00A9)")]
    [InlineData("<p a=&lt;b&notin;c&notit;>", "(p a=<b\u2209c&notit;)")]
    [InlineData("<a href=\"?a=1&lang=de&sect=2&copy;\">", "(a href=?a=1&lang=de&sect=2\u00A9)")]
    [InlineData("<p a='&#x3c;&#1", "")]
    public void Read_References_AreDecoded(string html, string expected) => Assert.Equal(expected, Tokens(html));

    [Theory]
    [InlineData("title", "a&amp;b<b></titl></title>c", "a&b<b></titl>(/title)c")]
    [InlineData("title", "a</TITLE\n>c", "a(/title)c")]
    [InlineData("title", "a</title/>c", "a(/title)c")]
    [InlineData("title", "a</titlex></title>", "a</titlex>(/title)")]
    [InlineData("title", "a\0b\r\nc", "a\uFFFDb\nc")]
    [InlineData("title", "a</title", "a</title")]
    [InlineData("title", "a</title x", "a")]
    [InlineData("textarea", "<p>&lt;</textarea><p>", "<p><(/textarea)(p)")]
    [InlineData("style", "a&amp;<!--</style>b", "a&amp;<!--(/style)b")]
    [InlineData("style", "a\0</styles></style>", "a\uFFFD</styles>(/style)")]
    [InlineData("style", "</", "</")]
    [InlineData("xmp", "<b></xm></xmp>", "<b></xm>(/xmp)")]
    [InlineData("script", "a<b</script>c", "a<b(/script)c")]
    [InlineData("script", "'<!--'</script>c", "'<!--'(/script)c")]
    [InlineData("script", "<!-- <script> </script> --></script>c", "<!-- <script> </script> -->(/script)c")]
    [InlineData("script", "<!-- <script> </script> </script>c", "<!-- <script> </script> (/script)c")]
    [InlineData("script", "<!--><script></script>c", "<!--><script>(/script)c")]
    [InlineData("script", "<!-- - -- --><script></script>c", "<!-- - -- --><script>(/script)c")]
    [InlineData("script", "<!--<scripts></script>c", "<!--<scripts>(/script)c")]
    [InlineData("script", "<!--<script x</script>y</script>c", "<!--<script x</script>y(/script)c")]
    [InlineData("script", "<!--<script </scripts></script>-->z</script>c", "<!--<script </scripts></script>-->z(/script)c")]
    [InlineData("script", "<!--<script>a--b--->d</script>c", "<!--<script>a--b--->d(/script)c")]
    [InlineData("script", "<!-x<script></script>c", "<!-x<script>(/script)c")]
    [InlineData("script", "<!--", "<!--")]
    [InlineData("script", "\0\r", "\uFFFD\n")]
    [InlineData("plaintext", "a&amp;</plaintext>\0<b>", "a&amp;</plaintext>\uFFFD<b>")]
    public void Read_Raw_EndsWhereItsOwnTagEndsIt(string element, string html, string expected) => Assert.Equal(expected, Tokens(html, element));

    [Theory]
    [InlineData("<![CDATA[a<b>&amp;]]>c", "a<b>&amp;c")]
    [InlineData("<![CDATA[]]]]>c", "]]c")]
    [InlineData("<![CDATA[a]]", "a]]")]
    [InlineData("<![CDATA[\r\n\0", "\n\0")]
    [InlineData("<![cdata[x]]>y", "{[cdata[x]]}y")]
    public void Read_CData_IsText(string html, string expected) => Assert.Equal(expected, Tokens(html, cdata: true));

    [Fact]
    public void Read_EveryNamedReference_IsPythons()
    {
        // All 2,231 names, with and without what may be left out: a sum over the table that Python's html.entities gives.
        var names = 0;
        long sum = 0;
        Span<char> two = stackalloc char[2];
        for (var a = 0; a < 26 * 2; a++)
        {
            var letter = (char)(a < 26 ? 'A' + a : 'a' + a - 26);
            foreach (var name in HtmlEntities.NamesFrom(letter).ToList())
            {
                Assert.Equal(name.Length + 1, HtmlEntities.Read(name + ";", false, two, out var written));
                names++;
                sum += two[0] + (written == 2 ? two[1] : 0);
            }
        }

        Assert.Equal((2125, ExpectedSum), (names, sum));
    }

    [Fact]
    public void Read_MoreAttributesThanKept_AreReadToTheTagsEnd()
    {
        var html = $"<p {string.Concat(Enumerable.Range(0, 5000).Select(i => $"a{i}='>' "))}>x";
        var tokens = Tokens(html);
        Assert.EndsWith(")x", tokens);
        Assert.Equal(HtmlTokenizer.MaxAttributes, tokens.Count(c => c == '='));
    }

    private const long ExpectedSum = 31225483;

    internal static string Tokens(string html, string? element = null, bool cdata = false)
    {
        var result = new StringBuilder();
        var tokens = new HtmlTokenizer(html, stackalloc char[2], stackalloc HtmlAttribute[HtmlTokenizer.MaxAttributes]) { AllowCData = cdata };
        if (element is not null)
        {
            var kind = element switch { "title" or "textarea" => HtmlContent.RcData, "script" => HtmlContent.Script, "plaintext" => HtmlContent.PlainText, _ => HtmlContent.RawText };
            tokens.SetContent(kind, HtmlName.Key(element), element.Length);
        }

        Span<char> buffer = stackalloc char[512];
        while (tokens.Read())
        {
            switch (tokens.Kind)
            {
                case HtmlTokenKind.Text:
                    Assert.False(tokens.Text.IsEmpty);
                    result.Append(tokens.Text);
                    break;
                case HtmlTokenKind.StartTag:
                    result.Append('(').Append(Name(tokens.Name));
                    foreach (var attribute in tokens.Attributes)
                    {
                        result.Append(' ').Append(Name(tokens.AttributeName(attribute))).Append('=').Append(tokens.Value(attribute, buffer));
                    }

                    result.Append(tokens.SelfClosing ? " /)" : ")");
                    break;
                case HtmlTokenKind.EndTag:
                    result.Append("(/").Append(Name(tokens.Name)).Append(')');
                    break;
                case HtmlTokenKind.Comment:
                    result.Append('{').Append(tokens.Text.ToString().Replace('\0', '\uFFFD')).Append('}');
                    break;
                case HtmlTokenKind.Doctype:
                    var type = tokens.Doctype;
                    string?[] parts = [type.HasName ? Name(type.Name) : null, type.HasPublicId ? $"\"{type.PublicId}\"" : type.HasSystemId ? "-" : null, type.HasSystemId ? $"\"{type.SystemId}\"" : null, type.ForceQuirks ? "quirks" : null];
                    result.Append('[').AppendJoin(' ', parts.Where(p => p is not null)).Append(']');
                    break;
            }
        }

        return result.ToString();
    }

    private static string Name(ReadOnlySpan<char> name) => name.ToString().ToLowerInvariant().Replace('\0', '\uFFFD');
}
