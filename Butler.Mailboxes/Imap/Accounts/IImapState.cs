using System.Security.Cryptography;
using System.Text;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>
/// What is known of IMAP accounts between two looks: folders with their UIDVALIDITY, where each mail lies, and the log of changes that
/// stands in for a history the protocol does not have. Reads and writes go by folders and batches, never mail by mail.
/// </summary>
public interface IImapState
{
    /// <summary>The account's folders and the position of its log; null when it has none.</summary>
    Task<ImapAccountState?> ReadAsync(Guid account, CancellationToken cancellationToken);

    /// <summary>Gives folders their ids; a known name keeps its own. Returns all folders of the account.</summary>
    Task<IReadOnlyList<ImapFolderState>> NameFoldersAsync(Guid account, IReadOnlyList<ImapFolderName> folders, CancellationToken cancellationToken);

    /// <summary>The known places in a folder: all, or those of some UIDs.</summary>
    Task<IReadOnlyList<ImapPlace>> PlacesAsync(Guid account, long folderId, IReadOnlyCollection<uint>? uids, CancellationToken cancellationToken);

    /// <summary>All known places of these mails.</summary>
    Task<IReadOnlyList<ImapPlace>> LocateAsync(Guid account, IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>The Message-IDs of those of these mails whose content is stored.</summary>
    Task<IReadOnlyList<ImapIdentity>> IdentifyAsync(Guid account, IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>Stored mails that bear one of these Message-IDs (without brackets) and were not deleted at the server.</summary>
    Task<IReadOnlyList<ImapIdentity>> FindSameAsync(Guid account, IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken);

    /// <summary>
    /// The thread of each mail, by the keys of the Message-IDs it names, its own or the root's first: the thread of the first key that is
    /// known, else <see cref="ImapThreadKeys.Fallback"/>; the keys then lead there. Repeatable.
    /// </summary>
    Task<IReadOnlyList<string>> ThreadsAsync(Guid account, IReadOnlyList<ImapThreadKeys> mails, CancellationToken cancellationToken);

    /// <summary>Records one look in one transaction. False: somebody else's look was recorded since <see cref="ImapStep.Generation"/>, and nothing is.</summary>
    Task<bool> ApplyAsync(Guid account, ImapStep step, CancellationToken cancellationToken);

    /// <summary>Known mails of the followed folders except drafts, newest first, from <paramref name="cursor"/> on.</summary>
    Task<IReadOnlyList<ImapListed>> ListAsync(Guid account, DateTimeOffset? after, DateTimeOffset? before, ImapCursor? cursor, int count, CancellationToken cancellationToken);

    /// <summary>Changes with ids above <paramref name="start"/>, in their order; null when the log does not reach back so far.</summary>
    Task<IReadOnlyList<HistoryRecord>?> ChangesAsync(Guid account, ulong start, int count, CancellationToken cancellationToken);

    /// <summary>The known mails of a thread, stored or only placed, each with its labels.</summary>
    Task<IReadOnlyList<ImapThreadMail>> ThreadAsync(Guid account, string threadId, CancellationToken cancellationToken);
}

/// <summary>Flags that Butler knows, as bits.</summary>
[Flags]
public enum ImapMarks
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>\Seen.</summary>
    Seen = 1,

    /// <summary>\Flagged.</summary>
    Flagged = 2,

    /// <summary>\Draft.</summary>
    Draft = 4,

    /// <summary>\Deleted: on its way out.</summary>
    Deleted = 8,

    /// <summary>\Answered.</summary>
    Answered = 16,
}

/// <summary>The account as last recorded.</summary>
/// <param name="Generation">Raised by every recorded look; a look begins from one and is recorded only while it is still the newest.</param>
/// <param name="HistoryId">The id of the newest change.</param>
/// <param name="Chosen">Folders to follow besides INBOX and Sent.</param>
/// <param name="LookedBefore">Whether a look was recorded before: what is found new after that has just come.</param>
/// <param name="Folders">The folders.</param>
public sealed record ImapAccountState(long Generation, ulong HistoryId, IReadOnlyList<string> Chosen, bool LookedBefore, IReadOnlyList<ImapFolderState> Folders);

/// <summary>A folder as the server lists it.</summary>
public sealed record ImapFolderName(string Name, ImapUse Use, bool Followed);

/// <summary>
/// A folder as last recorded; null values were never seen. <c>Messages</c>: how many mails it had by what was read then, so that a
/// different number of the server's says that some are gone.
/// </summary>
public sealed record ImapFolderState(long Id, string Name, ImapUse Use, bool Followed, uint? UidValidity, uint? UidNext, ulong? HighestModSeq, long? Messages);

/// <summary>Where a mail lies.</summary>
/// <param name="FolderId">The folder.</param>
/// <param name="Uid">The UID there.</param>
/// <param name="Id">The mail's id.</param>
/// <param name="Marks">Its flags.</param>
/// <param name="Labels">Gmail's labels; null elsewhere.</param>
/// <param name="Size">RFC822.SIZE.</param>
/// <param name="InternalDate">INTERNALDATE.</param>
/// <param name="ThreadId">Its thread, where the headers were read.</param>
/// <param name="FromOwner">Whether the headers say that the owner wrote it.</param>
public sealed record ImapPlace(
    long FolderId, uint Uid, string Id, ImapMarks Marks, IReadOnlyList<string>? Labels, long Size, DateTimeOffset InternalDate, string? ThreadId = null, bool FromOwner = false);

/// <summary>A stored mail by what tells it from others.</summary>
public sealed record ImapIdentity(string Id, string MessageId, long Size, DateTimeOffset InternalDate);

/// <summary>The Message-IDs that a mail names, hashed, and the thread it makes when none is known.</summary>
public sealed record ImapThreadKeys(IReadOnlyList<byte[]> Keys, string Fallback)
{
    /// <summary>A Message-ID (without brackets) as a key: a hash, because the thread's members are all that is asked for.</summary>
    public static byte[] Key(string messageId) => SHA256.HashData(Encoding.UTF8.GetBytes(messageId))[..16];
}

/// <summary>A page's end.</summary>
public sealed record ImapCursor(DateTimeOffset InternalDate, long FolderId, uint Uid);

/// <summary>A listed mail.</summary>
public sealed record ImapListed(string Id, string ThreadId, ImapCursor Cursor);

/// <summary>A mail of a thread.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ReceivedAt">INTERNALDATE.</param>
/// <param name="From">The sender of a stored mail.</param>
/// <param name="FromOwner">Whether the owner wrote it, of mails that are not stored yet.</param>
/// <param name="Deleted">Whether it is gone from the server.</param>
public sealed record ImapThreadMail(string Id, DateTimeOffset ReceivedAt, string? From, bool FromOwner, bool Deleted);

/// <summary>The new state of a folder.</summary>
public sealed record ImapFolderStep(long Id, uint UidValidity, uint UidNext, ulong? HighestModSeq, long Messages);

/// <summary>A flag change.</summary>
public sealed record ImapReflag(long FolderId, uint Uid, ImapMarks Marks, IReadOnlyList<string>? Labels);

/// <summary>What one look came to.</summary>
public sealed record ImapStep(long Generation)
{
    /// <summary>Folders whose places all go first.</summary>
    public IReadOnlyList<long> Cleared { get; init; } = [];

    /// <summary>Folders that the server no longer has.</summary>
    public IReadOnlyList<long> Gone { get; init; } = [];

    /// <summary>Places that are empty now.</summary>
    public IReadOnlyList<(long FolderId, uint Uid)> Removed { get; init; } = [];

    /// <summary>New places.</summary>
    public IReadOnlyList<ImapPlace> Added { get; init; } = [];

    /// <summary>Changed flags.</summary>
    public IReadOnlyList<ImapReflag> Reflagged { get; init; } = [];

    /// <summary>Folder states.</summary>
    public IReadOnlyList<ImapFolderStep> Folders { get; init; } = [];

    /// <summary>Changes for the log, in their order; their ids are given when they are recorded.</summary>
    public IReadOnlyList<HistoryRecord> Changes { get; init; } = [];

    /// <summary>Whether the look is complete: only then is what comes later new.</summary>
    public bool Complete { get; init; }
}
