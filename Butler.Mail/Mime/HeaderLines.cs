using System.Buffers;

namespace Butler.Mail;

/// <summary>The lines of header sections: where they end and whether one begins a field. Works on spans, allocates nothing.</summary>
internal static class HeaderLines
{
    private static readonly SearchValues<byte> NameChars = SearchValues.Create([.. Enumerable.Range(33, 94).Where(c => c != ':').Select(c => (byte)c)]);

    /// <summary>The length of the line that begins at <paramref name="position"/>, its line break not counted.</summary>
    public static int Length(ReadOnlySpan<byte> raw, int position)
    {
        var rest = raw[position..];
        var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
        return end < 0 ? rest.Length : end;
    }

    /// <summary>The position after a line break: CRLF, LF, a bare CR (RFC 7103 section 7.1) and the CR CR LF of broken gateways are one.</summary>
    public static int AfterBreak(ReadOnlySpan<byte> raw, int position)
    {
        if (position >= raw.Length)
        {
            return raw.Length;
        }

        if (raw[position] != '\r')
        {
            return position + 1;
        }

        var rest = raw[(position + 1)..];
        return rest.StartsWith("\n"u8) ? position + 2 : rest.StartsWith("\r\n"u8) ? position + 3 : position + 1;
    }

    /// <summary>Whether a line begins a field: a name of ASCII 33 to 126, white space (obsolete), a colon.</summary>
    /// <param name="line">The line.</param>
    /// <param name="name">The name's length.</param>
    /// <param name="colon">Where the colon stands.</param>
    public static bool IsField(ReadOnlySpan<byte> line, out int name, out int colon)
    {
        name = colon = line.IndexOfAnyExcept(NameChars);
        if (colon <= 0)
        {
            return false;
        }

        while (colon < line.Length && line[colon] is (byte)' ' or (byte)'\t')
        {
            colon++;
        }

        return colon < line.Length && line[colon] == ':';
    }

    /// <summary>Where the value that begins at <paramref name="position"/> ends, folding included, the last line break not.</summary>
    public static int ValueEnd(ReadOnlySpan<byte> raw, int position, int sectionEnd)
    {
        raw = raw[..sectionEnd];
        var end = position + Length(raw, position);
        for (var next = AfterBreak(raw, end); next < sectionEnd;)
        {
            var line = raw.Slice(next, Length(raw, next));
            if (line.IsEmpty || IsField(line, out _, out _))
            {
                break;
            }

            end = next + line.Length;
            next = AfterBreak(raw, end);
        }

        return end;
    }

    /// <summary>Where the first header field begins: a byte order mark or empty lines before it are not the body.</summary>
    public static int First(ReadOnlySpan<byte> raw)
    {
        var start = raw.StartsWith("\uFEFF"u8) ? 3 : 0;
        var at = start;
        while (at < raw.Length && raw[at] is (byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t' or 0)
        {
            at++;
        }

        return at > start && at < raw.Length && IsField(raw.Slice(at, Length(raw, at)), out _, out _) ? at : start;
    }
}
