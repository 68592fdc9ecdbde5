using System.Collections.Frozen;

namespace Butler.Mail;

/// <summary>
/// Bounds on what is given to the HTML parser: by HTML's rules every open formatting element is rebuilt in each new block,
/// so 66 KB of open font elements become a tree of 609 MB (measured with AngleSharp 1.10.3). Depth is bounded for walkers.
/// </summary>
internal static class HtmlGuard
{
    private const int MaxOpen = 512;
    private const int MaxOpenFormatting = 200;
    private const int MaxTags = 60_000;

    // Elements that browsers close themselves: mail leaves them open by the thousand, and that costs nothing.
    private static readonly FrozenSet<string> Uncounted = new[]
    {
        "p", "br", "hr", "img", "li", "td", "tr", "th", "dt", "dd", "option", "meta", "link", "input", "col", "area", "base", "wbr", "embed", "source", "param", "tbody", "thead", "tfoot", "html", "body", "head", "o:p",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Formatting = new[] { "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool IsSafeToParse(string html)
    {
        var uncounted = Uncounted.GetAlternateLookup<ReadOnlySpan<char>>();
        var formatting = Formatting.GetAlternateLookup<ReadOnlySpan<char>>();
        var (open, openFormatting, tags) = (0, 0, 0);
        var rest = html.AsSpan();
        for (var at = rest.IndexOf('<'); at >= 0; at = rest.IndexOf('<'))
        {
            rest = rest[(at + 1)..];
            var closing = rest is ['/', ..];
            var name = Name(closing ? rest[1..] : rest);
            if (name.IsEmpty)
            {
                continue;
            }

            if (++tags > MaxTags)
            {
                return false;
            }

            if (uncounted.Contains(name))
            {
                continue;
            }

            var step = closing ? -1 : 1;
            open = Math.Max(0, open + step);
            if (formatting.Contains(name))
            {
                openFormatting = Math.Max(0, openFormatting + step);
            }

            if (open > MaxOpen || openFormatting > MaxOpenFormatting)
            {
                return false;
            }
        }

        return true;
    }

    private static ReadOnlySpan<char> Name(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && length < 32 && (char.IsAsciiLetterOrDigit(text[length]) || (length > 0 && text[length] is ':' or '-')))
        {
            length++;
        }

        return length > 0 && char.IsAsciiLetter(text[0]) ? text[..length] : [];
    }
}
