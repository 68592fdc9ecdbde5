using Butler.Data.Ingest;

namespace Butler.Progress.Reads;

/// <summary>The body of <c>GET /api/v1/ledger/{providerUserId}</c>: every mail Butler ever saw of an account, counted.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Total">All of them.</param>
/// <param name="Open">Not in a closed state yet.</param>
/// <param name="States">By state.</param>
/// <param name="Weeks">By week of receipt (Monday, UTC), newest first; null: not fetched, so Gmail has not said when.</param>
/// <param name="Words">The same for people.</param>
/// <param name="LastAudit">The newest audit, if there was one.</param>
internal sealed record LedgerBody(
    Guid AccountId, long Total, long Open, IReadOnlyDictionary<string, long> States, IReadOnlyList<LedgerWeek> Weeks, string Words, AuditSummary? LastAudit);

/// <summary>One week.</summary>
internal sealed record LedgerWeek(DateOnly? Week, long Total, IReadOnlyDictionary<string, long> States);

/// <summary>The newest audit of an account.</summary>
public sealed record AuditSummary(Guid AuditId, string Status, bool Repair, AuditCounts Counts, string? Words, string? Error, DateTimeOffset CreatedAt, DateTimeOffset? CompletedAt);

/// <summary>The body of <c>GET /api/v1/ledger/{providerUserId}/messages/{providerMessageId}</c>.</summary>
/// <param name="MailId">Butler's id.</param>
/// <param name="EmailId">The provider's.</param>
/// <param name="AccountId">The account.</param>
/// <param name="State">listed, stored, done, skipped, gone, dead or expired.</param>
/// <param name="Words">Where it is, for people.</param>
/// <param name="Reason">Why, where there is a reason.</param>
/// <param name="Attempts">Tries of this stage so far.</param>
/// <param name="NotBefore">When it is tried again, if it waits.</param>
/// <param name="SyncId">The sync that counts it; null for new mail and after a retry of a dead letter.</param>
/// <param name="ReceivedAt">When Gmail received it.</param>
/// <param name="CorrelationId">Its trace.</param>
/// <param name="History">What happened to it, oldest first.</param>
internal sealed record LedgerMailBody(
    Guid MailId, string EmailId, Guid AccountId, string State, string Words, string? Reason, int Attempts, DateTimeOffset? NotBefore, Guid? SyncId, DateTimeOffset? ReceivedAt, Guid CorrelationId,
    IReadOnlyList<LedgerStep> History);

/// <summary>One step of a mail's history.</summary>
internal sealed record LedgerStep(DateTimeOffset At, string Kind, string? Note);

/// <summary>What an account's card says about completeness.</summary>
public sealed record Completeness(string Recorded, AuditSummary? Audit);
