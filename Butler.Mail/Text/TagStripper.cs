using System.Net;
using System.Text;

namespace Butler.Mail;

/// <summary>The text of HTML that is too large or too deep for a tree: tags removed in one pass, nothing else.</summary>
internal static class TagStripper
{
    public static string Strip(string html)
    {
        var result = new StringBuilder(html.Length / 2);
        var rest = html.AsSpan();
        while (!rest.IsEmpty)
        {
            var open = rest.IndexOf('<');
            result.Append(open < 0 ? rest : rest[..open]);
            if (open < 0)
            {
                break;
            }

            rest = rest[open..];
            if (rest.StartsWith("<!--"))
            {
                rest = After(rest, "-->");
                continue;
            }

            var hidden = rest.StartsWith("<script", StringComparison.OrdinalIgnoreCase) ? "</script" : rest.StartsWith("<style", StringComparison.OrdinalIgnoreCase) ? "</style" : null;
            rest = hidden is null ? rest : After(rest, hidden);
            var close = rest.IndexOf('>');
            rest = close < 0 ? [] : rest[(close + 1)..];
            result.Append(result.Length > 0 && result[^1] is not ('\n' or ' ') ? "\n" : "");
        }

        return WebUtility.HtmlDecode(result.ToString());
    }

    private static ReadOnlySpan<char> After(ReadOnlySpan<char> text, string end)
    {
        var at = text.IndexOf(end, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? [] : text[(at + end.Length)..];
    }
}
