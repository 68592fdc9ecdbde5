using Butler.Mail;
using Butler.Mailboxes;

namespace Butler.Responder.Drafts;

/// <summary>Why there is no draft: the closed set of <c>replies.reason</c> for <c>suppressed</c>.</summary>
internal static class Reasons
{
    public const string NotNeeded = "not_needed";
    public const string TooOld = "too_old";
    public const string OwnMail = "own_mail";
    public const string Bulk = "bulk";
    public const string MailGone = "mail_gone";
    public const string Answered = "answered";
    public const string DraftExists = "draft_exists";
    public const string NoRecipient = "no_recipient";
    public const string Disconnected = "disconnected";

    /// <summary>For <c>unknown</c>: Gmail's log does not reach back to the sending.</summary>
    public const string HistoryExpired = "history_expired";

    /// <summary>For <c>unknown</c>: a draft appeared and went that may have been this one.</summary>
    public const string Undecidable = "undecidable";

    /// <summary>For <c>created</c> that was not replaced: the owner works on it.</summary>
    public const string EditedByOwner = "edited_by_owner";
}

/// <summary>When a draft is due (DESIGN section 3.5): from what is stored, and from the thread as it is right before sending.</summary>
internal static class DueRules
{
    /// <summary>Null: due.</summary>
    public static string? Refuse(DueMail mail, int recentDays, DateTimeOffset now) =>
        mail.Account is { Status: "disconnected" } or { MailOn: false } ? Reasons.Disconnected
        : mail.IsOutgoing || IsOwner(mail, mail.FromAddress) ? Reasons.OwnMail
        : mail.Category != "needs_reply" ? Reasons.NotNeeded
        : mail.IsBulk ? Reasons.Bulk
        : mail.IsDeleted ? Reasons.MailGone
        : mail.ReceivedAt < now.AddDays(-recentDays) ? Reasons.TooOld
        : mail.IsAnswered ? Reasons.Answered
        : Recipients.Of(mail).Count == 0 ? Reasons.NoRecipient
        : null;

    /// <summary>Null: the thread still waits for an answer.</summary>
    public static string? Refuse(DueMail mail, IReadOnlyList<ThreadMail> thread)
    {
        if (thread.FirstOrDefault(m => m.Id == mail.ProviderMessageId) is not { } own || own.Labels.Contains("TRASH") || own.Labels.Contains("SPAM"))
        {
            return Reasons.MailGone;
        }

        return thread.Any(m => m.Id != own.Id && !IsDraft(m) && m.ReceivedAt >= own.ReceivedAt && (m.Labels.Contains("SENT") || IsOwner(mail, Address(m.From)))) ? Reasons.Answered
            : thread.Any(IsDraft) ? Reasons.DraftExists
            : null;
    }

    private static bool IsDraft(ThreadMail mail) => mail.Labels.Contains("DRAFT");

    private static bool IsOwner(DueMail mail, string? address) => string.Equals(address, mail.Account.Address, StringComparison.OrdinalIgnoreCase);

    private static string? Address(string? from) => from is not null && MailAddressParser.ParseList(from) is [var first, ..] ? first.Address : null;
}

/// <summary>Whom a reply goes to: Reply-To, else From, and nobody else (DESIGN promise 5).</summary>
internal static class Recipients
{
    // A Reply-To with more is not a person who waits for an answer.
    private const int Max = 10;

    public static IReadOnlyList<MailAddress> Of(DueMail mail)
    {
        var replyTo = Good(mail, mail.ReplyTo);
        return replyTo.Count > 0 ? replyTo : Good(mail, mail.FromAddress is { } from ? [from] : []);
    }

    private static List<MailAddress> Good(DueMail mail, IReadOnlyList<string> addresses) =>
        [.. addresses.Where(a => IsAddress(a) && !string.Equals(a, mail.Account.Address, StringComparison.OrdinalIgnoreCase))
            .Distinct(StringComparer.OrdinalIgnoreCase).Take(Max)
            .Select(a => new MailAddress(string.Equals(a, mail.FromAddress, StringComparison.OrdinalIgnoreCase) ? mail.FromName : null, a))];

    // What can be written into a header without SMTPUTF8 (RFC 6531): an ASCII local part, any domain that IDNA can carry.
    private static bool IsAddress(string address)
    {
        var at = address.LastIndexOf('@');
        return at > 0 && at < address.Length - 1 && address.Length <= 320
            && address.AsSpan(0, at).IndexOfAnyExceptInRange('!', '~') < 0 && address.AsSpan().IndexOfAny("<>,;()") < 0
            && address.AsSpan(at + 1).IndexOfAny(" \t\r\n") < 0 && !address.Any(char.IsControl);
    }
}
