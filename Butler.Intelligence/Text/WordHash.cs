namespace Butler.Intelligence.Text;

/// <summary>Hashes of words: lower-cased, digits folded to one sign so that years and prices carry no memory of a corpus.</summary>
internal static class WordHash
{
    private const ulong Offset = 14695981039346656037UL;
    private const ulong Prime = 1099511628211UL;

    /// <summary>The hash of a word.</summary>
    public static ulong Of(ReadOnlySpan<char> word)
    {
        var hash = Offset;
        foreach (var c in word)
        {
            hash = (hash ^ Fold(c)) * Prime;
        }

        return Mix(hash);
    }

    /// <summary>The hash of a sequence that ends with <paramref name="next"/>.</summary>
    public static ulong Combine(ulong sequence, ulong next) => Mix((sequence * 0x9E3779B97F4A7C15UL) + next + 1);

    /// <summary>Lower case, digits to '0', typographic apostrophe to the plain one.</summary>
    public static char Fold(char c)
    {
        if (c < 128)
        {
            return c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c is >= '0' and <= '9' ? '0' : c;
        }

        return c is '\u2019' or '\u2018' or '\u02BC' ? '\'' : char.ToLowerInvariant(c);
    }

    /// <summary>Spreads the bits (the finaliser of MurmurHash3, public domain).</summary>
    public static ulong Mix(ulong h)
    {
        h ^= h >> 33;
        h *= 0xff51afd7ed558ccdUL;
        h ^= h >> 33;
        h *= 0xc4ceb9fe1a85ec53UL;
        return h ^ (h >> 33);
    }
}
