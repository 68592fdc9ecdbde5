namespace Butler.Mail;

/// <summary>Uuencode, the body form of old mail: "begin mode name", lines with a length character, "end".</summary>
internal static class Uuencode
{
    public static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> text)
    {
        var result = new byte[(text.Length / 4 * 3) + 3];
        var written = 0;
        var begun = false;
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = (end < 0 ? text : text[..end]).TrimEnd("\r\n "u8);
            text = end < 0 ? [] : text[(end + 1)..];
            if (!begun)
            {
                begun = line.StartsWith("begin "u8);
                continue;
            }

            if (line.SequenceEqual("end"u8))
            {
                break;
            }

            if (line.IsEmpty)
            {
                continue;
            }

            var length = (line[0] - 32) & 63;
            line = line[1..];
            for (var i = 0; length > 0 && i < line.Length; i += 4)
            {
                var bits = (At(line, i) << 18) | (At(line, i + 1) << 12) | (At(line, i + 2) << 6) | At(line, i + 3);
                for (var shift = 16; shift >= 0 && length > 0; shift -= 8, length--)
                {
                    if (written < result.Length)
                    {
                        result[written++] = (byte)(bits >> shift);
                    }
                }
            }
        }

        return result.AsMemory(0, written);
    }

    /// <summary>The file name that the first line gives ("begin 644 name"), or null.</summary>
    public static string? Name(ReadOnlySpan<byte> block)
    {
        var line = block[..HeaderLines.Length(block, 0)];
        var at = line.Length > 6 ? line[6..].IndexOf((byte)' ') : -1;
        return at < 0 ? null : Charsets.DecodeUnknown(line[(at + 7)..]);
    }

    private static int At(ReadOnlySpan<byte> line, int index) => index < line.Length ? (line[index] - 32) & 63 : 0;
}
