namespace Butler.Mail;

/// <summary>yEnc, the body form of newsgroups: "=ybegin ...", bytes plus 42 with "=" as escape, "=yend".</summary>
internal static class Yenc
{
    public static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> text)
    {
        var result = new byte[text.Length];
        var written = 0;
        var begun = false;
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = (end < 0 ? text : text[..end]).TrimEnd("\r\n"u8);
            text = end < 0 ? [] : text[(end + 1)..];
            if (line.StartsWith("=y"u8))
            {
                if (line.StartsWith("=yend"u8))
                {
                    break;
                }

                begun |= line.StartsWith("=ybegin "u8);
                continue;
            }

            if (!begun)
            {
                continue;
            }

            for (var i = 0; i < line.Length; i++)
            {
                var escaped = line[i] == '=' && i + 1 < line.Length;
                i += escaped ? 1 : 0;
                result[written++] = (byte)(line[i] - (escaped ? 106 : 42));
            }
        }

        return result.AsMemory(0, written);
    }

    /// <summary>The file name that the first line gives, or null.</summary>
    public static string? Name(ReadOnlySpan<byte> block)
    {
        var line = block[..Math.Max(0, block.IndexOfAny((byte)'\r', (byte)'\n'))];
        var at = line.IndexOf(" name="u8);
        return at < 0 ? null : Charsets.DecodeUnknown(line[(at + 6)..]);
    }
}
