namespace Butler.Mailboxes;

/// <summary>Who or what refused, so that the caller knows whether to snooze, retry, or stop the account.</summary>
public enum MailboxFault
{
    /// <summary>The provider or the link failed (5xx, timeout, cut body): try again with back-off.</summary>
    Unavailable,

    /// <summary>A rate limit of the user, the project or concurrent calls: snooze until <see cref="MailboxException.RetryAt"/>.</summary>
    Throttled,

    /// <summary>The project's quota of the day is used up: the account's run ends until the next day.</summary>
    DailyQuota,

    /// <summary>The login is refused for good (invalid_grant, 401 after a refresh): reconnect needed.</summary>
    LoginRejected,

    /// <summary>A scope is missing or the domain's policy forbids it.</summary>
    ScopeMissing,

    /// <summary>The account does not exist any more.</summary>
    AccountGone,

    /// <summary>The asked-for thing does not exist.</summary>
    NotFound,

    /// <summary>The history id is too old: a gap repair is due.</summary>
    HistoryExpired,

    /// <summary>The request itself is refused (a fault of ours).</summary>
    BadRequest,

    /// <summary>The page token is refused (tokens expire): begin the listing again from its first page.</summary>
    PageExpired,
}

/// <summary>Whose limit the provider says was reached.</summary>
public enum QuotaScope
{
    /// <summary>The user's units.</summary>
    User,

    /// <summary>The user's concurrent calls.</summary>
    Concurrency,

    /// <summary>The project's units.</summary>
    Project,

    /// <summary>The project's units of the day.</summary>
    Day,
}

/// <summary>A mailbox call that did not succeed. Messages never hold mail content, addresses or secrets.</summary>
public sealed class MailboxException(MailboxFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What refused.</summary>
    public MailboxFault Fault { get; } = fault;

    /// <summary>When trying again makes sense, if known.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>The provider's reason code, if any (such as userRateLimitExceeded).</summary>
    public string? Reason { get; init; }

    /// <summary>Of a mail server (IMAP): what exactly was wrong.</summary>
    public Imap.ImapProblem? Problem { get; init; }

    /// <summary>Of a refusal by the provider for quota: whose.</summary>
    public QuotaScope? Scope { get; init; }

    /// <summary>True when the request may have been carried out although no answer was read.</summary>
    public bool OutcomeUnknown { get; init; }

    /// <summary>Whether the same call may succeed later without anybody doing anything.</summary>
    public bool IsTransient => Fault is MailboxFault.Unavailable or MailboxFault.Throttled;

    /// <summary>Whether the fault stops the whole account (a sync fails only for these, DESIGN section 3).</summary>
    public bool IsAccountFault => Fault is MailboxFault.LoginRejected or MailboxFault.ScopeMissing or MailboxFault.AccountGone;

    /// <summary>Whether quota is used up, ours or Google's: the call waits for <see cref="RetryAt"/>, which is no failed try (docs/decisions/0021).</summary>
    public bool IsQuota => Fault is MailboxFault.Throttled or MailboxFault.DailyQuota;
}
