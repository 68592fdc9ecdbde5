namespace Butler.Mail;

/// <summary>Quoted-printable (RFC 2045 section 6.7) and its header form Q (RFC 2047 section 4.2), read leniently.</summary>
internal static class QuotedPrintable
{
    public static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> text)
    {
        var result = new byte[text.Length];
        return result.AsMemory(0, Decode(text, result));
    }

    /// <summary>The decoded size.</summary>
    public static int Size(ReadOnlySpan<byte> text)
    {
        var size = 0;
        foreach (var line in new LineEnumerator(text))
        {
            size += DecodeLine(line, default, write: false);
        }

        return size;
    }

    public static byte[] DecodeWord(ReadOnlySpan<byte> text)
    {
        var result = new byte[text.Length];
        var written = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '=' && i + 2 < text.Length && Hex(text[i + 1]) is var high and >= 0 && Hex(text[i + 2]) is var low and >= 0)
            {
                result[written++] = (byte)((high << 4) | low);
                i += 2;
            }
            else
            {
                result[written++] = text[i] == '_' ? (byte)' ' : text[i];
            }
        }

        return result[..written];
    }

    public static int Hex(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        _ => -1,
    };

    private static int Decode(ReadOnlySpan<byte> text, Span<byte> result)
    {
        var written = 0;
        foreach (var line in new LineEnumerator(text))
        {
            written += DecodeLine(line, result[written..], write: true);
        }

        return written;
    }

    // A line comes with its line break. Trailing white space was added in transport and is not data.
    private static int DecodeLine(ReadOnlySpan<byte> line, Span<byte> result, bool write)
    {
        var lineBreak = line[line.TrimEnd("\r\n"u8).Length..];
        var content = line[..^lineBreak.Length].TrimEnd(" \t"u8);
        if (lineBreak.Length == 0 && line.Length > content.Length)
        {
            // The end of the part: its line break belongs to the delimiter, the rule is the same.
            lineBreak = default;
        }

        var soft = content.Length > 0 && content[^1] == '=';
        if (soft)
        {
            content = content[..^1];
        }

        var written = 0;
        while (content.Length > 0)
        {
            var at = content.IndexOf((byte)'=');
            var plain = at < 0 ? content : content[..at];
            if (write)
            {
                plain.CopyTo(result[written..]);
            }

            written += plain.Length;
            if (at < 0)
            {
                break;
            }

            content = content[at..];
            var decoded = (byte)'=';
            var used = 1;
            if (content.Length >= 3 && Hex(content[1]) is var high and >= 0 && Hex(content[2]) is var low and >= 0)
            {
                decoded = (byte)((high << 4) | low);
                used = 3;
            }

            if (write)
            {
                result[written] = decoded;
            }

            written++;
            content = content[used..];
        }

        if (!soft)
        {
            if (write)
            {
                lineBreak.CopyTo(result[written..]);
            }

            written += lineBreak.Length;
        }

        return written;
    }

    private ref struct LineEnumerator(ReadOnlySpan<byte> text)
    {
        private ReadOnlySpan<byte> rest = text;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly LineEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (rest.IsEmpty)
            {
                return false;
            }

            var end = rest.IndexOf((byte)'\n');
            var length = end < 0 ? rest.Length : end + 1;
            Current = rest[..length];
            rest = rest[length..];
            return true;
        }
    }
}
