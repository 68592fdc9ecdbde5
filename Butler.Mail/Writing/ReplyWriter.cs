using System.Text;

namespace Butler.Mail;

/// <summary>
/// Writes replies as RFC 5322 messages: CRLF, lines of at most 78 characters where words allow it, ASCII only,
/// text/plain in UTF-8. No value can add a field or a line: control characters are removed from all of them.
/// </summary>
public static class ReplyWriter
{
    private const int MaxMessageId = 900;
    private const int MaxReferences = 100;

    /// <summary>Writes the message.</summary>
    /// <exception cref="ArgumentException">An extra field's name is no token or one that this writer writes itself, or an address is empty or holds white space.</exception>
    public static byte[] Write(ReplyDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var head = new StringBuilder(1024);
        HeaderWriter.Addresses(head, "From", [draft.From]);
        HeaderWriter.Addresses(head, "To", draft.To);
        HeaderWriter.Addresses(head, "Cc", draft.Cc);
        HeaderWriter.Unstructured(head, "Subject", ReplySubject(draft.Subject));
        HeaderWriter.Words(head, "Date", [HeaderWriter.Date(draft.Date)]);
        HeaderWriter.Words(head, "Message-ID", [Id(draft.MessageId) ?? throw new ArgumentException("The message id is empty or too long.", nameof(draft))]);
        WriteThreading(head, draft);
        foreach (var (name, value) in draft.ExtraHeaders)
        {
            if (!HeaderWriter.IsName(name) || HeaderWriter.IsOwn(name))
            {
                throw new ArgumentException("An extra header's name is not allowed.", nameof(draft));
            }

            HeaderWriter.Unstructured(head, name, value);
        }

        head.Append("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
        var (encoding, body) = BodyEncoder.Encode(draft.Text);
        head.Append("Content-Transfer-Encoding: ").Append(encoding).Append("\r\n\r\n");
        var length = Encoding.ASCII.GetByteCount(head.ToString());
        var message = new byte[length + body.Length];
        Encoding.ASCII.GetBytes(head.ToString(), message);
        body.CopyTo(message.AsSpan(length));
        return message;
    }

    /// <summary>The subject with one "Re: " before it; localised and repeated reply prefixes are taken off.</summary>
    public static string ReplySubject(string subject) => "Re: " + SubjectPrefix.StripReplies(CleanText.OneLine(subject));

    private static void WriteThreading(StringBuilder head, ReplyDraft draft)
    {
        if (draft.InReplyTo is null || Id(draft.InReplyTo) is not { } parent)
        {
            return;
        }

        HeaderWriter.Words(head, "In-Reply-To", [parent]);
        List<string> references = [.. draft.References.Select(Id).OfType<string>().Where(r => r != parent).Distinct(StringComparer.Ordinal)];
        if (references.Count > MaxReferences)
        {
            // The first id names the thread, the last ones the way to it.
            references.RemoveRange(1, references.Count - MaxReferences);
        }

        HeaderWriter.Words(head, "References", [.. references, parent]);
    }

    // An id that could not be written back as it was would not match: it is left out. 998 octets are a line's limit.
    private static string? Id(string id)
    {
        id = id.Trim('<', '>', ' ');
        return id.Length is 0 or > MaxMessageId || id.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0 || id.AsSpan().IndexOfAny('<', '>') >= 0 ? null : $"<{id}>";
    }
}
