using System.Globalization;
using System.Text;

namespace Butler.Intelligence;

/// <summary>One form of text for comparing words: lower case, composed, every white space one blank, typographic apostrophes and hyphens as typed ones.</summary>
internal static class TagText
{
    public static string Fold(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (var c in Composed(text))
        {
            if (char.IsWhiteSpace(c))
            {
                if (builder.Length > 0 && builder[^1] != ' ')
                {
                    builder.Append(' ');
                }

                continue;
            }

            switch (c)
            {
                case '’' or '‘' or 'ʼ': builder.Append('\''); break;
                case '‐' or '‑': builder.Append('-'); break;
                case '\u00AD' or '\u200B' or '\uFEFF': break; // Invisible: senders break words with them.
                default: builder.Append(char.ToLowerInvariant(c)); break;
            }
        }

        return builder.ToString();
    }

    /// <summary>Whether a phrase stands in folded text as words, not within longer ones; scripts without blanks have no such bounds.</summary>
    public static bool Holds(ReadOnlySpan<char> text, string phrase)
    {
        for (var start = 0; start <= text.Length - phrase.Length;)
        {
            var at = text[start..].IndexOf(phrase, StringComparison.Ordinal);
            if (at < 0)
            {
                return false;
            }

            at += start;
            if (IsWhole(text, at, phrase.Length))
            {
                return true;
            }

            start = at + 1;
        }

        return false;
    }

    /// <summary>Whether what stands there begins and ends where words do.</summary>
    public static bool IsWhole(ReadOnlySpan<char> text, int at, int length) =>
        (at == 0 || !Joined(text[at - 1], text[at])) && (at + length == text.Length || !Joined(text[at + length - 1], text[at + length]));

    private static bool Joined(char a, char b) => IsOfWord(a) && IsOfWord(b);

    // Chinese, Japanese, Thai, Lao, Khmer and Burmese are written without blanks.
    private static bool IsOfWord(char c) => char.IsLetterOrDigit(c) && c is not ((>= '\u0E00' and <= '\u0EFF') or (>= '\u1000' and <= '\u109F') or (>= '\u1780' and <= '\u17FF')
        or (>= '\u3040' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF') or (>= '\uF900' and <= '\uFAFF')) && CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.Surrogate;

    private static string Composed(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        try
        {
            return text.Normalize(NormalizationForm.FormC);
        }
        catch (ArgumentException)
        {
            return text; // Half a surrogate pair: it is compared as it is.
        }
    }
}
