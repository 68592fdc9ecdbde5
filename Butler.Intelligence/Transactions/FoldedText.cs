using System.Globalization;

namespace Butler.Intelligence.Transactions;

/// <summary>
/// A text made easy to compare: lower case, accents off, full-width, Arabic-Indic and mathematical letters and digits as ASCII, runs of
/// blanks as one, invisible characters gone. Each character knows where it came from, so a find can be shown in the original.
/// Buffers are reused per thread.
/// </summary>
internal sealed class FoldedText
{
    /// <summary>Characters read: receipts are long, but what was paid stands in the first pages.</summary>
    public const int MaxChars = 24_000;

    // U+00C0 to U+024F and U+1E00 to U+1EFF by their Unicode decomposition; letters without one as banks write them plain.
    private const string Latin = "aaaaaaaceeeeiiii\u00F0nooooo\u00D7ouuuuy\u00FEsaaaaaaaceeeeiiiidnooooo\u00F7ouuuuytyaaaaaaccccccccddddeeeeeeeeeegggggggghh\u0127hiiiiiiiiii\u0133\u0133jjkk\u0138llllll\u0140"
        + "\u0140llnnnnnn\u0149\u014Bnoooooooorrrrrrsssssssstttt\u0167tuuuuuuuuuuuuwwyyyzzzzzz\u017F\u0180\u0253\u0183\u0183\u0185\u0185\u0254\u0188\u0188\u0256\u0257\u018C\u018C\u018D\u01DD\u0259\u025B\u0192f\u0260\u0263\u0195\u0269\u0268\u0199\u0199\u019A\u019B\u026F\u0272\u019E\u0275oo\u01A3\u01A3\u01A5\u01A5\u0280\u01A8\u01A8\u0283\u01AA\u01AB\u01AD\u01AD\u0288uu\u028A\u028B\u01B4\u01B4\u01B6\u01B6\u0292\u01B9\u01B9\u01BA\u01BB\u01BD\u01BD\u01BE\u01BF"
        + "\u01C0\u01C1\u01C2\u01C3\u01C6\u01C6\u01C6\u01C9\u01C9\u01C9\u01CC\u01CC\u01CCaaiioouuuuuuuuuu\u01DDaaaa\u01E3\u01E3\u01E5\u01E5ggkkoooo\u01EF\u01EFj\u01F3\u01F3\u01F3gg\u0195\u01BFnnaa\u01FD\u01FD\u01FF\u01FFaaaaeeeeiiiioooorrrruuuusstt\u021D\u021Dhh\u019E\u0221\u0223\u0223\u0225\u0225aaeeooooooooyy\u0234\u0235\u0236\u0237\u0238\u0239\u2C65\u023C\u023C\u019A\u2C66\u023F"
        + "\u0240\u0242\u0242\u0180\u0289\u028C\u0247\u0247\u0249\u0249\u024B\u024B\u024D\u024D\u024F\u024F";

    private const string LatinAdditional = "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
        + "wwwwwwwwwwxxxxyyzzzzzzhtwy\u1E9A\u1E9B\u1E9C\u1E9D\u00DF\u1E9Faaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy\u1EFB\u1EFB\u1EFD\u1EFD\u1EFF\u1EFF";

    private char[] _chars = new char[4_096];
    private int[] _from = new int[4_096];

    /// <summary>The original.</summary>
    public string Source { get; private set; } = "";

    public int Length { get; private set; }

    public ReadOnlySpan<char> Chars => _chars.AsSpan(0, Length);

    public char this[int i] => (uint)i < (uint)Length ? _chars[i] : '\n';

    /// <summary>The folded characters of a range.</summary>
    public ReadOnlySpan<char> Slice(int start, int end)
    {
        start = Math.Clamp(start, 0, Length);
        return _chars.AsSpan(start, Math.Clamp(end, start, Length) - start);
    }

    /// <summary>The span of the original that a folded range came from.</summary>
    public (int Offset, int Length) Origin(int start, int end)
    {
        var from = _from[start];
        var last = _from[end - 1];
        var width = char.IsHighSurrogate(Source[last]) && last + 1 < Source.Length ? 2 : 1;
        return (from, last + width - from);
    }

    /// <summary>The original character.</summary>
    public char Original(int i) => (uint)i < (uint)Length ? Source[_from[i]] : '\n';

