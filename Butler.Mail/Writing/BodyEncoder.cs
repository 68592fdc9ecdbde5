using System.Text;

namespace Butler.Mail;

/// <summary>Encodes a text body: 7bit where it may be, else quoted-printable, or base64 where that is shorter.</summary>
internal static class BodyEncoder
{
    private const int MaxLine = 76;
    private const int MaxPlainLine = 76;

    public static (string Encoding, byte[] Bytes) Encode(string text)
    {
        var lines = CleanText.Lines(text).TrimEnd('\n').Split('\n');
        if (Array.TrueForAll(lines, IsPlain))
        {
            return ("7bit", Encoding.ASCII.GetBytes(string.Join("\r\n", lines) + "\r\n"));
        }

        var utf8 = Encoding.UTF8.GetBytes(string.Join("\r\n", lines) + "\r\n");
        var special = 0;
        foreach (var b in utf8)
        {
            special += b is > 126 or (byte)'=' ? 1 : 0;
        }

        return special > utf8.Length / 6
            ? ("base64", Encoding.ASCII.GetBytes(Wrap(Convert.ToBase64String(utf8))))
            : ("quoted-printable", QuotedPrintableLines(lines));
    }

    // "From " at a line's start is changed by old mailboxes, "." by careless SMTP, trailing space by gateways.
    private static bool IsPlain(string line) =>
        line.Length <= MaxPlainLine && Ascii.IsValid(line) && !line.StartsWith("From ", StringComparison.Ordinal) && !line.StartsWith('.') && (line.Length == 0 || line[^1] is not (' ' or '\t'));

    private static string Wrap(string base64)
    {
        var result = new StringBuilder(base64.Length + (base64.Length / MaxLine * 2) + 2);
        for (var i = 0; i < base64.Length; i += MaxLine)
        {
            result.Append(base64, i, Math.Min(MaxLine, base64.Length - i)).Append("\r\n");
        }

        return result.ToString();
    }

    private static byte[] QuotedPrintableLines(string[] lines)
    {
        var result = new StringBuilder();
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var line in lines)
        {
            var length = 0;
            var position = 0;
            foreach (var rune in line.EnumerateRunes())
            {
                var bytes = utf8[..rune.EncodeToUtf8(utf8)];
                var last = (position += rune.Utf16SequenceLength) == line.Length;
                var plain = rune.Value is >= ' ' and <= '~' and not '=' || rune.Value == '\t';
                plain &= !(last && rune.Value is ' ' or '\t') && !(length == 0 && (rune.Value == '.' || (rune.Value == 'F' && line.StartsWith("From ", StringComparison.Ordinal))));
                var cost = plain ? 1 : bytes.Length * 3;
                // A character is never split over a soft line break.
                if (length + cost > MaxLine - 1)
                {
                    result.Append("=\r\n");
                    length = 0;
                }

                length += cost;
                if (plain)
                {
                    result.Append((char)rune.Value);
                    continue;
                }

                foreach (var b in bytes)
                {
                    result.Append('=').Append(b.ToString("X2"));
                }
            }

            result.Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(result.ToString());
    }
}
