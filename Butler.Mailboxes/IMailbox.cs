namespace Butler.Mailboxes;

/// <summary>
/// One connected mailbox at its provider. Every kind (Gmail, IMAP, files) implements this seam.
/// Methods never wait for quota and never retry: what the provider or the limiter refuses is reported as a
/// <see cref="MailboxException"/> or a <see cref="FetchBatch.NotBefore"/>, and the caller reschedules its message
/// (DESIGN section 5: one retry layer). Instances are cheap, not thread-safe, and hold no connection of their own.
/// </summary>
public interface IMailbox
{
    /// <summary>The account's address, size and newest history id (Gmail users.getProfile).</summary>
    Task<MailboxProfile> GetProfileAsync(CancellationToken cancellationToken);

    /// <summary>Lists ids, newest first, of one window of time. An empty page may still have a next page.</summary>
    Task<MailPage> ListAsync(MailQuery query, string? pageToken, CancellationToken cancellationToken);

    /// <summary>
    /// Fetches mails as raw bytes, in the order of <paramref name="ids"/>, until all are read or a bound of
    /// <paramref name="options"/> or the quota is reached: then the rest of the ids is simply missing from the answer.
    /// </summary>
    Task<FetchBatch> FetchAsync(IReadOnlyList<string> ids, FetchOptions options, CancellationToken cancellationToken);

    /// <summary>The messages of a thread, oldest first, without bodies.</summary>
    Task<IReadOnlyList<ThreadMail>> GetThreadAsync(string threadId, CancellationToken cancellationToken);

    /// <summary>What changed since <paramref name="startHistoryId"/>. Fault <see cref="MailboxFault.HistoryExpired"/> when it is too old.</summary>
    Task<HistoryPage> GetHistoryAsync(ulong startHistoryId, string? pageToken, CancellationToken cancellationToken);

    /// <summary>
    /// Creates one draft by exactly one request: no retry of any kind (MECHANICS 7). An exception with
    /// <see cref="MailboxException.OutcomeUnknown"/> means that the draft may exist.
    /// </summary>
    Task<DraftRef> CreateDraftAsync(ReadOnlyMemory<byte> raw, string threadId, CancellationToken cancellationToken);

    /// <summary>A draft as it is now, raw bytes included; null when it is gone.</summary>
    Task<DraftContent?> GetDraftAsync(string draftId, CancellationToken cancellationToken);

    /// <summary>Replaces a draft's content by exactly one request.</summary>
    Task<DraftRef> UpdateDraftAsync(string draftId, ReadOnlyMemory<byte> raw, string threadId, CancellationToken cancellationToken);

    /// <summary>
    /// Asks the provider to notify <paramref name="topic"/> of every change, or renews that; replaces an earlier registration (Gmail
    /// users.watch, without a label filter: answers in Sent must be seen).
    /// </summary>
    Task<MailboxWatch> WatchAsync(string topic, CancellationToken cancellationToken);

    /// <summary>Ends notifications; nothing to end is no fault.</summary>
    Task StopWatchAsync(CancellationToken cancellationToken);

    /// <summary>A mail's labels now, without its content; null when the provider says that it does not exist.</summary>
    Task<IReadOnlyList<string>?> GetLabelsAsync(string messageId, CancellationToken cancellationToken);

    /// <summary>The ids of all labels that mails of this account can have; none for kinds of mailboxes without labels.</summary>
    Task<IReadOnlyList<string>> ListLabelsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>The drafts (ids only) of the account whose message belongs to <paramref name="threadId"/>.</summary>
    Task<IReadOnlyList<DraftRef>> ListDraftsAsync(string threadId, CancellationToken cancellationToken);
}

/// <summary>Opens mailboxes of any kind; the only place that knows which kind an account has.</summary>
public interface IMailboxFactory
{
    /// <summary>Opens the mailbox; no request is made yet.</summary>
    /// <exception cref="NotSupportedException">The provider is not built.</exception>
    IMailbox Open(MailboxAccount account);
}

/// <summary>An account as the factory needs it.</summary>
/// <param name="ProviderUserId">Butler's id of the account; the limiter's key.</param>
/// <param name="Provider">"gmail" or "imap".</param>
/// <param name="Address">The account's mail address.</param>
/// <param name="Credentials">Unsealed credentials; for Gmail a JSON object <c>{"refresh_token": "…"}</c>, for IMAP <see cref="Imap.Accounts.ImapAccountSettings"/>.</param>
public sealed record MailboxAccount(Guid ProviderUserId, string Provider, string Address, string Credentials)
{
    /// <summary>Never prints address or credentials.</summary>
    public override string ToString() => $"{Provider}:{ProviderUserId}";
}

