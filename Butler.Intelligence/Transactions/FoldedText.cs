using System.Globalization;
using System.Text;

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

            if (c < 0x80)
            {
                Add(c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c is '\t' or '\f' or '\v' ? ' ' : c == '\r' ? '\n' : c, i);
            }
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length)
            {
                AddFolded(text.AsSpan(i, 2), i);
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
            case >= '\u0966' and <= '\u096F':
                Add((char)('0' + (c - '\u0966')), i);
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
            case '\u0131' or '\u0130':
                Add('i', i);
                return;
            case '\u0142' or '\u0141':
                Add('l', i);
                return;
            case '\u00F8' or '\u00D8':
                Add('o', i);
                return;
            case '\u0111' or '\u0110':
                Add('d', i);
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
            // Latin letters with accents lose them; other letters with marks (Japanese voicing, Vietnamese) too where they decompose.
            case (>= '\u00C0' and <= '\u024F') or (>= '\u1E00' and <= '\u1EFF'):
                AddFolded(text.AsSpan(i, 1), i);
                return;
            default:
                Add(char.IsWhiteSpace(c) ? ' ' : char.ToLowerInvariant(c), i);
                return;
        }
    }

    // Compatibility forms: mathematical letters, letters with accents.
    private void AddFolded(ReadOnlySpan<char> text, int i)
    {
        if (!Rune.TryGetRuneAt(text.ToString(), 0, out var rune))
        {
            return;
        }

        var form = rune.ToString().Normalize(NormalizationForm.FormKD);
        foreach (var c in form)
        {
            if (CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark)
            {
                Add(char.ToLowerInvariant(c), i);
            }
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
