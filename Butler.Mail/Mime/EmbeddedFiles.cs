namespace Butler.Mail;

/// <summary>
/// Files that stand within a plain text, as programs before MIME sent them: uuencoded between "begin" and "end", or yEnc
/// between "=ybegin" and "=yend". Mail programs show them as attachments, and the text without them.
/// </summary>
internal static class EmbeddedFiles
{
    private const int MaxNameLine = 300;

    public static IReadOnlyList<MimePart> Find(MimePart part)
    {
        var body = part.RawBody.Span;
        if (part.TransferEncoding != TransferEncoding.Identity || (body.IndexOf("begin "u8) < 0))
        {
            return [];
        }

        List<MimePart>? found = null;
        for (var at = 0; at < body.Length && (found?.Count ?? 0) < part.Limits.Parts;)
        {
            var next = body[at..].IndexOf("begin "u8);
            if (next < 0)
            {
                break;
            }

            at += next;
            var isYenc = at >= 2 && body[(at - 2)..at].SequenceEqual("=y"u8);
            var start = isYenc ? at - 2 : at;
            if ((start > 0 && body[start - 1] is not ((byte)'\n' or (byte)'\r')) || !TryEnd(body, start, isYenc, out var end))
            {
                at += 6;
                continue;
            }

            if (end < 0)
            {
                // No end line follows, so none follows for a later begin either; a text that says "begin" stays text.
                break;
            }

            var block = body[start..end];
            var name = isYenc ? Yenc.Name(block) : Uuencode.Name(block);
            (found ??= []).Add(MimePart.Embedded(part, part.BodyStart + start, part.BodyStart + end, isYenc ? TransferEncoding.Yenc : TransferEncoding.Uuencode, name));
            at = end;
        }

        return found ?? (IReadOnlyList<MimePart>)[];
    }

    // The first line must be right, and the second one too for uuencode, before the rest is looked at.
    private static bool TryEnd(ReadOnlySpan<byte> body, int start, bool isYenc, out int end)
    {
        end = -1;
        var line = HeaderLines.Length(body, start);
        var second = HeaderLines.AfterBreak(body, start + line);
        if (line > MaxNameLine || second >= body.Length || (!isYenc && !IsUuencode(body.Slice(start, line), body.Slice(second, HeaderLines.Length(body, second)))))
        {
            return false;
        }

        var marker = isYenc ? "=yend"u8 : "end"u8;
        for (var from = second; from < body.Length;)
        {
            var at = body[from..].IndexOf(marker);
            if (at < 0)
            {
                return true;
            }

            at += from;
            from = at + marker.Length;
            var length = HeaderLines.Length(body, at);
            if (body[at - 1] is (byte)'\n' or (byte)'\r' && (isYenc || body.Slice(at, length).TrimEnd(" \t"u8).Length == marker.Length))
            {
                end = HeaderLines.AfterBreak(body, at + length);
                return true;
            }
        }

        return true;
    }

    // "begin 644 name", then a line as long as its first character says.
    private static bool IsUuencode(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var mode = first[6..];
        var digits = mode.IndexOfAnyExceptInRange((byte)'0', (byte)'7');
        if (digits is not (3 or 4) || mode[digits] != ' ' || mode.Length < digits + 2 || second.IsEmpty || second[0] is < 32 or > 96)
        {
            return false;
        }

        var length = (second[0] - 32) & 63;
        var encoded = (length + 2) / 3 * 4;
        var given = second.Length - 1;
        return given >= Math.Min(encoded, (length * 4 + 2) / 3) - 2 && given <= encoded + 2;
    }
}
