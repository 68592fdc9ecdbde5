using System.Globalization;

namespace Butler.Mail;

/// <summary>The form of HTML: tags used, pictures, links, comments, how much of it is text. One pass, nothing is built.</summary>
internal static class HtmlShape
{
    private const int MaxTags = 4_000;

    private static readonly string[] s_told =
        ["font", "table", "center", "form", "input", "script", "iframe", "style", "marquee", "blockquote", "pre", "map", "area", "meta", "title", "base", "div", "span", "strong", "b", "h1", "li", "hr", "bgsound", "object", "link", "body", "tbody", "small", "big", "nobr"];

    public static void Read(ReadOnlySpan<char> html, string sender, ShapeWords words)
    {
        var links = new LinkShape(sender, words);
        int tags = 0, pictures = 0, remote = 0, comments = 0, text = 0, upper = 0, spliced = 0, at = 0;
        while (at < html.Length && tags < MaxTags)
        {
            var open = html[at..].IndexOf('<');
            var between = open < 0 ? html[at..] : html.Slice(at, open);
            text += between.Length - between.Count(' ') - between.Count('\n') - between.Count('\r');
            if (open < 0)
            {
                break;
            }

            at += open;
            if (html[at..].StartsWith("<!--"))
            {
                comments++;
                spliced += at > 0 && char.IsLetter(html[at - 1]) ? 1 : 0;
                var over = html[at..].IndexOf("-->");
                at = over < 0 ? html.Length : at + over + 3;
                continue;
            }

            var close = html[at..].IndexOf('>');
            var tag = close < 0 ? html[(at + 1)..] : html.Slice(at + 1, close - 1);
            at = close < 0 ? html.Length : at + close + 1;
            tags++;
            var end = tag.IndexOfAny(" \t\r\n/");
            var name = end < 0 ? tag : tag[..end];
            if (name.IsEmpty)
            {
                continue;
            }

            upper += char.IsAsciiLetterUpper(name[0]) ? 1 : 0;
            Tag(name, words);
            if (name.Equals("a", StringComparison.OrdinalIgnoreCase))
            {
                links.Add(Attribute(tag, "href"));
            }
            else if (name.Equals("img", StringComparison.OrdinalIgnoreCase))
            {
                pictures++;
                var source = Attribute(tag, "src");
                remote += source.StartsWith("http", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
                words.Add("img:cid", source.StartsWith("cid:", StringComparison.OrdinalIgnoreCase));
                words.Add("img:pixel", Attribute(tag, "width") is "1" or "0" || Attribute(tag, "height") is "1" or "0");
                words.Add("img:alt", Attribute(tag, "alt").Length > 0);
            }
            else if (name.Equals("form", StringComparison.OrdinalIgnoreCase))
            {
                words.Add("form:mailto", Attribute(tag, "action").StartsWith("mailto:", StringComparison.OrdinalIgnoreCase));
            }
            else if (name.Equals("font", StringComparison.OrdinalIgnoreCase))
            {
                words.Add("font:color", Attribute(tag, "color").Length > 0);
                words.Add("font:big", Attribute(tag, "size") is ['+', ..] or "5" or "6" or "7");
                words.Add("font:tiny", Attribute(tag, "size") is ['-', ..] or "1" or "0");
            }
        }

        links.Close("html");
        words.Count("html:pictures", pictures);
        words.Count("html:remote", remote);
        words.Count("html:comments", comments);
        words.Add("html:spliced", spliced > 1);
        words.Add("html:loud-tags", upper * 2 > tags);
        words.Add("html:rest", !html.Contains("<html", StringComparison.OrdinalIgnoreCase));
        words.Add("html:doctype", html.Contains("<!doctype", StringComparison.OrdinalIgnoreCase));
        words.Add(string.Create(CultureInfo.InvariantCulture, $"html:text{(html.Length == 0 ? 0 : text * 10 / html.Length)}"));
        words.Add("html:pictures-only", pictures > 0 && text < 200);
        words.Add("html:event", html.Contains("onmouse", StringComparison.OrdinalIgnoreCase) || html.Contains("onload", StringComparison.OrdinalIgnoreCase));
        words.Add("html:escapes", html.Contains("unescape(", StringComparison.OrdinalIgnoreCase) || html.Contains("document.write", StringComparison.OrdinalIgnoreCase));
        words.Add("html:bgcolor", html.Contains("bgcolor", StringComparison.OrdinalIgnoreCase));
        words.Add("html:nbsp", html.Contains("&nbsp;", StringComparison.OrdinalIgnoreCase));
        words.Add("html:mso", html.Contains("mso-", StringComparison.OrdinalIgnoreCase) || html.Contains("urn:schemas-microsoft", StringComparison.OrdinalIgnoreCase));
    }

    private static void Tag(ReadOnlySpan<char> name, ShapeWords words)
    {
        foreach (var told in s_told)
        {
            if (name.Equals(told, StringComparison.OrdinalIgnoreCase))
            {
                words.Add("<" + told);
                return;
            }
        }
    }

    private static ReadOnlySpan<char> Attribute(ReadOnlySpan<char> tag, string name)
    {
        for (var from = 0; from < tag.Length;)
        {
            var at = tag[from..].IndexOf(name, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
            {
                return [];
            }

            var after = from + at + name.Length;
            var value = tag[after..].TrimStart();
            if (from + at > 0 && char.IsWhiteSpace(tag[from + at - 1]) && value.StartsWith("="))
            {
                value = value[1..].TrimStart();
                if (value.IsEmpty)
                {
                    return [];
                }

                var quote = value[0] is '"' or '\'' ? value[0] : '\0';
                value = quote == '\0' ? value : value[1..];
                var end = quote == '\0' ? value.IndexOfAny(" \t\r\n") : value.IndexOf(quote);
                return end < 0 ? value : value[..end];
            }

            from = after;
        }

        return [];
    }
}
