using System.Collections.Frozen;

namespace Butler.Mail;

/// <summary>Finds the signature in what is not quoted.</summary>
internal static class SignatureFinder
{
    private const int MaxLines = 15;
    private const int MaxLineLength = 200;

    // The lines of a sign-off are short and few.
    private const int MaxSignOffLine = 70;
    private const int MaxSignOffLines = 8;

    private static readonly string[] Closings =
    [
        "best", "best regards", "best wishes", "kind regards", "kindest regards", "warm regards", "with kind regards", "with best regards", "regards", "many thanks", "thanks", "thank you", "thanks again", "thanks in advance", "thank you in advance", "thanks a lot", "thx", "cheers", "sincerely", "sincerely yours", "yours sincerely", "yours truly", "yours faithfully", "take care", "all the best", "respectfully", "cordially", "love",
        "mit freundlichen grüßen", "mit freundlichen grüssen", "mit freundlichem gruß", "freundliche grüße", "freundliche grüsse", "viele grüße", "viele grüsse", "liebe grüße", "beste grüße", "schöne grüße", "herzliche grüße", "grüße", "gruß", "lg", "mfg", "vg", "danke", "vielen dank",
        "cordialement", "bien cordialement", "bien à vous", "amicalement", "sincères salutations", "salutations", "merci", "merci d'avance", "bonne journée", "à bientôt",
        "saludos", "un saludo", "saludos cordiales", "atentamente", "un cordial saludo", "gracias", "muchas gracias", "un abrazo", "cordiali saluti", "distinti saluti", "saluti", "un saluto", "grazie", "a presto",
        "met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groeten", "groeten", "groetjes", "mvg", "bedankt", "atenciosamente", "cumprimentos", "com os melhores cumprimentos", "obrigado", "obrigada", "abraços", "abraço", "med vänliga hälsningar", "med vänlig hälsning", "vänliga hälsningar", "hälsningar", "mvh", "tack", "med venlig hilsen", "venlig hilsen", "hilsen", "med vennlig hilsen", "vennlig hilsen", "tak", "z poważaniem", "pozdrawiam", "pozdrowienia", "serdecznie pozdrawiam", "dziękuję", "с уважением", "спасибо", "ystävällisin terveisin", "terveisin", "s pozdravem",
    ];

    private static readonly FrozenSet<string> ClosingSet = Closings.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly string[] DeviceLines =
    [
        "sent from my", "sent from ", "sent via", "sent with ", "from my iphone", "from my android", "get outlook for", "sent using", "von meinem iphone", "von meinem ipad", "von meinem", "gesendet von", "gesendet mit", "diese nachricht wurde von meinem", "envoyé de mon", "envoyé depuis", "envoye de mon", "enviado desde", "enviado do meu", "enviado de mi", "enviado via", "inviato da", "inviato dal", "verstuurd vanaf", "verzonden vanaf", "verstuurd met", "skickat från", "sendt fra", "sendt med", "wysłane z", "wysłano z", "lähetetty", "отправлено с", "발신", "發自我的", "发自我的", "iphoneから送信", "skickad från", "odesláno z",
    ];

    public static void Mark(string[] lines, string? sender, Func<int, bool> isQuoted, Action<int, int> mark)
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

        var signOff = FindSignOff(lines, end, sender, isQuoted);
        if (signOff >= 0)
        {
            mark(signOff, end);
        }
    }

    // "Best regards," and what follows it, or the sender's own name and what follows it.
    private static int FindSignOff(string[] lines, int end, string? sender, Func<int, bool> isQuoted)
    {
        var found = -1;
        var below = 0;
        for (var i = end - 1; i >= 0 && below < MaxSignOffLines; i--)
        {
            var line = lines[i].AsSpan().Trim();
            if (line.IsEmpty)
            {
                continue;
            }

            if (isQuoted(i) || line.Length > MaxSignOffLine)
            {
                break;
            }

            if (below > 0 && ClosingSet.GetAlternateLookup<ReadOnlySpan<char>>().Contains(line.TrimEnd(",.!;: -")))
            {
                return HasTextBefore(lines, i) ? i : found;
            }

            if (IsSender(line, sender) && HasTextBefore(lines, i))
            {
                found = i;
            }

            below++;
        }

        return found;
    }

    private static bool HasTextBefore(string[] lines, int index)
    {
        for (var i = index - 1; i >= 0; i--)
        {
            if (!string.IsNullOrWhiteSpace(lines[i]))
            {
                return true;
            }
        }

        return false;
    }

    // The whole name, or its first word alone on a line ("Frank", "-Kim", "//Jef").
    private static bool IsSender(ReadOnlySpan<char> line, string? sender)
    {
        if (sender is null)
        {
            return false;
        }

        line = line.Trim("-–—/*_~ ,.!");
        var name = sender.AsSpan().Trim("\"' ");
        var comma = name.IndexOf(',');
        if (comma > 0)
        {
            // "Doe, Jane"
            var reversed = $"{name[(comma + 1)..].Trim()} {name[..comma].Trim()}";
            return IsSender(line, reversed);
        }

        var space = name.IndexOfAny(' ', '.', '_');
        var first = space < 0 ? name : name[..space];
        if (first.Length < 2 || line.Length > 40 || line.IndexOfAny("?:") >= 0)
        {
            return false;
        }

        return line.Equals(first, StringComparison.OrdinalIgnoreCase) || line.StartsWith(name, StringComparison.OrdinalIgnoreCase)
            || (space > 0 && line.StartsWith(first, StringComparison.OrdinalIgnoreCase) && line.Length > first.Length && line[first.Length] == ' ' && line.Contains(name[(name.LastIndexOfAny(' ', '.', '_') + 1)..], StringComparison.OrdinalIgnoreCase));
    }

    // "-- " (RFC 3676 section 4.3), also without its space or with more dashes.
    private static bool IsDelimiter(ReadOnlySpan<char> line)
    {
        var trimmed = line.Trim();
        return trimmed is "--" or "—" or "___" or "ᐧ" || (trimmed.Length is >= 2 and < 60 && trimmed.IndexOfAnyExcept('-') < 0 && trimmed.Length != 3) || (trimmed.Length is >= 2 and < 60 && trimmed.IndexOfAnyExcept('_') < 0);
    }

    private static bool IsDeviceLine(ReadOnlySpan<char> line)
    {
        // "Sent from my desk, is much easier" is a sentence.
        if (line.Length > 100 || (line.Contains(", ", StringComparison.Ordinal) && line.StartsWith("sent ", StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        if (line.EndsWith("gesendet", StringComparison.OrdinalIgnoreCase) && line.StartsWith("von ", StringComparison.OrdinalIgnoreCase))
        {
            return true;
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
