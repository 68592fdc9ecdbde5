namespace Butler.Mail;

/// <summary>Character references (HTML standard 13.2.5.72 to 13.2.5.80).</summary>
internal static partial class HtmlEntities
{
    private const int LongestName = 31;
    private const int LongestLegacy = 6;

    // What the numbers 128 to 159 mean: Windows-1252 (13.2.5.80); 0 where the number stays.
    private static ReadOnlySpan<ushort> Windows1252 =>
    [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
    ];

    /// <summary>Reads what follows an ampersand.</summary>
    /// <param name="text">The text behind the ampersand.</param>
    /// <param name="inAttribute">Whether it stands in an attribute, where a name without semicolon before "=" or a letter is none.</param>
    /// <param name="result">At least two characters.</param>
    /// <param name="written">How many characters it stands for.</param>
    /// <returns>How many characters were consumed behind the ampersand; 0 where it is no reference but an ampersand.</returns>
    public static int Read(ReadOnlySpan<char> text, bool inAttribute, scoped Span<char> result, out int written)
    {
        written = 0;
        if (text.IsEmpty)
        {
            return 0;
        }

        if (text[0] == '#')
        {
            return ReadNumber(text, result, out written);
        }

        if (!char.IsAsciiLetter(text[0]))
        {
            return 0;
        }

        // Every name that ends in a semicolon is letters and digits before it: with one there is nothing longer to match.
        var length = 1;
        var most = Math.Min(text.Length, LongestName);
        while (length < most && char.IsAsciiLetterOrDigit(text[length]))
        {
            length++;
        }

        if (length < text.Length && text[length] == ';' && Find(text[..length]) is var named and >= 0)
        {
            written = Put(named, result);
            return length + 1;
        }

        for (var shorter = Math.Min(length, LongestLegacy); shorter >= 2; shorter--)
        {
            if (Find(text[..shorter]) is var legacy and >= 0 && (Offsets[legacy] & 0x8000) != 0)
            {
                if (inAttribute && shorter < text.Length && (text[shorter] == '=' || char.IsAsciiLetterOrDigit(text[shorter])))
                {
                    return 0;
                }

                written = Put(legacy, result);
                return shorter;
            }
        }

        return 0;
    }

    /// <summary>The names that begin with a letter, for the tests.</summary>
    internal static IEnumerable<string> NamesFrom(char letter)
    {
        for (int i = Starts[letter - 'A']; i < Starts[letter - 'A' + 1]; i++)
        {
            yield return System.Text.Encoding.ASCII.GetString(Names[(Offsets[i] & 0x7FFF)..(Offsets[i + 1] & 0x7FFF)]);
        }
    }

    private static int ReadNumber(ReadOnlySpan<char> text, scoped Span<char> result, out int written)
    {
        written = 0;
        var hex = text.Length > 1 && text[1] is 'x' or 'X';
        var at = hex ? 2 : 1;
        var first = at;
        var code = 0;
        for (; at < text.Length; at++)
        {
            var digit = text[at] switch
            {
                >= '0' and <= '9' => text[at] - '0',
                >= 'a' and <= 'f' when hex => text[at] - 'a' + 10,
                >= 'A' and <= 'F' when hex => text[at] - 'A' + 10,
                _ => -1,
            };
            if (digit < 0)
            {
                break;
            }

            // Beyond the last code point it stays there, however many digits come.
            code = Math.Min((code * (hex ? 16 : 10)) + digit, 0x110000);
        }

        if (at == first)
        {
            return 0;
        }

        if (at < text.Length && text[at] == ';')
        {
            at++;
        }

        if (code is 0 or > 0x10FFFF or (>= 0xD800 and <= 0xDFFF))
        {
            code = 0xFFFD;
        }
        else if (code is >= 0x80 and <= 0x9F && Windows1252[code - 0x80] is var mapped and not 0)
        {
            code = mapped;
        }

        if (code < 0x10000)
        {
            result[0] = (char)code;
            written = 1;
        }
        else
        {
            result[0] = (char)(0xD800 + ((code - 0x10000) >> 10));
            result[1] = (char)(0xDC00 + ((code - 0x10000) & 0x3FF));
            written = 2;
        }

        return at;
    }

    private static int Put(int index, scoped Span<char> result)
    {
        result[0] = Values[2 * index];
        result[1] = Values[(2 * index) + 1];
        return result[1] == '\0' ? 1 : 2;
    }

    private static int Find(ReadOnlySpan<char> name)
    {
        var letter = name[0] - 'A';
        int low = Starts[letter], high = Starts[letter + 1] - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var order = Compare(name, middle);
            if (order == 0)
            {
                return middle;
            }

            if (order > 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return -1;
    }

    private static int Compare(ReadOnlySpan<char> name, int index)
    {
        var start = Offsets[index] & 0x7FFF;
        var other = Names[start..(Offsets[index + 1] & 0x7FFF)];
        var common = Math.Min(name.Length, other.Length);
        for (var i = 0; i < common; i++)
        {
            if (name[i] != other[i])
            {
                return name[i] - other[i];
            }
        }

        return name.Length - other.Length;
    }
}
