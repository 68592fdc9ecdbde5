using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace Butler.Mail;

/// <summary>
/// Tells from the bytes which charset a text is written in, where nothing names it or the name is wrong. Candidates are
/// decoded (a sample) and the result is judged: real text is made of everyday characters, a wrong reading is not.
/// </summary>
internal static class CharsetDetector
{
    // A text's first part speaks for the rest; more only costs time.
    private const int Sample = 4 * 1024;

    // How much of the 8-bit text must be everyday characters before a candidate is believed.
    private const double Believable = 0.4;

    private delegate double Judge(ReadOnlySpan<char> text);

    /// <summary>The code page; Windows-1252 where nothing better is seen.</summary>
    public static int Detect(ReadOnlySpan<byte> bytes)
    {
        if (Wide(bytes) is var wide and > 0)
        {
            return wide;
        }

        if (Escapes(bytes) is var escapes and > 0)
        {
            return escapes;
        }

        bytes = FromFirst8Bit(bytes);
        if (IsMostlyUtf8(bytes))
        {
            return CharsetNames.Utf8;
        }

        var (best, page) = (Believable, CharsetNames.Windows1252);
        // More probable ones first: equal scores go to them.
        Try(bytes, CharsetNames.EucJp, static text => East(text, CharsetTables.Kanji, kana: true), ref best, ref page);
        Try(bytes, CharsetNames.ShiftJis, static text => East(text, CharsetTables.Kanji, kana: true), ref best, ref page);
        Try(bytes, CharsetNames.Gb18030, static text => East(text, CharsetTables.Simplified, kana: false), ref best, ref page);
        Try(bytes, CharsetNames.EucKr, Korean, ref best, ref page);
        Try(bytes, CharsetNames.Big5, static text => East(text, CharsetTables.Traditional, kana: false), ref best, ref page);
        if (RunsOf8Bit(bytes))
        {
            Try(bytes, CharsetNames.Windows1251, Cyrillic, ref best, ref page);
            Try(bytes, CharsetNames.Koi8R, Cyrillic, ref best, ref page);
        }

        return page;
    }

