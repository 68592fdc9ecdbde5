using System.Globalization;
using System.Text;

namespace Butler.Data.Search;

/// <summary>
/// Cuts text into the words that search knows, the same for mails and for queries. Letters and digits make a word; words that are joined by
/// a sign, as in an address, a number or <c>e-mail</c>, also make a compound. Of a link count the host and the words of its path. Scripts
/// without blanks are cut into overlapping pairs.
/// </summary>
/// <param name="text">What is cut.</param>
internal ref struct WordCutter(ReadOnlySpan<char> text)
{
    /// <summary>Characters of the longest word and compound: what is longer is no word.</summary>
    public const int MaxLength = 64;

    private const int MaxCompound = 8;
    private const int MaxPathWord = 24;
    private const int MinPathWord = 3;

    private readonly ReadOnlySpan<char> _text = text;
    private int _at;
    private int _compoundEnd;
    private int _pathStart;
    private int _pathEnd;
    private int _linkEnd;

    /// <summary>The word, as it stands.</summary>
    public ReadOnlySpan<char> Word { get; private set; }

    /// <summary>At the first word of a compound: all of it; else empty.</summary>
    public ReadOnlySpan<char> Compound { get; private set; }

    /// <summary>The word belongs to the one before: another part of its compound, or the next pair.</summary>
    public bool Continues { get; private set; }

    /// <summary>It has letters only, so it may have a stem.</summary>
    public bool IsLetters { get; private set; }

    /// <summary>From 1; words that are left out count.</summary>
    public int Position { get; private set; }

    /// <summary>Moves to the next word.</summary>
    public bool Next()
    {
        while (_at < _text.Length)
        {
            if (_at >= _pathEnd && _at < _linkEnd)
            {
                _at = _linkEnd; // What is asked of a link is not for people.
                continue;
            }

            if (!IsWord(_text, _at))
            {
                _at++;
                continue;
            }

            if (IsPaired(_text[_at]))
            {
                if (Pair())
                {
                    return true;
                }

                continue;
            }

            var start = _at;
            _at = End(start, out var letters);
            if (letters && IsLink(start))
            {
                continue;
            }

            Position++;
            if (_at - start > MaxLength || (start >= _pathStart && start < _pathEnd && (!letters || _at - start is < MinPathWord or > MaxPathWord)))
            {
                continue;
            }

            Word = _text[start.._at];
            (IsLetters, Continues) = (letters, start < _compoundEnd);
            Compound = Continues || (start >= _pathStart && start < _pathEnd) ? default : FindCompound(start);
            return true;
        }

        return false;
    }

    private bool Pair()
    {
        var start = _at++;
        var continues = start > 0 && IsPaired(_text[start - 1]);
        var pair = _at < _text.Length && IsPaired(_text[_at]);
        if (continues && !pair)
        {
            return false; // The last one stands in the pair before.
        }

        Position++;
        Word = _text.Slice(start, pair ? 2 : 1);
        Compound = default;
        (IsLetters, Continues) = (false, continues);
        return true;
    }

    private ReadOnlySpan<char> FindCompound(int start)
    {
        var (end, parts) = (_at, 1);
        while (end + 1 < _text.Length && Joins(end) && IsWord(_text, end + 1) && !IsPaired(_text[end + 1]))
        {
            end = End(end + 1, out _);
            parts++;
        }

        if (parts == 1)
        {
            return default;
        }

        _compoundEnd = end;
        return parts <= MaxCompound && end - start <= MaxLength ? _text[start..end] : default;
    }

    private readonly bool Joins(int at) => _text[at] switch
    {
        '.' or '-' or '_' or '@' or '+' => true,
        ',' => char.IsAsciiDigit(_text[at - 1]) && char.IsAsciiDigit(_text[at + 1]),
        _ => false,
    };

    /// <summary>Whether the word is the scheme of a link; notes then where its path begins and where it ends.</summary>
    private bool IsLink(int start)
    {
        var scheme = _text[start.._at];
        if (scheme.Length is not (4 or 5) || !_text[_at..].StartsWith("://", StringComparison.Ordinal)
            || !(scheme.Equals("http", StringComparison.OrdinalIgnoreCase) || scheme.Equals("https", StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        _at += 3;
        var length = 0;
        var rest = _text[_at..];
        while (length < rest.Length && !char.IsWhiteSpace(rest[length]) && rest[length] is not ('<' or '>' or '"' or ')' or ']'))
        {
            length++;
        }

        var link = rest[..length];
        var (path, query) = (link.IndexOf('/'), link.IndexOfAny('?', '#'));
        _linkEnd = _at + length;
        _pathEnd = query < 0 ? _linkEnd : _at + query;
        _pathStart = path < 0 ? _pathEnd : Math.Min(_at + path, _pathEnd);
        return true;
    }

    private readonly int End(int at, out bool letters)
    {
        letters = true;
        while (at < _text.Length && IsWord(_text, at) && !IsPaired(_text[at]))
        {
            letters &= _text[at] < 128 ? char.IsAsciiLetter(_text[at]) : !char.IsDigit(_text[at]);
            at++;
        }

        return at;
    }

    private static bool IsWord(ReadOnlySpan<char> text, int at)
    {
        var c = text[at];
        if (c < 128)
        {
            return char.IsAsciiLetterOrDigit(c);
        }

        return IsWord(!char.IsSurrogate(c) ? CharUnicodeInfo.GetUnicodeCategory(c)
            : char.IsHighSurrogate(c) ? Category(text, at) : at > 0 ? Category(text, at - 1) : UnicodeCategory.Surrogate);
    }

    private static UnicodeCategory Category(ReadOnlySpan<char> text, int at) =>
        Rune.DecodeFromUtf16(text[at..], out var rune, out _) == System.Buffers.OperationStatus.Done ? Rune.GetUnicodeCategory(rune) : UnicodeCategory.Surrogate;

    private static bool IsWord(UnicodeCategory category) => category is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Kana, bopomofo and the common Han characters.</summary>
    private static bool IsPaired(char c) => c is >= '\u3041' and <= '\u312F' or >= '\u3400' and <= '\u9FFF' or >= '\uF900' and <= '\uFAFF';
}
