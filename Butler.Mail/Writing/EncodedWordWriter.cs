using System.Text;

namespace Butler.Mail;

/// <summary>
/// Writes encoded words (RFC 2047): UTF-8, at most 75 characters each, each with whole characters, Q where it is
/// shorter, in phrases with letters, digits and !*+-/=_ only (section 5, rule 3).
/// </summary>
internal static class EncodedWordWriter
{
    private const int MaxWord = 75;
    private const string Prefix = "=?utf-8?";
    private const int Overhead = 12;

    public static List<string> Encode(string text, bool phrase, int firstIndent)
    {
        var useQ = PrefersQ(text, phrase);
        List<string> words = [];
        var word = new StringBuilder();
        List<byte> bytes = [];
        var room = MaxWord - Overhead - Math.Min(firstIndent, 40);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var added = utf8[..rune.EncodeToUtf8(utf8)];
            var cost = useQ ? QLength(added, phrase) : 0;
            var full = useQ ? word.Length + cost > room : (bytes.Count + added.Length + 2) / 3 * 4 > room;
            if (full && (word.Length > 0 || bytes.Count > 0))
            {
                words.Add(Finish(word, bytes, useQ));
                room = MaxWord - Overhead;
            }

            if (useQ)
            {
                AppendQ(word, added, phrase);
            }
            else
            {
                bytes.AddRange(added);
            }
        }

        if (word.Length > 0 || bytes.Count > 0)
        {
            words.Add(Finish(word, bytes, useQ));
        }

        return words;
    }

    private static string Finish(StringBuilder word, List<byte> bytes, bool useQ)
    {
        var text = useQ ? $"{Prefix}Q?{word}?=" : $"{Prefix}B?{Convert.ToBase64String([.. bytes])}?=";
        word.Clear();
        bytes.Clear();
        return text;
    }

    private static bool PrefersQ(string text, bool phrase)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return QLength(utf8, phrase) <= utf8.Length * 4 / 3;
    }

    private static int QLength(ReadOnlySpan<byte> bytes, bool phrase)
    {
        var length = 0;
        foreach (var b in bytes)
        {
            length += b == ' ' || IsPlain(b, phrase) ? 1 : 3;
        }

        return length;
    }

    private static void AppendQ(StringBuilder word, ReadOnlySpan<byte> bytes, bool phrase)
    {
        foreach (var b in bytes)
        {
            if (b == ' ')
            {
                word.Append('_');
            }
            else if (IsPlain(b, phrase))
            {
                word.Append((char)b);
            }
            else
            {
                word.Append('=').Append(b.ToString("X2"));
            }
        }
    }

    private static bool IsPlain(byte b, bool phrase)
    {
        var c = (char)b;
        return char.IsAsciiLetterOrDigit(c) || (phrase ? c is '!' or '*' or '+' or '-' or '/' : c is > ' ' and < '\x7F' and not ('=' or '?' or '_'));
    }
}