    /// <summary>UTF-16 without a mark, seen by its zeros; 0 where it is not.</summary>
    public static int Wide(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, Sample)];
        if (bytes.Length < 4 || !bytes.Contains((byte)0))
        {
            return 0;
        }

        Span<int> zeros = [0, 0];
        for (var i = 0; i < bytes.Length; i++)
        {
            zeros[i & 1] += bytes[i] == 0 ? 1 : 0;
        }

        // Spaces and digits put zeros on one side even in languages that need both bytes.
        var half = bytes.Length / 2;
        return zeros[1] > half / 8 && zeros[0] * 8 < zeros[1] ? 1200 : zeros[0] > half / 8 && zeros[1] * 8 < zeros[0] ? 1201 : 0;
    }

    /// <summary>Charsets of seven bits that switch by escape sequences (RFC 1468, RFC 1557); 0 where there are none.</summary>
    public static int Escapes(ReadOnlySpan<byte> bytes) =>
        bytes.IndexOf("\u001b$B"u8) >= 0 || bytes.IndexOf("\u001b$@"u8) >= 0 || bytes.IndexOf("\u001b(J"u8) >= 0 ? CharsetNames.Iso2022Jp
        : bytes.IndexOf("\u001b$)C"u8) >= 0 ? CharsetNames.Iso2022Kr : 0;

    /// <summary>Whether valid UTF-8 has so many sequences that it cannot be chance: one of three bytes, or two of two.</summary>
    public static bool HasManySequences(ReadOnlySpan<byte> bytes)
    {
        var two = 0;
        foreach (var b in bytes)
        {
            if (b >= 0xE0)
            {
                return true;
            }

            if (b >= 0xC0 && ++two == 2)
            {
                return true;
            }
        }

        return false;
    }

    private static void Try(ReadOnlySpan<byte> bytes, int candidate, Judge judge, ref double best, ref int page)
    {
        var encoding = Charsets.Get(candidate);
        var chars = ArrayPool<char>.Shared.Rent(encoding.GetMaxCharCount(bytes.Length));
        ReadOnlySpan<char> text = chars.AsSpan(0, encoding.GetChars(bytes, chars));
        var bad = text.Count('\uFFFD');
        // One may be cut off at the sample's end.
        if (bad <= 1 + (text.Length / 200) && judge(text) - (bad * 0.05) is var score && score > best)
        {
            (best, page) = (score, candidate);
        }

        ArrayPool<char>.Shared.Return(chars);
    }

    // Chinese and Japanese: everyday characters count, kana only where it belongs, what mail never has counts against.
    private static double East(ReadOnlySpan<char> text, FrozenSet<char> everyday, bool kana)
    {
        double score = 0;
        var (all, syllables) = (0, 0);
        foreach (var c in text)
        {
            if (c < 0x80)
            {
                continue;
            }

            all++;
            var isKana = c is >= '\u3041' and <= '\u30FE';
            syllables += isKana ? 1 : 0;
            score += everyday.Contains(c) ? 1
                : isKana ? kana ? 1 : -0.2
                : c is >= '\u3000' and <= '\u3020' or >= '\uFF01' and <= '\uFF5E' or '\u2014' or '\u2026' or '\u201C' or '\u201D' or '\u00B7' ? 0.5
                : c is >= '\u4E00' and <= '\u9FA5' ? 0.15
                : c is >= '\uFF61' and <= '\uFF9F' ? -0.5
                : -1;
        }

        // Japanese that has no kana at all is not Japanese, short names aside.
        return all == 0 ? 0 : (score / all) - (kana && syllables == 0 ? 0.35 : 0);
    }

    private static double Korean(ReadOnlySpan<char> text)
    {
        double score = 0;
        var all = 0;
        foreach (var c in text)
        {
            if (c < 0x80)
            {
                continue;
            }

            all++;
            score += CharsetTables.Hangul.Contains(c) ? 1 : c is >= '\uAC00' and <= '\uD7A3' ? 0.3 : c is >= '\u3000' and <= '\u3020' or '\u00B7' or '\u2026' ? 0.5 : -0.5;
        }

        return all == 0 ? 0 : score / all;
    }

    // Russian and its neighbours: frequent letters, in lower case within words. KOI8-R and Windows-1251 have their cases
    // the other way round, so that a wrong reading is full of capitals within words.
    private static double Cyrillic(ReadOnlySpan<char> text)
    {
        double score = 0;
        var all = 0;
        var before = ' ';
        foreach (var c in text)
        {
            if (c >= 0x80)
            {
                all++;
                var rank = CharsetTables.Cyrillic.IndexOf(char.ToLowerInvariant(c));
                score += rank < 0 ? -1 : char.IsUpper(c) ? char.IsLower(before) ? -1.5 : 0.4 : rank < 12 ? 1 : rank < 24 ? 0.7 : 0.3;
            }

            before = c;
        }

        return all == 0 ? 0 : score / all;
    }

    // Western words have single accented letters between plain ones; words of other alphabets are 8-bit throughout.
    private static bool RunsOf8Bit(ReadOnlySpan<byte> bytes)
    {
        var (all, inRun) = (0, 0);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] >= 0x80)
            {
                all++;
                inRun += (i > 0 && bytes[i - 1] >= 0x80) || (i + 1 < bytes.Length && bytes[i + 1] >= 0x80) ? 1 : 0;
            }
        }

        return inRun * 2 > all;
    }

    private static bool IsMostlyUtf8(ReadOnlySpan<byte> bytes)
    {
        var (good, bad) = (0, 0);
        while (!bytes.IsEmpty && bad < 1000)
        {
            var end = Charsets.ValidUtf8(bytes);
            foreach (var b in bytes[..end])
            {
                good += b >= 0xC0 ? 1 : 0;
            }

            if (end == bytes.Length)
            {
                break;
            }

            Rune.DecodeFromUtf8(bytes[end..], out _, out var used);
            bad++;
            bytes = bytes[(end + used)..];
        }

        return good > bad * 4;
    }

    // Long mails in English may have their first foreign word late.
    private static ReadOnlySpan<byte> FromFirst8Bit(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOfAnyInRange((byte)0x80, (byte)0xFF);
        at = Math.Max(0, at - 16);
        return bytes.Slice(at, Math.Min(bytes.Length - at, Sample));
    }
}
