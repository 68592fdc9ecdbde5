using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Butler.Mail;

/// <summary>From the raw bytes of a field to text.</summary>
internal static class HeaderText
{
    // Everything that keeps a value off the fast path: controls, 8-bit bytes and '=' (encoded words).
    private static readonly SearchValues<byte> Plain = SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Where(b => b != '=').Select(b => (byte)b)]);

    /// <summary>Unfolds and decodes, with encoded words (RFC 2047) and without control characters.</summary>
    public static string Decode(ReadOnlySpan<byte> value, MimeDocument? document = null)
    {
        value = Trim(value);
        return value.IndexOfAnyExcept(Plain) < 0
            ? Encoding.ASCII.GetString(value)
            : CleanText.OneLine(EncodedWords.Decode(Unfold(value, document)));
    }

    /// <summary>
    /// Unfolds: a line break before white space is dropped (RFC 5322 section 2.2.3), one before anything else (a line
    /// that is no field, RFC 7103 section 7.2) becomes a space. 8-bit bytes are UTF-8 (RFC 6532), else what the
    /// message's own charset or the bytes themselves say.
    /// </summary>
    public static string Unfold(ReadOnlySpan<byte> value, MimeDocument? document = null)
    {
        value = Trim(value);
        if (value.IndexOfAny((byte)'\r', (byte)'\n') < 0)
        {
            return DecodeBytes(value, document);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(value.Length);
        var length = 0;
        for (var i = 0; i < value.Length;)
        {
            var rest = value[i..];
            var lineEnd = rest.IndexOfAny((byte)'\r', (byte)'\n');
            var line = lineEnd < 0 ? rest : rest[..lineEnd];
            line.CopyTo(buffer.AsSpan(length));
            length += line.Length;
            i += line.Length;
            if (lineEnd < 0)
            {
                break;
            }

            while (i < value.Length && value[i] is (byte)'\r' or (byte)'\n')
            {
                i++;
            }

            if (i < value.Length && value[i] is not ((byte)' ' or (byte)'\t'))
            {
                buffer[length++] = (byte)' ';
            }
        }

        var text = DecodeBytes(buffer.AsSpan(0, length), document);
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }

    private static string DecodeBytes(ReadOnlySpan<byte> bytes, MimeDocument? document) =>
        Ascii.IsValid(bytes) ? Encoding.ASCII.GetString(bytes)
        : Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes)
        : Charsets.DecodeUnknown(bytes, document?.Root?.ContentType.Charset);

    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value) => value.Trim(" \t\r\n"u8);
}
