namespace Butler.Mail;

/// <summary>What a reply is written from.</summary>
public sealed record ReplyDraft
{
    /// <summary>The author.</summary>
    public required MailAddress From { get; init; }

    /// <summary>The recipients.</summary>
    public required IReadOnlyList<MailAddress> To { get; init; }

    /// <summary>Further recipients.</summary>
    public IReadOnlyList<MailAddress> Cc { get; init; } = [];

    /// <summary>The subject of the mail that is answered, or of the reply; "Re:" is put before it once.</summary>
    public required string Subject { get; init; }

    /// <summary>The reply's text; any line ends.</summary>
    public required string Text { get; init; }

    /// <summary>The new message's id, without angle brackets.</summary>
    public required string MessageId { get; init; }

    /// <summary>The new message's date.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>The id of the message that is answered, without angle brackets; null writes no threading fields.</summary>
    public string? InReplyTo { get; init; }

    /// <summary>The parent's References, or else its single In-Reply-To; its own id is added (RFC 5322 section 3.6.4).</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>Further fields; names are tokens, values lose control characters.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ExtraHeaders { get; init; } = [];

    /// <summary>A draft that answers a message: recipients from Reply-To, else From, and the threading fields.</summary>
    public static ReplyDraft Answering(MimeMessage parent, MailAddress from, string text, string messageId, DateTimeOffset date)
    {
        ArgumentNullException.ThrowIfNull(parent);
        var references = parent.References;
        if (references.Count == 0 && parent.InReplyTo.Count == 1)
        {
            references = parent.InReplyTo;
        }

        return new ReplyDraft
        {
            From = from,
            To = parent.ReplyTo.Count > 0 ? parent.ReplyTo : parent.FromAll,
            Subject = parent.Subject,
            Text = text,
            MessageId = messageId,
            Date = date,
            InReplyTo = parent.MessageId,
            References = references,
        };
    }
}
