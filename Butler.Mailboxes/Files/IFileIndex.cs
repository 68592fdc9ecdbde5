namespace Butler.Mailboxes.Files;

/// <summary>A file that was looked through for mails.</summary>
/// <param name="Path">Relative to the mailbox.</param>
/// <param name="Size">Its bytes when it was looked at.</param>
/// <param name="ModifiedAt">Its time of change then.</param>
/// <param name="IndexedTo">Of an mbox the offset from which a scan goes on; of an archive the number of mails taken out.</param>
/// <param name="SpoolLength">Of an archive: the bytes taken out so far.</param>
/// <param name="Generation">Grows with each scan from the beginning; mails that the newest did not see are no longer there.</param>
/// <param name="IsDone">Whether the end was reached.</param>
/// <param name="IsVerbatim">Nothing in it is quoted (mboxcl2).</param>
public sealed record FileScan(string Path, long Size, DateTimeOffset ModifiedAt, long IndexedTo, long SpoolLength, long Generation, bool IsDone, bool IsVerbatim);

/// <summary>A mail of a file mailbox: which, and where it lies.</summary>
/// <param name="Id">Its identity (<c>MailIdentity</c>): the provider's message id.</param>
/// <param name="ThreadId">The same for all mails of a conversation.</param>
/// <param name="Path">The file, relative to the mailbox.</param>
/// <param name="Offset">Its first byte; in what was taken out of an archive, for those.</param>
/// <param name="Length">Its bytes there.</param>
/// <param name="ReceivedAt">Its date.</param>
/// <param name="IsListed">False: a draft, a chat, spam or trash.</param>
/// <param name="IsSpooled">It lies in an archive.</param>
public sealed record IndexedMail(string Id, string ThreadId, string Path, long Offset, long Length, DateTimeOffset ReceivedAt, bool IsListed, bool IsSpooled);

/// <summary>
/// Where the mails of file mailboxes are, kept outside of them: an index pass writes it in batches and goes on where it was cut off. It
/// holds places, dates and identities, no text.
/// </summary>
public interface IFileIndex
{
    /// <summary>One pass per account at a time; null: another one is at work.</summary>
    Task<IAsyncDisposable?> TryLockAsync(Guid account, CancellationToken cancellationToken);

    /// <summary>What is known of files, by path.</summary>
    Task<IReadOnlyDictionary<string, FileScan>> ScansAsync(Guid account, IReadOnlyCollection<string> paths, CancellationToken cancellationToken);

    /// <summary>Of files with one mail each those that are known with this length.</summary>
    Task<IReadOnlySet<string>> KnownSinglesAsync(Guid account, IReadOnlyDictionary<string, long> lengths, CancellationToken cancellationToken);

    /// <summary>Writes a batch and how far its file was read, in one commit. A mail that is known somewhere else is now here.</summary>
    Task SaveAsync(Guid account, FileScan? scan, IReadOnlyList<IndexedMail> mails, CancellationToken cancellationToken);

    /// <summary>Drops the mails of a file that its newest scan did not see.</summary>
    Task PruneAsync(Guid account, string path, long generation, CancellationToken cancellationToken);

    /// <summary>Drops what lay in files that are not there any more.</summary>
    Task DropAsync(Guid account, IReadOnlyCollection<string> paths, CancellationToken cancellationToken);

    /// <summary>The files that mails lie in, by path after <paramref name="after"/>.</summary>
    Task<IReadOnlyList<string>> PathsAsync(Guid account, string after, int count, CancellationToken cancellationToken);

    /// <summary>How many mails are listed.</summary>
    Task<long> CountAsync(Guid account, CancellationToken cancellationToken);

    /// <summary>Mails in a window of time, newest first, after a place in the list.</summary>
    Task<IReadOnlyList<IndexedMail>> ListAsync(Guid account, DateTimeOffset? after, DateTimeOffset? before, (DateTimeOffset At, string Id)? place, int count, CancellationToken cancellationToken);

    /// <summary>Mails by id.</summary>
    Task<IReadOnlyDictionary<string, IndexedMail>> FindAsync(Guid account, IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>A thread's mails, oldest first.</summary>
    Task<IReadOnlyList<IndexedMail>> ThreadAsync(Guid account, string threadId, CancellationToken cancellationToken);
}
