using System.Text;

namespace Butler.Mailboxes.Imap.Wire;

/// <summary>Folder names of servers that do not speak UTF-8 (RFC 3501 section 5.1.3).</summary>
internal static class ModifiedUtf7
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

    public static string Encode(string name)
    {
        var result = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length;)
        {
            var c = name[i];
            if (c is >= ' ' and <= '~')
            {
                result.Append(c == '&' ? "&-" : c.ToString());
                i++;
                continue;
            }

            var bits = 0;
            var pending = 0;
            result.Append('&');
            for (; i < name.Length && name[i] is < ' ' or > '~'; i++)
            {
                pending = (pending << 16) | name[i];
                bits += 16;
                while (bits >= 6)
                {
                    bits -= 6;
                    result.Append(Alphabet[(pending >> bits) & 63]);
                }

                pending &= (1 << bits) - 1;
            }

            if (bits > 0)
            {
                result.Append(Alphabet[(pending << (6 - bits)) & 63]);
            }

            result.Append('-');
        }

        return result.ToString();
    }

    /// <summary>Null for what is not modified UTF-7: 8-bit or broken base64.</summary>
    public static string? Decode(string wire)
    {
        if (!wire.Contains('&', StringComparison.Ordinal))
        {
            return Ascii.IsValid(wire) ? wire : null;
        }

        var result = new StringBuilder(wire.Length);
        for (var i = 0; i < wire.Length; i++)
        {
            if (wire[i] > '~')
            {
                return null;
            }

            if (wire[i] != '&')
            {
                result.Append(wire[i]);
                continue;
            }

            var end = wire.IndexOf('-', i);
            if (end < 0)
            {
                return null;
            }

            if (end == i + 1)
            {
                result.Append('&');
                i = end;
                continue;
            }

            var bits = 0;
            var pending = 0;
            for (i++; i < end; i++)
            {
                var value = Alphabet.IndexOf(wire[i], StringComparison.Ordinal);
                if (value < 0)
                {
                    return null;
                }

                pending = (pending << 6) | value;
                bits += 6;
                if (bits >= 16)
                {
                    bits -= 16;
                    result.Append((char)((pending >> bits) & 0xffff));
                    pending &= (1 << bits) - 1;
                }
            }
        }

        return result.ToString();
    }
}
