namespace Butler.Mail;

/// <summary>Small judgements about strings.</summary>
internal static class Looks
{
    /// <summary>A word nobody would write: digits among letters, or five consonants in a row.</summary>
    public static bool Random(ReadOnlySpan<char> word)
    {
        if (word.Length < 4)
        {
            return false;
        }

        int changes = 0, consonants = 0;
        for (var i = 0; i < word.Length; i++)
        {
            var c = word[i];
            if (!char.IsAsciiLetterOrDigit(c))
            {
                return false;
            }

            changes += i > 0 && char.IsAsciiDigit(c) != char.IsAsciiDigit(word[i - 1]) ? 1 : 0;
            consonants = char.IsAsciiLetter(c) && !"aeiouyAEIOUY".Contains(c) ? consonants + 1 : 0;
            if (consonants >= 5 || changes >= 3)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Whether two hosts belong together, by their last two labels (three where the last but one is short, as in co.uk).</summary>
internal static class Domains
{
    public static bool Same(ReadOnlySpan<char> a, ReadOnlySpan<char> b) => a.Length > 0 && b.Length > 0 && Base(a).Equals(Base(b), StringComparison.OrdinalIgnoreCase);

    public static ReadOnlySpan<char> Base(ReadOnlySpan<char> host)
    {
        host = host.Trim('.');
        var last = host.LastIndexOf('.');
        if (last <= 0)
        {
            return host;
        }

        var second = host[..last].LastIndexOf('.');
        if (second < 0)
        {
            return host;
        }

        if (last - second - 1 <= 3 && host.Length - last - 1 <= 2)
        {
            second = host[..second].LastIndexOf('.');
        }

        return host[(second + 1)..];
    }
}
