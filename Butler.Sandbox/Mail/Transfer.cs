namespace Butler.Sandbox.Mail;

/// <summary>Lenient transfer decodings: what is no code is passed over, a cut end keeps what was whole.</summary>
internal static class Transfer
{
    /// <summary>RFC 2045 section 6.8.</summary>
    public static byte[] Base64(ReadOnlySpan<byte> text)
    {
        var result = new byte[text.Length / 4 * 3 + 3];
        int bits = 0, held = 0, length = 0;
        foreach (var c in text)
        {
            var v = c switch
            {
                >= (byte)'A' and <= (byte)'Z' => c - 'A',
                >= (byte)'a' and <= (byte)'z' => c - 'a' + 26,
                >= (byte)'0' and <= (byte)'9' => c - '0' + 52,
                (byte)'+' or (byte)'-' => 62,
                (byte)'/' or (byte)'_' => 63,
                _ => -1,
            };
            if (v < 0)
            {
                continue;
            }

            bits = (bits << 6) | v;
            held += 6;
            if (held >= 8)
            {
                held -= 8;
                result[length++] = (byte)(bits >> held);
            }
        }

        return result[..length];
    }

    /// <summary>RFC 2045 section 6.7.</summary>
    public static byte[] QuotedPrintable(ReadOnlySpan<byte> text)
    {
        var result = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '=')
            {
                result[length++] = text[i];
            }
            else if (i + 2 < text.Length && char.IsAsciiHexDigit((char)text[i + 1]) && char.IsAsciiHexDigit((char)text[i + 2]))
            {
                result[length++] = (byte)((Hex(text[i + 1]) << 4) | Hex(text[i + 2]));
                i += 2;
            }
            else if (HeaderScan.LineEnd(text, i) is var end && text[(i + 1)..end].Trim(" \t\r\n"u8).IsEmpty)
            {
                i = end - 1;
            }
            else
            {
                result[length++] = text[i];
            }
        }

        return result[..length];
    }

    private static int Hex(byte c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}
