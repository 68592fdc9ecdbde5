using System.Text;

namespace Butler.Mail;

/// <summary>
/// Encoded words (RFC 2047 with the language tag of RFC 2231), read leniently: glued to text, with spaces inside,
/// split in the middle of a character. Adjacent words of one charset and encoding are joined before decoding.
/// </summary>
internal static class EncodedWords
{
    private const int MaxCharsetName = 64;

    public static string Decode(string text)
    {
        var at = text.IndexOf("=?", StringComparison.Ordinal);
        if (at < 0)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        var pending = new StringBuilder();
        var (charset, encoding) = ("", '\0');
        var done = 0;
        while (at >= 0)
        {
            if (!TryRead(text, at, out var word))
            {
                // A word without end means that no later one can end either: stop, so the scan stays linear.
                if (word.End < 0)
                {
                    break;
                }

                at = text.IndexOf("=?", at + 2, StringComparison.Ordinal);
                continue;
            }

            var between = text.AsSpan(done, at - done);
            var adjacent = pending.Length > 0 && between.IsWhiteSpace();
            if (!adjacent || encoding != word.Encoding || !charset.Equals(word.Charset, StringComparison.OrdinalIgnoreCase))
            {
                Flush(result, pending, charset, encoding);
                result.Append(adjacent ? [] : between);
                (charset, encoding) = (word.Charset, word.Encoding);
            }

            pending.Append(text, word.TextStart, word.TextEnd - word.TextStart);
            done = word.End;
            at = text.IndexOf("=?", done, StringComparison.Ordinal);
        }

        Flush(result, pending, charset, encoding);
        return result.Append(text, done, text.Length - done).ToString();
    }

    private static bool TryRead(string text, int start, out Word word)
    {
        word = default;
        var limit = Math.Min(text.Length, start + 2 + MaxCharsetName);
        var q1 = text.IndexOf('?', start + 2, limit - start - 2);
        if (q1 < 0 || q1 + 2 >= text.Length || text[q1 + 2] != '?')
        {
            return false;
        }

        var encoding = char.ToUpperInvariant(text[q1 + 1]);
        if (encoding is not ('B' or 'Q'))
        {
            return false;
        }

        var end = text.IndexOf("?=", q1 + 3, StringComparison.Ordinal);
        if (end < 0)
        {
            word = new Word("", encoding, 0, 0, -1);
            return false;
        }

        var name = text.AsSpan(start + 2, q1 - start - 2);
        var star = name.IndexOf('*');
        word = new Word((star < 0 ? name : name[..star]).Trim().ToString(), encoding, q1 + 3, end, end + 2);
        return true;
    }

    private static void Flush(StringBuilder result, StringBuilder pending, string charset, char encoding)
    {
        if (pending.Length == 0)
        {
            return;
        }

        var encoded = Encoding.UTF8.GetBytes(pending.ToString());
        pending.Clear();
        result.Append(Charsets.Decode(encoding == 'B' ? Base64Decoder.Decode(encoded).Span : QuotedPrintable.DecodeWord(encoded), charset));
    }

    private readonly record struct Word(string Charset, char Encoding, int TextStart, int TextEnd, int End);
}
