using System.Text;

namespace Butler.Mail;

/// <summary>The charset that an HTML document names in its own meta element.</summary>
internal static class HtmlCharset
{
    private const int Window = 2048;

    public static string? Find(ReadOnlySpan<byte> html)
    {
        var head = Encoding.Latin1.GetString(html[..Math.Min(html.Length, Window)]);
        var at = head.IndexOf("charset=", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        var value = head.AsSpan(at + 8).TrimStart("\"' ");
        var end = value.IndexOfAny("\"'> ;/");
        return end <= 0 ? null : value[..end].ToString();
    }
}
