using System.Buffers;
using System.Buffers.Text;

namespace Butler.Mail;

/// <summary>Base64 as mail has it (RFC 2045 section 6.8): junk skipped, padding optional, padded runs one after the other.</summary>
internal static class Base64Decoder
{
    private const int Probe = 1024;
    private const int ProbeLines = 5;
    private const int ProseWindow = 100;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private static readonly sbyte[] Values = MakeValues();
    private static readonly SearchValues<byte> NotAlphabet = SearchValues.Create([.. Enumerable.Range(0, 256).Where(b => Values[b] < 0).Select(b => (byte)b)]);

    public static int Value(byte c) => Values[c];

    /// <summary>
    /// Whether the text is base64 at all. Some gateways name it over plain text: words with spaces between them, line
    /// after line, are none, and are shown as they stand.
    /// </summary>
    public static bool LooksEncoded(ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(text.Length, Probe)];
        var (encoded, plain) = (0, 0);
        while (!text.IsEmpty && encoded + plain < ProbeLines)
        {
            var end = text.IndexOfAny((byte)'\r', (byte)'\n');
            var line = (end < 0 ? text : text[..end]).Trim(" \t"u8);
            text = end < 0 ? [] : text[(end + 1)..];
            if (line.Length > 0)
            {
                var isPlain = IsProse(line);
                plain += isPlain ? 1 : 0;
                encoded += isPlain ? 0 : 1;
            }
        }

        return encoded > 0 || plain == 0;
    }

    public static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> text)
    {
        text = text[..End(text)];
        var result = new byte[(text.Length / 4 * 3) + 3];
        return Base64.DecodeFromUtf8(text, result, out _, out var written) == OperationStatus.Done
            ? result.AsMemory(0, written)
            : result.AsMemory(0, DecodeLeniently(text, result));
    }

    /// <summary>The decoded size, without decoding.</summary>
    public static int Size(ReadOnlySpan<byte> text)
    {
        text = text[..End(text)];
        var (size, run) = (0, 0);
        while (!text.IsEmpty)
        {
            var at = text.IndexOfAny(NotAlphabet);
            run += at < 0 ? text.Length : at;
            if (at < 0)
            {
                break;
            }

            if (text[at] == '=')
            {
                // Padding ends a run; what is left of it holds one byte less than characters.
                size += RunSize(run);
                run = 0;
            }

            text = text[(at + 1)..];
        }

        return size + RunSize(run);
    }

    // Padding ends the data where prose follows: the footer of a list, an epilogue. Padded runs one after the other are
    // data. A line that begins with "--" is a delimiter that nothing closed, never data.
    private static int End(ReadOnlySpan<byte> text)
    {
        var dashes = text.IndexOf("\n--"u8);
        text = dashes < 0 ? text : text[..dashes];
        for (var at = text.IndexOf((byte)'='); at >= 0 && at < text.Length;)
        {
            var rest = text[at..];
            var skip = rest.IndexOfAnyExcept("= \t\r\n"u8);
            if (skip < 0)
            {
                break;
            }

            // Only the line's beginning: a body may be one line with padding everywhere.
            var line = rest.Slice(skip, Math.Min(rest.Length - skip, ProseWindow));
            var end = line.IndexOfAny((byte)'\r', (byte)'\n');
            line = (end < 0 ? line : line[..end]).TrimEnd(" \t"u8);
            if (IsProse(line) || line.IndexOfAnyExcept("-_*"u8) < 0)
            {
                return at + skip;
            }

            var next = rest[skip..].IndexOf((byte)'=');
            at = next < 0 ? -1 : at + skip + next;
        }

        return text.Length;
    }

    // Two spaces within a line, between words: no encoder writes that.
    private static bool IsProse(ReadOnlySpan<byte> line)
    {
        var first = line.IndexOf((byte)' ');
        return first > 0 && line[(first + 1)..].TrimStart((byte)' ').Contains((byte)' ');
    }

    private static int RunSize(int chars) => (chars / 4 * 3) + Math.Max(0, (chars % 4) - 1);

    private static int DecodeLeniently(ReadOnlySpan<byte> text, Span<byte> result)
    {
        var written = 0;
        uint bits = 0;
        var count = 0;
        foreach (var c in text)
        {
            var value = Values[c];
            if (value >= 0)
            {
                bits = (bits << 6) | (byte)value;
                if (++count == 4)
                {
                    result[written++] = (byte)(bits >> 16);
                    result[written++] = (byte)(bits >> 8);
                    result[written++] = (byte)bits;
                    (bits, count) = (0, 0);
                }
            }
            else if (c == '=' && count > 0)
            {
                written += Rest(bits, count, result[written..]);
                (bits, count) = (0, 0);
            }
        }

        return written + Rest(bits, count, result[written..]);
    }

    // A lone last character holds no whole byte and is dropped.
    private static int Rest(uint bits, int count, Span<byte> result)
    {
        switch (count)
        {
            case 2:
                result[0] = (byte)(bits >> 4);
                return 1;
            case 3:
                result[0] = (byte)(bits >> 10);
                result[1] = (byte)(bits >> 2);
                return 2;
            default:
                return 0;
        }
    }

    private static sbyte[] MakeValues()
    {
        var values = new sbyte[256];
        values.AsSpan().Fill(-1);
        for (var i = 0; i < Alphabet.Length; i++)
        {
            values[Alphabet[i]] = (sbyte)i;
        }

        return values;
    }
}
