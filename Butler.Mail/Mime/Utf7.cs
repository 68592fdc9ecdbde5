using System.Text;

namespace Butler.Mail;

/// <summary>UTF-7 (RFC 2152). The framework's own decoder is obsolete and off by default.</summary>
internal static class Utf7
{
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var result = new StringBuilder(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != '+')
            {
                result.Append((char)bytes[i]);
                continue;
            }

            if (i + 1 < bytes.Length && bytes[i + 1] == '-')
            {
                result.Append('+');
                i++;
                continue;
            }

            uint bits = 0;
            var count = 0;
            while (i + 1 < bytes.Length && Base64Decoder.Value(bytes[i + 1]) is var v and >= 0)
            {
                bits = (bits << 6) | (uint)v;
                count += 6;
                i++;
                if (count >= 16)
                {
                    count -= 16;
                    result.Append((char)(ushort)(bits >> count));
                }
            }

            if (i + 1 < bytes.Length && bytes[i + 1] == '-')
            {
                i++;
            }
        }

        return result.ToString();
    }
}
