using System.Buffers;
using System.Text;

namespace Butler.Mail;

/// <summary>Removes what must not travel on: control characters, direction overrides, lone surrogates.</summary>
internal static class CleanText
{
    private const string Bidi = "\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069";
    private static readonly string C1 = new([.. Enumerable.Range(0x7F, 0x21).Select(c => (char)c)]);
    private static readonly string C0 = new([.. Enumerable.Range(0, 0x20).Select(c => (char)c)]);
    private static readonly string Surrogates = new([.. Enumerable.Range(0xD800, 0x800).Select(c => (char)c)]);
    private static readonly SearchValues<char> BadInLine = SearchValues.Create(C0 + C1 + Bidi + Surrogates + "\uFEFF\u2028\u2029");
    private static readonly SearchValues<char> BadInText = SearchValues.Create(C0.Replace("\n", "").Replace("\t", "") + C1 + Bidi + Surrogates + "\uFEFF\u2028\u2029");

    /// <summary>One line: tabs and line breaks become a space, other controls vanish.</summary>
    public static string OneLine(string text) => Clean(text, BadInLine, lines: false).Trim();

    /// <summary>Lines end in \n; other controls vanish.</summary>
    public static string Lines(string text) => Clean(text, BadInText, lines: true);

    private static string Clean(string text, SearchValues<char> bad, bool lines)
    {
        var at = text.AsSpan().IndexOfAny(bad);
        if (at < 0)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        var done = 0;
        while (at >= 0)
        {
            at += done;
            result.Append(text, done, at - done);
            var c = text[at];
            done = at + 1;
            if (char.IsHighSurrogate(c) && done < text.Length && char.IsLowSurrogate(text[done]))
            {
                result.Append(c).Append(text[done++]);
            }
            else if (char.IsSurrogate(c))
            {
                result.Append('\uFFFD');
            }
            else if (lines && c is '\r' or '\u2028' or '\u2029' or '\u0085')
            {
                // CRLF is one line end, a bare CR is one too.
                if (lines && !(c == '\r' && done < text.Length && text[done] == '\n'))
                {
                    result.Append('\n');
                }
                else if (!lines)
                {
                    result.Append(' ');
                }
            }
            else if (!lines && c is '\t' or '\n' or '\r')
            {
                result.Append(' ');
            }

            at = text.AsSpan(done).IndexOfAny(bad);
        }

        return result.Append(text, done, text.Length - done).ToString();
    }
}
