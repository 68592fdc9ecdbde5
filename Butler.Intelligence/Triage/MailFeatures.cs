using Butler.Mail;

namespace Butler.Intelligence;

/// <summary>A name and an address as a header shows them; either may be empty.</summary>
/// <param name="Name">The display name, decoded.</param>
/// <param name="Address">The address (RFC 5322 addr-spec).</param>
public readonly record struct MailPerson(string Name, string Address);

/// <summary>
/// What local triage looks at: the words of a mail and what its headers say. All of it is data from
/// strangers; nothing here is trusted, followed or logged.
/// </summary>
public sealed record MailFeatures
{
    /// <summary>The decoded subject; empty when there is none.</summary>
    public required string Subject { get; init; }

    /// <summary>The text the sender wrote now, without quoted history and signature.</summary>
    public required string NewText { get; init; }

    /// <summary>The quoted history, where there is one. Never a source of requests or summaries.</summary>
    public string? QuotedText { get; init; }

    /// <summary>The sender.</summary>
    public MailPerson From { get; init; } = new("", "");

    /// <summary>Addresses in To.</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>Addresses in Cc.</summary>
    public IReadOnlyList<string> Cc { get; init; } = [];

    /// <summary>The addresses of the mailbox's owner; empty when they are not known.</summary>
    public IReadOnlyList<string> OwnerAddresses { get; init; } = [];

    /// <summary>The provider's own labels, such as Gmail's <c>SPAM</c> or <c>CATEGORY_PROMOTIONS</c>.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Came through a mailing list (RFC 2919 List-Id, RFC 2369 List-Post).</summary>
    public bool IsList { get; init; }

    /// <summary>The list it came through (RFC 2919 List-Id); null when there is none.</summary>
    public string? ListId { get; init; }

    /// <summary>Says of itself that it is bulk (Precedence: bulk, Feedback-ID and the like).</summary>
    public bool IsBulk { get; init; }

    /// <summary>Written by a program in answer to a mail (RFC 3834 Auto-Submitted).</summary>
    public bool IsAutoReply { get; init; }

    /// <summary>The sender's address takes no answers (noreply@ and the like).</summary>
    public bool IsNoReply { get; init; }

    /// <summary>Answers an earlier mail (In-Reply-To or References, RFC 5322 section 3.6.4).</summary>
    public bool IsReply { get; init; }

    /// <summary>Offers to unsubscribe (RFC 2369, RFC 8058).</summary>
    public bool HasListUnsubscribe { get; init; }

    /// <summary>The SPF result of the receiving server (RFC 8601), such as <c>pass</c>; null when not stated.</summary>
    public string? Spf { get; init; }

    /// <summary>The DKIM result of the receiving server; null when not stated.</summary>
    public string? Dkim { get; init; }

    /// <summary>The DMARC result of the receiving server; null when not stated.</summary>
    public string? Dmarc { get; init; }

    /// <summary>Has attachments.</summary>
    public bool HasAttachments { get; init; }

    /// <summary>Has a calendar part (text/calendar, RFC 5545).</summary>
    public bool HasCalendar { get; init; }

    /// <summary>How the mail is made, as words (<see cref="MailShape"/>); empty where it is not known.</summary>
    public IReadOnlyList<string> Shape { get; init; } = [];

    /// <summary>Was written by the owner.</summary>
    public bool IsFromOwner { get; init; }

    /// <summary>The owner has written in the thread after this mail.</summary>
    public bool AnsweredInThread { get; init; }

    /// <summary>The features of a parsed mail; what only the mailbox knows (labels, thread) is added by <c>with</c>.</summary>
    public static MailFeatures Of(MimeMessage message, MailText text, MailSignals signals, IReadOnlyList<string> ownerAddresses)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(signals);
        ArgumentNullException.ThrowIfNull(ownerAddresses);
        var from = message.From;
        return new MailFeatures
        {
            Subject = message.Subject,
            NewText = text.NewText,
            QuotedText = text.QuotedText.Length > 0 ? text.QuotedText : null,
            From = new MailPerson(from?.Name ?? "", from?.Address ?? ""),
            To = Addresses(message.To),
            Cc = Addresses(message.Cc),
            OwnerAddresses = ownerAddresses,
            IsList = signals.ListId is not null,
            ListId = signals.ListId,
            IsBulk = signals.IsBulk,
            IsAutoReply = signals.IsAutoReply,
            IsNoReply = signals.IsNoReplySender,
            IsReply = signals.IsReply,
            HasListUnsubscribe = signals.ListUnsubscribe,
            HasCalendar = signals.HasCalendar,
            Spf = signals.Authentication.Spf,
            Dkim = signals.Authentication.Dkim,
            Dmarc = signals.Authentication.Dmarc,
            HasAttachments = message.Attachments.Count > 0,
            Shape = MailShape.Read(message),
            IsFromOwner = from is { } sender && ownerAddresses.Any(o => sender.IsSameMailbox(o)),
        };
    }

    private static string[] Addresses(IReadOnlyList<MailAddress> list)
    {
        var addresses = new string[list.Count];
        for (var i = 0; i < addresses.Length; i++)
        {
            addresses[i] = list[i].Address ?? "";
        }

        return addresses;
    }
}
