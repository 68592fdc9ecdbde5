namespace Butler.Mail;

/// <summary>What the header says about how a mail was made and sent. Read while the raw bytes are at hand.</summary>
public sealed record MailSignals
{
    /// <summary>The List-Id, without angle brackets; null where there is none (RFC 2919).</summary>
    public string? ListId { get; init; }

    /// <summary>Whether there is a List-Unsubscribe field (RFC 2369).</summary>
    public bool ListUnsubscribe { get; init; }

    /// <summary>Precedence in lower case ("bulk", "list", "junk"), or null.</summary>
    public string? Precedence { get; init; }

    /// <summary>Auto-Submitted in lower case ("auto-generated", "auto-replied", "no"), or null (RFC 3834).</summary>
    public string? AutoSubmitted { get; init; }

    /// <summary>Sent to many by a list or a mass mailer.</summary>
    public bool IsBulk { get; init; }

    /// <summary>An automatic answer: vacation notice, delivery report, ticket receipt.</summary>
    public bool IsAutoReply { get; init; }

    /// <summary>The sender's address says that nobody reads answers.</summary>
    public bool IsNoReplySender { get; init; }

    /// <summary>What the owner's provider found: the topmost Authentication-Results.</summary>
    public AuthenticationResults Authentication { get; init; } = AuthenticationResults.None;

    /// <summary>An answer: In-Reply-To, References or a reply prefix.</summary>
    public bool IsReply { get; init; }

    /// <summary>Whether a calendar part (an invitation) is in the mail.</summary>
    public bool HasCalendar { get; init; }

    /// <summary>Reads the signals. Never throws on content.</summary>
    public static MailSignals Read(MimeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var headers = message.Headers;
        var list = headers.Get("List-Id");
        var precedence = Word(headers.Get("Precedence"));
        var auto = Word(headers.Get("Auto-Submitted"));
        var unsubscribe = headers.Contains("List-Unsubscribe");
        var subject = message.Subject;
        return new MailSignals
        {
            ListId = list is null ? null : Inside(list),
            ListUnsubscribe = unsubscribe,
            Precedence = precedence,
            AutoSubmitted = auto,
            IsBulk = list is not null || unsubscribe || precedence is "bulk" or "list" or "junk" || SenderRules.HasMailerHeader(headers),
            IsAutoReply = SenderRules.IsAutoReply(message, auto, precedence, subject),
            IsNoReplySender = message.From is { } from && SenderRules.IsNoReply(from.LocalPart),
            Authentication = AuthenticationResults.Parse(headers.Get("Authentication-Results")),
            IsReply = headers.Contains("In-Reply-To") || headers.Contains("References") || SubjectPrefix.IsReply(subject),
            HasCalendar = SenderRules.HasCalendar(message.Body),
        };
    }

    private static string? Word(string? value)
    {
        if (value is null)
        {
            return null;
        }

        var end = value.AsSpan().IndexOfAny(" ;(");
        var word = (end < 0 ? value : value[..end]).ToLowerInvariant();
        return word.Length is > 0 and <= 40 ? word : null;
    }

    private static string Inside(string list)
    {
        var open = list.LastIndexOf('<');
        var close = list.IndexOf('>', open + 1);
        return open >= 0 && close > open ? list[(open + 1)..close].Trim() : list;
    }
}
