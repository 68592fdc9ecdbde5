namespace Butler.Mailboxes.Imap;

/// <summary>What a folder is for (RFC 6154), by the server's word or by its name.</summary>
public enum ImapUse
{
    /// <summary>Nothing in particular.</summary>
    None,

    /// <summary>New mail.</summary>
    Inbox,

    /// <summary>All mail (a view).</summary>
    All,

    /// <summary>Archived mail.</summary>
    Archive,

    /// <summary>Drafts.</summary>
    Drafts,

    /// <summary>Flagged mail (a view).</summary>
    Flagged,

    /// <summary>Important mail (a view, RFC 8457).</summary>
    Important,

    /// <summary>Spam.</summary>
    Junk,

    /// <summary>Mail the owner sent.</summary>
    Sent,

    /// <summary>Deleted mail.</summary>
    Trash,
}

/// <summary>A folder of a listing.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Delimiter">What separates levels of the name; null when there are none.</param>
/// <param name="Use">What it is for.</param>
/// <param name="UseIsSaid">Whether the server said so; else it was guessed from the name.</param>
/// <param name="Selectable">Whether it can hold mail.</param>
/// <param name="Attributes">All attributes as sent.</param>
public sealed record ImapFolder(ImapName Name, char? Delimiter, ImapUse Use, bool UseIsSaid, bool Selectable, IReadOnlyList<string> Attributes);

/// <summary>A folder's counters, without selecting it. What the server did not say is null.</summary>
public sealed record ImapStatus(ImapName Name, long? Messages, uint? UidNext, uint? UidValidity, ulong? HighestModSeq);

/// <summary>What is known of a folder from last time, for QRESYNC.</summary>
/// <param name="UidValidity">The folder's UIDVALIDITY then.</param>
/// <param name="ModSeq">Its HIGHESTMODSEQ then.</param>
/// <param name="KnownUids">
/// The UIDs known, so that the server names no others as vanished; may be null. With them <see cref="ImapSelected.Changed"/> may leave new
/// mail out (RFC 7162 section 3.2.5.1; Dovecot does): ask for UIDs above the last in any case.
/// </param>
public sealed record ImapResync(uint UidValidity, ulong ModSeq, ImapUidSet? KnownUids);

/// <summary>A selected folder.</summary>
public sealed record ImapSelected
{
    /// <summary>Its name.</summary>
    public required ImapName Name { get; init; }

    /// <summary>Whether it was opened for reading only, by wish or by the server.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>UIDVALIDITY; 0 when the server keeps no UIDs, which then mean nothing in a later session.</summary>
    public uint UidValidity { get; init; }

    /// <summary>UIDNEXT, a hint; null when not said.</summary>
    public uint? UidNext { get; init; }

    /// <summary>How many mails there are.</summary>
    public uint Exists { get; init; }

    /// <summary>HIGHESTMODSEQ; null when the folder has none (NOMODSEQ).</summary>
    public ulong? HighestModSeq { get; init; }

    /// <summary>Whether <see cref="Changed"/> and <see cref="Vanished"/> are the whole answer to the <see cref="ImapResync"/>: QRESYNC is on and UIDVALIDITY is as it was.</summary>
    public bool Resynced { get; init; }

    /// <summary>QRESYNC: mails with changed flags, and new ones unless <see cref="ImapResync.KnownUids"/> were sent.</summary>
    public IReadOnlyList<ImapMessage> Changed { get; init; } = [];

    /// <summary>QRESYNC: mails that are gone.</summary>
    public ImapUidSet Vanished { get; init; } = new();
}

/// <summary>What a server said of one mail. What was not asked or not said is null.</summary>
public sealed class ImapMessage
{
    /// <summary>Its UID; 0 in news that named only a sequence number.</summary>
    public uint Uid { get; internal set; }

    /// <summary>Flags and keywords, <c>\Seen</c> style.</summary>
    public IReadOnlyList<string>? Flags { get; internal set; }

    /// <summary>When the server received it.</summary>
    public DateTimeOffset? InternalDate { get; internal set; }

    /// <summary>Its size; an estimate at some servers.</summary>
    public long? Size { get; internal set; }

    /// <summary>Its MODSEQ.</summary>
    public ulong? ModSeq { get; internal set; }

    /// <summary>EMAILID (RFC 8474): the same in every folder.</summary>
    public string? EmailId { get; internal set; }

    /// <summary>THREADID (RFC 8474).</summary>
    public string? ThreadId { get; internal set; }

    /// <summary>Gmail's id of the mail, the same in every folder.</summary>
    public ulong? GmailMessageId { get; internal set; }

    /// <summary>Gmail's id of the thread.</summary>
    public ulong? GmailThreadId { get; internal set; }

    /// <summary>Gmail's labels, decoded; system labels begin with a backslash.</summary>
    public IReadOnlyList<string>? GmailLabels { get; internal set; }

    /// <summary>The header fields that were asked for, as bytes.</summary>
    public ReadOnlyMemory<byte>? Headers { get; internal set; }

    /// <summary>The whole mail, or the range that was asked for. Null when the server had none to give (NIL): the mail went while it was fetched.</summary>
    public ReadOnlyMemory<byte>? Body { get; internal set; }

    /// <summary>Where <see cref="Body"/> begins, when a range was asked for.</summary>
    public long? Origin { get; internal set; }

    /// <summary>Whether a flag is set, in any case.</summary>
    public bool Has(string flag) => Flags?.Contains(flag, StringComparer.OrdinalIgnoreCase) == true;

    internal void Merge(ImapMessage later)
    {
        Uid = Uid == 0 ? later.Uid : Uid;
        Flags = later.Flags ?? Flags;
        InternalDate = later.InternalDate ?? InternalDate;
        Size = later.Size ?? Size;
        ModSeq = later.ModSeq ?? ModSeq;
        EmailId = later.EmailId ?? EmailId;
        ThreadId = later.ThreadId ?? ThreadId;
        GmailMessageId = later.GmailMessageId ?? GmailMessageId;
        GmailThreadId = later.GmailThreadId ?? GmailThreadId;
        GmailLabels = later.GmailLabels ?? GmailLabels;
        Headers = later.Headers ?? Headers;
        Body = later.Body ?? Body;
        Origin = later.Origin ?? Origin;
    }
}

/// <summary>Where an appended mail is; null parts when the server did not say (no UIDPLUS).</summary>
public sealed record ImapAppended(uint? UidValidity, uint? Uid);

/// <summary>How an IDLE ended.</summary>
public enum ImapIdleEnd
{
    /// <summary>Something changed in the folder: make a pass, the counters tell nothing reliable.</summary>
    News,

    /// <summary>The time to renew came.</summary>
    Elapsed,

    /// <summary>The caller asked to stop.</summary>
    Stopped,
}
