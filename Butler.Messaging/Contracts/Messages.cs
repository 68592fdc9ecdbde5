using System.Text.Json.Serialization;
using Butler.Data;

namespace Butler.Messaging.Contracts;

/// <summary>The queues: one per service that handles messages.</summary>
public static class Queues
{
    /// <summary>Ingest.</summary>
    public const string Ingest = "ingest";

    /// <summary>Classifier.</summary>
    public const string Classifier = "classifier";

    /// <summary>Responder.</summary>
    public const string Responder = "responder";
}

/// <summary>Start an import of an account, unless one is active.</summary>
/// <param name="ProviderUserId">The account.</param>
/// <param name="Trigger">api or connect.</param>
/// <param name="Months">How far back, 1 to 24; null: everything.</param>
/// <param name="TaskId">The task id handed out, if any.</param>
public sealed record StartImport(Guid ProviderUserId, string Trigger, int? Months, Guid? TaskId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>Cancel an active sync.</summary>
public sealed record CancelImport(Guid SyncId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>Exchange the code that came back from the provider's consent page, and connect the account.</summary>
/// <param name="ConnectId">The flow in <c>connect_states</c>; what is secret lies sealed there.</param>
public sealed record ConnectAccount(Guid ConnectId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>An IMAP account's settings were sent from the page, sealed under this id: test and save them.</summary>
public sealed record ConnectImap(Guid ConnectId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>Disconnect an account: stop its watch, take the login back at the provider, forget it.</summary>
/// <param name="ProviderUserId">The account.</param>
/// <param name="Erase">Erase everything that Butler has of it.</param>
/// <param name="ActorId">Who asked.</param>
public sealed record DisconnectAccount(Guid ProviderUserId, bool Erase, Guid ActorId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>Set an account's retention, and move its mail to where that puts it.</summary>
/// <param name="ProviderUserId">The account.</param>
/// <param name="Days">Days from storing, 1 to 730; 0 keeps.</param>
/// <param name="ActorId">Who asked.</param>
public sealed record ChangeRetention(Guid ProviderUserId, int Days, Guid ActorId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>A service other than Ingest was refused an account's login; Ingest, which owns the account, asks for a new one.</summary>
/// <param name="ProviderUserId">The account.</param>
/// <param name="Fault">The name of the mailbox fault.</param>
public sealed record LoginRefused(Guid ProviderUserId, string Fault) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>List the next windows of a sync from its saved cursor.</summary>
public sealed record ListMailbox(Guid SyncId, Guid ProviderUserId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>Fetch the next batch of a slot; names no mails (MECHANICS 3).</summary>
/// <param name="ProviderUserId">The account.</param>
/// <param name="Lane">The slot's lane.</param>
/// <param name="Seq">The slot's number; another one makes the message a duplicate.</param>
public sealed record FetchMails(Guid ProviderUserId, Lane Lane, long Seq) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>A notification said that an account's mailbox changed. Names no history id: a notification only says "look" (MECHANICS 6).</summary>
public sealed record MailboxChanged(Guid ProviderUserId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>Read an account's history from its cursor.</summary>
/// <param name="ProviderUserId">The account.</param>
/// <param name="Trigger">schedule, or again: one more look, because a burst's last notification may be dropped.</param>
public sealed record SyncHistory(Guid ProviderUserId, string Trigger) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>Register or renew an account's notifications.</summary>
public sealed record RenewWatch(Guid ProviderUserId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>The account's history had a gap: list its whole range again and compare (MECHANICS 6).</summary>
/// <param name="ProviderUserId">The account.</param>
public sealed record RepairGap(Guid ProviderUserId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>After a repair's listing: list its mails label by label, because labels too may have changed in the gap.</summary>
/// <param name="SyncId">The repair.</param>
/// <param name="ProviderUserId">The account.</param>
/// <param name="After">The last label that was listed, in ordinal order; null: none yet.</param>
public sealed record CheckLabels(Guid SyncId, Guid ProviderUserId, string? After) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>After a repair's listing: ask about the mails that it did not show, or showed with other labels.</summary>
/// <param name="SyncId">The repair.</param>
/// <param name="ProviderUserId">The account.</param>
/// <param name="After">The last mail that was asked about, by ledger id.</param>
/// <param name="Gone">Deleted mails found so far.</param>
/// <param name="Changed">Mails whose labels differed so far.</param>
public sealed record CheckMissing(Guid SyncId, Guid ProviderUserId, Guid After, int Gone, int Changed) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>Compare an account's mail at the provider with the ledger.</summary>
/// <param name="AuditId">The audit's id, chosen by who asks.</param>
/// <param name="ProviderUserId">The account.</param>
/// <param name="Months">How far back; null: all that was imported.</param>
/// <param name="Repair">Also record what is missing, and try dead letters again.</param>
/// <param name="RequestedBy">The user who asked.</param>
public sealed record AuditMailbox(Guid AuditId, Guid ProviderUserId, int? Months, bool Repair, Guid? RequestedBy) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>Judge stored mails of one account.</summary>
public sealed record TriageMails(Guid ProviderUserId, Lane Lane, Guid[] MailIds) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Classifier;
}

/// <summary>Index judged mails of one account for search: new mail at once, an import's when its triage leaves time.</summary>
public sealed record IndexMails(Guid ProviderUserId, Lane Lane, Guid[] MailIds) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Classifier;

    /// <summary>The lane in which mails of a lane are indexed.</summary>
    public static Lane LaneOf(Lane mails) => mails == Lane.Bulk ? Lane.Index : mails;
}

/// <summary>Give indexed mails the vectors of the embedding model that is configured now.</summary>
public sealed record EmbedMails(Guid ProviderUserId, Guid[] MailIds) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Classifier;
}

/// <summary>Judge one mail again because a caller asked; with <paramref name="ForceReprocess"/> also when it has a verdict.</summary>
public sealed record ProcessMail(Guid MailId, Guid ProviderUserId, Guid TaskId, bool ForceReprocess) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Classifier;
}

/// <summary>The owner's word on a transaction in review or in the books. No text: what it holds is numbers and codes.</summary>
/// <param name="TransactionId">The transaction.</param>
/// <param name="ProviderUserId">Its account.</param>
/// <param name="Accept">Book it (as it is, or as corrected); else it is rejected.</param>
/// <param name="Amount">The right sum; null: as read.</param>
/// <param name="Currency">The right currency (ISO 4217); null: as read.</param>
/// <param name="Direction">out, in or refund; null: as read.</param>
/// <param name="Day">The right day; null: as read.</param>
/// <param name="ActorId">Who decided.</param>
public sealed record ReviewTransaction(Guid TransactionId, Guid ProviderUserId, bool Accept, decimal? Amount, string? Currency, string? Direction, DateOnly? Day, Guid ActorId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Classifier;
}

/// <summary>Bring the tags of an account's judged mails in line with the tags that its owner made, newest mail first, page by page.</summary>
/// <param name="ProviderUserId">The account.</param>
/// <param name="Version">The newest version of the owner's tags when this was sent: a later change sends its own.</param>
/// <param name="Before">The time of the last mail that was looked at; null: from the newest.</param>
/// <param name="After">Its id.</param>
public sealed record TagMails(Guid ProviderUserId, long Version, DateTimeOffset? Before, Guid After) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Classifier;
}

/// <summary>Ask a chat model about one mail whose local verdict is provisional (MECHANICS 8).</summary>
public sealed record JudgeMail(Guid MailId, Guid ProviderUserId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Classifier;
}

/// <summary>Whether an account's transactions stay when their mails expire.</summary>
/// <param name="ProviderUserId">The account.</param>
/// <param name="Keep">They stay; else those of expired mails go at once, and later ones with their mails.</param>
/// <param name="ActorId">Who asked.</param>
public sealed record KeepTransactions(Guid ProviderUserId, bool Keep, Guid ActorId) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Ingest;
}

/// <summary>Write the reply draft of one mail, at most once (MECHANICS 7).</summary>
/// <param name="MailId">The mail.</param>
/// <param name="ProviderUserId">The account.</param>
/// <param name="TaskId">The task that waits for it, if any.</param>
/// <param name="Replace">True after a forced reprocessing: an existing draft is replaced if it is still as Butler wrote it.</param>
public sealed record DraftReply(Guid MailId, Guid ProviderUserId, Guid? TaskId, bool Replace) : IMessage
{
    /// <inheritdoc />
    public static string Queue => Queues.Responder;
}

/// <summary>Source-generated JSON of every contract: the one list of messages.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StartImport))]
[JsonSerializable(typeof(CancelImport))]
[JsonSerializable(typeof(ConnectAccount))]
[JsonSerializable(typeof(ConnectImap))]
[JsonSerializable(typeof(DisconnectAccount))]
[JsonSerializable(typeof(ChangeRetention))]
[JsonSerializable(typeof(KeepTransactions))]
[JsonSerializable(typeof(ReviewTransaction))]
[JsonSerializable(typeof(LoginRefused))]
[JsonSerializable(typeof(ListMailbox))]
[JsonSerializable(typeof(FetchMails))]
[JsonSerializable(typeof(MailboxChanged))]
[JsonSerializable(typeof(SyncHistory))]
[JsonSerializable(typeof(RenewWatch))]
[JsonSerializable(typeof(RepairGap))]
[JsonSerializable(typeof(CheckLabels))]
[JsonSerializable(typeof(CheckMissing))]
[JsonSerializable(typeof(AuditMailbox))]
[JsonSerializable(typeof(TriageMails))]
[JsonSerializable(typeof(IndexMails))]
[JsonSerializable(typeof(EmbedMails))]
[JsonSerializable(typeof(ProcessMail))]
[JsonSerializable(typeof(JudgeMail))]
[JsonSerializable(typeof(TagMails))]
[JsonSerializable(typeof(DraftReply))]
public sealed partial class MessageJson : JsonSerializerContext;
