namespace Butler.Mail;

/// <summary>Questions about plain text parts.</summary>
internal static class PlainText
{
    private const int Probe = 400;
    private static readonly string[] NoHtmlNotices =
    [
        "does not support html", "html-capable", "html compatible", "html-compatible", "view this email in html", "view this message in html", "supports html", "unterstützt kein html", "enable html", "use an html",
    ];

    /// <summary>Whether a plain alternative says anything of its own.</summary>
    public static bool HasContent(MimePart part)
    {
        if (part.RawBody.Length > 4 * Probe)
        {
            return true;
        }

        var text = part.DecodeText();
        if (string.IsNullOrWhiteSpace(text))
        {
            return false;
        }

        return text.Length > Probe || !Array.Exists(NoHtmlNotices, n => text.Contains(n, StringComparison.OrdinalIgnoreCase));
    }

    public static bool LooksLikeHtml(string text)
    {
        var start = text.AsSpan().TrimStart();
        start = start[..Math.Min(start.Length, Probe)];
        return start.StartsWith("<html", StringComparison.OrdinalIgnoreCase) || start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || (start is ['<', ..] && start.Contains("<body", StringComparison.OrdinalIgnoreCase));
    }
}