    public void Read(string text)
    {
        Source = text;
        var limit = Math.Min(text.Length, MaxChars);
        if (_chars.Length < (limit * 2) + 1)
        {
            _chars = new char[(limit * 2) + 1];
            _from = new int[(limit * 2) + 1];
        }

        Length = 0;
        for (var i = 0; i < limit; i++)
        {
            var c = text[i];
            if (c == ':' && i > 3 && i + 2 < limit && text[i + 1] == '/' && text[i + 2] == '/')
            {
                i = SkipAddress(text, i, limit) - 1;
                continue;
            }

            if (c == '.' && i > 0 && text[i - 1] == ' ' && LeaderEnd(text, i, limit) is > 0 and var leader)
            {
                Length = Math.Max(0, Length - 1);
                Add(':', i);
                i = leader - 1;
                continue;
            }

            if (c < 0x80)
            {
                Add(c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c is '\t' or '\f' or '\v' ? ' ' : c == '\r' ? '\n' : c, i);
            }
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length)
            {
                AddPair(char.IsLowSurrogate(text[i + 1]) ? char.ConvertToUtf32(c, text[i + 1]) : 0, i);
                i++;
            }
            else
            {
                Other(c, i, text);
            }
        }
    }

    // The numbers of a web address mean nothing: it is left out from its "://" on.
    private static int SkipAddress(string text, int at, int limit)
    {
        while (at < limit && !char.IsWhiteSpace(text[at]) && text[at] is not ('>' or '"' or ')' or ']'))
        {
            at++;
        }

        return at;
    }

    // "Amount ........ 18,500.00": dots that lead from a label to its value are a colon; three may be an ellipsis. 0: these lead nowhere.
    private static int LeaderEnd(string text, int at, int limit)
    {
        var end = at;
        while (end < limit && text[end] == '.')
        {
            end++;
        }

        if (end - at < 4 || end >= limit || text[end] != ' ')
        {
            return 0;
        }

        // "Visa .... 4411": the hidden digits of a card or an account.
        var digits = end + 1;
        while (digits < limit && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }

        return digits - end - 1 is >= 2 and <= 4 && !(digits < limit && text[digits] is '.' or ',' or '\'') ? 0 : end;
    }

    private void Other(char c, int i, string text)
    {
        switch (c)
        {
            case '\u00AD' or '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or '\u0640' or (>= '\u0300' and <= '\u036F') or (>= '\u064B' and <= '\u0652'):
                return;
            case >= '\uFF01' and <= '\uFF5E':
                Add(char.ToLowerInvariant((char)(c - 0xFEE0)), i);
                return;
            case >= '\u0660' and <= '\u0669':
                Add((char)('0' + (c - '\u0660')), i);
                return;
            case >= '\u06F0' and <= '\u06F9':
                Add((char)('0' + (c - '\u06F0')), i);
                return;
            // Greek letters lose their accents, the final sigma its shape; the Russian yo is written as ye as often.
            case >= '\u0386' and <= '\u03CE' when GreekPlain(c) is var plain and not '\0':
                Add(plain, i);
                return;
            case '\u0401' or '\u0451':
                Add('\u0435', i);
                return;
            case '\u066B':
                Add('.', i);
                return;
            case '\u066C':
                Add(',', i);
                return;
            case '\u2212' or '\u2010' or '\u2011' or '\u2012' or '\u2013' or '\u2014' or '\uFE63':
                Add('-', i);
                return;
            case '\u2018' or '\u2019' or '\u02BC' or '\u00B4':
                Add('\'', i);
                return;
            case '\u00DF':
                Add('s', i);
                Add('s', i);
                return;
            case '\u064A' or '\u06CC' or '\u0649':
                Add('ی', i);
                return;
            case '\u0643' or '\u06A9':
                Add('ک', i);
                return;
            case '\u2028' or '\u2029' or '\u0085':
                Add('\n', i);
                return;
            case '\u3000' or '\u00A0' or '\u202F':
                Add(' ', i);
                return;
            // Latin letters with accents lose them. By table: the process runs with invariant globalization, which cannot decompose.
            case >= '\u00C0' and <= '\u024F':
                Add(Latin[c - '\u00C0'], i);
                return;
            case >= '\u1E00' and <= '\u1EFF':
                Add(LatinAdditional[c - '\u1E00'], i);
                return;
            default:
                Add(char.IsWhiteSpace(c) ? ' ' : char.IsDigit(c) ? (char)('0' + CharUnicodeInfo.GetDecimalDigitValue(c)) : char.ToLowerInvariant(c), i);
                return;
        }
    }

    private static char GreekPlain(char c) => c switch
    {
        '\u0386' or '\u03AC' => '\u03B1',
        '\u0388' or '\u03AD' => '\u03B5',
        '\u0389' or '\u03AE' => '\u03B7',
        '\u038A' or '\u03AF' or '\u0390' or '\u03AA' or '\u03CA' => '\u03B9',
        '\u038C' or '\u03CC' => '\u03BF',
        '\u038E' or '\u03CD' or '\u03B0' or '\u03AB' or '\u03CB' => '\u03C5',
        '\u038F' or '\u03CE' => '\u03C9',
        '\u03C2' => '\u03C3',
        _ => '\0',
    };

    // Mathematical letters and digits (U+1D400 to U+1D7FF), which some senders write for bold type.
    private void AddPair(int rune, int i)
    {
        if (rune is >= 0x1D400 and < 0x1D6A4)
        {
            Add((char)('a' + ((rune - 0x1D400) % 26)), i);
        }
        else if (rune is >= 0x1D7CE and <= 0x1D7FF)
        {
            Add((char)('0' + ((rune - 0x1D7CE) % 10)), i);
        }
    }

    private void Add(char c, int i)
    {
        if (Length + 1 >= _chars.Length)
        {
            return;
        }

        if (c is ' ' or '\n' && Length > 0 && _chars[Length - 1] is ' ' or '\n' && (c == ' ' || c == _chars[Length - 1] || _chars[Length - 1] == ' '))
        {
            if (c == '\n')
            {
                _chars[Length - 1] = '\n';
            }

            return;
        }

        _chars[Length] = c;
        _from[Length++] = i;
    }
}