/// <summary>Which traffic a call belongs to: bulk may use at most 80 % of a budget, live all (MECHANICS 9).</summary>
public enum MailLane
{
    /// <summary>Imports.</summary>
    Bulk = 0,

    /// <summary>New mail and drafts.</summary>
    Live = 1,
}

/// <summary>The account's profile.</summary>
public sealed record MailboxProfile(string Address, long MessagesTotal, ulong HistoryId);

/// <summary>
/// A listing query: all mail except drafts and chats, Spam and Trash only when asked.
/// </summary>
/// <param name="After">Inclusive lower bound, to the second; null: no bound.</param>
/// <param name="Before">Exclusive upper bound; null: no bound.</param>
/// <param name="IncludeSpamTrash">Whether Spam and Trash are listed too.</param>
/// <param name="PageSize">1 to 500.</param>
/// <param name="Search">
/// False: listed without any search, so that a lag of the provider's search index hides nothing (MECHANICS 6). Bounds are
/// not applied then, and ids of drafts and chats come along.
/// </param>
/// <param name="Label">Only mails with this label; null: all.</param>
public sealed record MailQuery(DateTimeOffset? After, DateTimeOffset? Before, bool IncludeSpamTrash = false, int PageSize = 500, bool Search = true, string? Label = null);

/// <summary>A page of ids.</summary>
public sealed record MailPage(IReadOnlyList<MailId> Mails, string? NextPageToken);

/// <summary>A mail's id and its thread's.</summary>
public readonly record struct MailId(string Id, string ThreadId);

/// <summary>Bounds of one fetch (MECHANICS 3).</summary>
/// <param name="Lane">Whose budget is used.</param>
/// <param name="MaxBytes">Stop after this many raw bytes.</param>
/// <param name="MaxTime">Stop starting calls after this time.</param>
public sealed record FetchOptions(MailLane Lane, long MaxBytes, TimeSpan MaxTime);

/// <summary>What one fetch returned.</summary>
/// <param name="Mails">One entry per id that was asked for and answered, in order.</param>
/// <param name="NotBefore">Set when quota ended the fetch early: when the rest may be asked for.</param>
/// <param name="Fault">Set when a fault that concerns the account or the link ended the fetch early.</param>
public sealed record FetchBatch(IReadOnlyList<FetchedMail> Mails, DateTimeOffset? NotBefore, MailboxException? Fault);

/// <summary>How the fetch of one mail ended.</summary>
public enum FetchStatus
{
    /// <summary>Raw bytes are there.</summary>
    Ok,

    /// <summary>The provider says 404: deleted since it was listed.</summary>
    Gone,

    /// <summary>This one failed and may be tried again.</summary>
    Retry,

    /// <summary>This one failed for good.</summary>
    Failed,
}

/// <summary>One fetched mail.</summary>
public sealed record FetchedMail(string Id, FetchStatus Status)
{
    /// <summary>The thread's id.</summary>
    public string ThreadId { get; init; } = "";

    /// <summary>The provider's labels (system labels such as INBOX, SENT, DRAFT in upper case).</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>When the provider accepted the mail.</summary>
    public DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The whole message (RFC 5322 bytes).</summary>
    public ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>Why it failed, without mail content or addresses.</summary>
    public string? Error { get; init; }
}

/// <summary>One mail of a thread, headers only.</summary>
public sealed record ThreadMail(string Id, IReadOnlyList<string> Labels, DateTimeOffset ReceivedAt, string? MessageId, string? From);

/// <summary>A page of history.</summary>
public sealed record HistoryPage(IReadOnlyList<HistoryRecord> Records, string? NextPageToken, ulong HistoryId);

/// <summary>What kind of change a record is.</summary>
public enum HistoryKind
{
    /// <summary>Added.</summary>
    Added,

    /// <summary>Permanently deleted.</summary>
    Deleted,

    /// <summary>Labels added.</summary>
    LabelsAdded,

    /// <summary>Labels removed.</summary>
    LabelsRemoved,
}

/// <summary>One change of one mail.</summary>
public sealed record HistoryRecord(ulong Id, HistoryKind Kind, string MessageId, string ThreadId, IReadOnlyList<string> Labels);

/// <summary>A registration for notifications.</summary>
/// <param name="HistoryId">The account's newest history id.</param>
/// <param name="ExpiresAt">When the provider stops unless it is renewed.</param>
public sealed record MailboxWatch(ulong HistoryId, DateTimeOffset ExpiresAt);

/// <summary>A draft's ids; the message id changes with every update.</summary>
public sealed record DraftRef(string DraftId, string MessageId, string ThreadId);

/// <summary>A draft with its bytes.</summary>
public sealed record DraftContent(DraftRef Draft, ReadOnlyMemory<byte> Raw);
