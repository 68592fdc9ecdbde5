using System.Net;
using System.Text;

namespace Butler.Sandbox.Mail;

/// <summary>The start of a mail's text as the API's <c>snippet</c>.</summary>
internal static class Snippet
{
    private const int Length = 190;

    public static string Of(ReadOnlyMemory<byte> message)
    {
        var root = MimePart.Read(message);
        var text = root.Walk().FirstOrDefault(p => p is { IsContainer: false, MimeType: "text/plain", Filename: "" })
            ?? root.Walk().FirstOrDefault(p => p is { IsContainer: false, MimeType: "text/html" });
        if (text is null)
        {
            return "";
        }

        var bytes = text.Decode();
        var plain = HeaderScan.Text(bytes.AsSpan(0, Math.Min(bytes.Length, 8_000)));
        return WebUtility.HtmlEncode(Squeeze(text.MimeType == "text/html" ? WebUtility.HtmlDecode(NoTags(plain)) : plain));
    }

    private static string NoTags(string html)
    {
        var result = new StringBuilder();
        for (var i = 0; i < html.Length; i++)
        {
            if (html[i] != '<')
            {
                result.Append(html[i]);
                continue;
            }

            var hidden = html.AsSpan(i).StartsWith("<style", StringComparison.OrdinalIgnoreCase) ? "</style"
                : html.AsSpan(i).StartsWith("<script", StringComparison.OrdinalIgnoreCase) ? "</script" : null;
            var from = hidden is null ? i : html.IndexOf(hidden, i, StringComparison.OrdinalIgnoreCase);
            var end = from < 0 ? -1 : html.IndexOf('>', from);
            if (end < 0)
            {
                break;
            }

            result.Append(' ');
            i = end;
        }

        return result.ToString();
    }

    private static string Squeeze(string text)
    {
        var result = new StringBuilder(Length);
        foreach (var c in text)
        {
            var space = char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c);
            if (!space || (result.Length > 0 && result[^1] != ' '))
            {
                result.Append(space ? ' ' : c);
            }

            if (result.Length >= Length)
            {
                break;
            }
        }

        return result.ToString().Trim();
    }
}
