using System.Text;

namespace Butler.Sandbox.Mail;

/// <summary>
/// Reads the header block of a message just far enough for search and for the API's header lists. Deliberately not
/// Butler.Mail: a sandbox that shared the reader under test would agree with its faults.
/// </summary>
internal ref struct HeaderScan(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> _message = message;

    /// <summary>Where the next field starts; after the last one, where the body starts.</summary>
    public int Position { get; private set; } = message.StartsWith("From "u8) ? LineEnd(message, 0) : 0;

    /// <summary>Start of the current field.</summary>
    public int FieldStart { get; private set; }

    /// <summary>Name of the current field.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Value of the current field, still folded.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Moves to the next field; lines that are no field are passed over.</summary>
    public bool Next()
    {
        while (Position < _message.Length)
        {
            var start = Position;
            var end = LineEnd(_message, start);
            var line = _message[start..end];
            if (line.TrimEnd("\r\n"u8).IsEmpty)
            {
                Position = end;
                return false;
            }

            while (end < _message.Length && _message[end] is (byte)' ' or (byte)'\t')
            {
                var next = LineEnd(_message, end);
                if (_message[end..next].Trim(" \t\r\n"u8).IsEmpty)
                {
                    break;
                }

                end = next;
            }

            Position = end;
            var field = _message[start..end];
            var colon = field.IndexOf((byte)':');
            if (colon <= 0 || field[..colon].IndexOfAny((byte)'\r', (byte)'\n') >= 0)
            {
                continue;
            }

            FieldStart = start;
            Name = field[..colon].TrimEnd(" \t"u8);
            Value = field[(colon + 1)..].Trim(" \t\r\n"u8);
            return true;
        }

        return false;
    }

    /// <summary>Whether the current field has this name.</summary>
    public readonly bool Is(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(Name, name);

    /// <summary>All fields of a message and where its body starts.</summary>
    public static (List<KeyValuePair<string, string>> Fields, int Body) All(ReadOnlySpan<byte> message)
    {
        var fields = new List<KeyValuePair<string, string>>();
        var scan = new HeaderScan(message);
        while (scan.Next())
        {
            fields.Add(new(Text(scan.Name), Text(scan.Value)));
        }

        return (fields, scan.Position);
    }

    /// <summary>A value unfolded (RFC 5322 section 2.2.3); bytes that are no UTF-8 are read as Latin-1.</summary>
    public static string Text(ReadOnlySpan<byte> value)
    {
        string text;
        try
        {
            text = Strict.GetString(value);
        }
        catch (DecoderFallbackException)
        {
            text = Encoding.Latin1.GetString(value);
        }

        return text.IndexOfAny(['\r', '\n']) < 0 ? text : text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
    }

    internal static int LineEnd(ReadOnlySpan<byte> bytes, int start)
    {
        var lf = bytes[start..].IndexOf((byte)'\n');
        return lf < 0 ? bytes.Length : start + lf + 1;
    }

    private static readonly UTF8Encoding Strict = new(false, true);
}
