namespace Butler.Mail;

/// <summary>Finds the signature in what is not quoted.</summary>
internal static class SignatureFinder
{
    private const int MaxLines = 15;
    private const int MaxLineLength = 200;

    private static readonly string[] DeviceLines =
    [
        "sent from my", "sent from mobile", "sent from outlook", "sent from yahoo", "sent from mail for", "sent from gmail", "sent via", "get outlook for", "sent using", "von meinem iphone", "von meinem ipad", "von meinem", "gesendet von", "gesendet mit", "diese nachricht wurde von meinem", "envoyé de mon", "envoyé depuis", "envoye de mon", "enviado desde", "enviado do meu", "enviado de mi", "enviado via", "inviato da", "inviato dal", "verstuurd vanaf", "verzonden vanaf", "verstuurd met", "skickat från", "sendt fra", "sendt med", "wysłane z", "wysłano z", "lähetetty", "отправлено с", "발신", "發自我的", "发自我的", "iphoneから送信", "skickad från", "odesláno z",
    ];

    public static void Mark(string[] lines, Func<int, bool> isQuoted, Action<int, int> mark)
    {
        var end = lines.Length;
        while (end > 0 && (isQuoted(end - 1) || string.IsNullOrWhiteSpace(lines[end - 1])))
        {
            end--;
        }

        var seen = 0;
        for (var i = end - 1; i >= 0 && seen <= MaxLines; i--)
        {
            if (isQuoted(i))
            {
                continue;
            }

            var line = lines[i].AsSpan();
            if (line.IsWhiteSpace())
            {
                continue;
            }

            seen++;
            if (IsDelimiter(line) || IsDeviceLine(line.Trim()))
            {
                // Something must have been said before it, or after it nothing but the signature.
                mark(i, end);
                end = i;
            }
            else if (line.Length > MaxLineLength)
            {
                break;
            }
        }
    }

    // "-- " (RFC 3676 section 4.3), also without its space or with more dashes.
    private static bool IsDelimiter(ReadOnlySpan<char> line)
    {
        var trimmed = line.Trim();
        return trimmed is "--" or "—" or "___" || (trimmed.Length is >= 2 and < 60 && trimmed.IndexOfAnyExcept('-') < 0 && trimmed.Length != 3) || (trimmed.Length is >= 2 and < 60 && trimmed.IndexOfAnyExcept('_') < 0);
    }

    private static bool IsDeviceLine(ReadOnlySpan<char> line)
    {
        if (line.Length > 100)
        {
            return false;
        }

        foreach (var start in DeviceLines)
        {
            if (line.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
