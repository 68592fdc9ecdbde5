using System.Buffers;
using System.Globalization;
using System.Text;

namespace Grpc.Core.Internal;

/// <summary>The headers grpc-status and grpc-message (PROTOCOL-HTTP2.md, Status and Status-Message).</summary>
internal static class StatusText
{
    public const string StatusHeader = "grpc-status";
    public const string MessageHeader = "grpc-message";

    // Percent-Byte-Unencoded: 1*( %x20-%x24 / %x26-%x7E ); all else is percent-encoded UTF-8.
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        new string([.. Enumerable.Range(0x20, 0x5F).Select(i => (char)i).Where(c => c != '%')]));

    public static string Encode(string message)
    {
        if (message.AsSpan().IndexOfAnyExcept(Plain) < 0)
        {
            return message;
        }

        var text = new StringBuilder(message.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(message))
        {
            if (Plain.Contains((char)b))
            {
                text.Append((char)b);
            }
            else
            {
                text.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }

    /// <summary>Decodes a message; invalid escapes stay as they are, as the protocol asks.</summary>
    public static string Decode(string value)
    {
        if (!value.Contains('%'))
        {
            return value;
        }

        var bytes = new List<byte>(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '%' && i + 2 < value.Length
                && byte.TryParse(value.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
            {
                bytes.Add(b);
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(value[i].ToString()));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
