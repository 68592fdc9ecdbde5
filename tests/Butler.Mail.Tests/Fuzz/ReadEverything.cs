namespace Butler.Mail.Tests.Fuzz;

/// <summary>
/// Reads all that a message offers and checks what always holds. Like <see cref="Touch"/>, but without assertion
/// objects, so that their memory is not taken for the reader's, and without the text rules, which have fuzz tests of their own.
/// </summary>
internal static class ReadEverything
{
    /// <summary>Returns characters and bytes read.</summary>
    public static long Of(MimeMessage message)
    {
        long total = Line(message.Subject) + (message.MessageId?.Length ?? 0) + (message.Date?.Day ?? 0);
        foreach (var list in (ReadOnlySpan<IReadOnlyList<MailAddress>>)[message.FromAll, message.Sender, message.ReplyTo, message.To, message.Cc, message.Bcc])
        {
            Hold(list.Count <= MimeLimits.Default.Addresses, "addresses");
            for (var i = 0; i < list.Count; i++)
            {
                Hold(!string.IsNullOrEmpty(list[i].Address), "an empty address");
                total += list[i].Address.Length + Line(list[i].Name ?? "");
            }
        }

        Hold(message.MessageId is not "", "an empty id");
        total += message.InReplyTo.Count + message.References.Count + message.Defects.Count;
        foreach (var attachment in message.Attachments)
        {
            Hold(attachment.Size >= 0 && !(attachment.FileName ?? "").Contains('/'), "attachment");
            total += attachment.Size;
        }

        var parts = 0;
        total += Part(message.Body, 0, ref parts);
        Hold(parts <= 2 * MimeLimits.Default.Parts, "parts");
        return total;
    }

    private static long Part(MimePart part, int depth, ref int parts)
    {
        parts++;
        Hold(depth <= MimeLimits.Default.Depth, "depth");
        Hold(part.RawBody.Length <= part.Raw.Length, "ranges");
        var headers = part.Headers;
        long total = (part.FileName?.Length ?? 0) + (part.ContentId?.Length ?? 0) + (part.Disposition?.Length ?? 0) + (int)part.Kind;
        for (var i = 0; i < headers.Count; i++)
        {
            Hold(headers.Contains(headers.GetName(i)), "a field is found by its name");
            total += Line(headers.GetAt(i)) + headers.GetRawAt(i).Length;
        }

        if (part.Parts.Count == 0)
        {
            var size = part.GetDecodedSize();
            var body = part.DecodeBody().Length;
            Hold(body == size, "decoded size");
            total += body + (part.Message is null ? part.DecodeText().Length : 0);
        }

        var before = part.BodyStart;
        foreach (var child in part.Parts)
        {
            Hold(child.Start >= before && child.End >= child.BodyStart && child.End <= part.End, "children's ranges");
            before = child.End;
            total += Part(child, depth + 1, ref parts);
        }

        return part.Message is { } inner ? total + Part(inner.Body, depth + 1, ref parts) : total;
    }

    private static int Line(string text)
    {
        Hold(text.AsSpan().IndexOfAny('\n', '\r', '\0') < 0, "a line break in one line of text");
        return text.Length;
    }

    private static void Hold(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException("does not hold: " + what);
        }
    }
}
