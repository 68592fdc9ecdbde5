using Butler.Data.Ingest;
using Butler.Mailboxes.Files;

namespace Butler.Ingest.Files;

/// <summary>Keeps the index of file mailboxes in PostgreSQL.</summary>
internal sealed class FileIndex(FileTables tables) : IFileIndex
{
    public Task<IAsyncDisposable?> TryLockAsync(Guid account, CancellationToken cancellationToken) => tables.TryLockAsync(account, cancellationToken);

    public async Task<IReadOnlyDictionary<string, FileScan>> ScansAsync(Guid account, IReadOnlyCollection<string> paths, CancellationToken cancellationToken) =>
        (await tables.ScansAsync(account, paths, cancellationToken)).ToDictionary(
            s => s.Path, s => new FileScan(s.Path, s.Size, s.ModifiedAt, s.IndexedTo, s.SpoolLength, s.Generation, s.IsDone, s.IsVerbatim), StringComparer.Ordinal);

    public async Task<IReadOnlySet<string>> KnownSinglesAsync(Guid account, IReadOnlyDictionary<string, long> lengths, CancellationToken cancellationToken) =>
        (await tables.KnownSinglesAsync(account, lengths, cancellationToken)).ToHashSet(StringComparer.Ordinal);

    public Task SaveAsync(Guid account, FileScan? scan, IReadOnlyList<IndexedMail> mails, CancellationToken cancellationToken) =>
        tables.SaveAsync(
            account, scan is null ? null : new(scan.Path, scan.Size, scan.ModifiedAt, scan.IndexedTo, scan.SpoolLength, scan.Generation, scan.IsDone, scan.IsVerbatim),
            [.. mails.Select(m => new FileMailRow(m.Id, m.ThreadId, m.Path, m.Offset, m.Length, m.ReceivedAt, m.IsListed, m.IsSpooled))], cancellationToken);

    public Task PruneAsync(Guid account, string path, long generation, CancellationToken cancellationToken) => tables.PruneAsync(account, path, generation, cancellationToken);

    public Task DropAsync(Guid account, IReadOnlyCollection<string> paths, CancellationToken cancellationToken) => tables.DropAsync(account, paths, cancellationToken);

    public async Task<IReadOnlyList<string>> PathsAsync(Guid account, string after, int count, CancellationToken cancellationToken) => await tables.PathsAsync(account, after, count, cancellationToken);

    public Task<long> CountAsync(Guid account, CancellationToken cancellationToken) => tables.CountAsync(account, cancellationToken);

    public async Task<IReadOnlyList<IndexedMail>> ListAsync(
        Guid account, DateTimeOffset? after, DateTimeOffset? before, (DateTimeOffset At, string Id)? place, int count, CancellationToken cancellationToken) =>
        [.. (await tables.ListAsync(account, after, before, place, count, cancellationToken)).Select(Of)];

    public async Task<IReadOnlyDictionary<string, IndexedMail>> FindAsync(Guid account, IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        (await tables.FindAsync(account, ids, cancellationToken)).ToDictionary(m => m.Id, Of, StringComparer.Ordinal);

    public async Task<IReadOnlyList<IndexedMail>> ThreadAsync(Guid account, string threadId, CancellationToken cancellationToken) =>
        [.. (await tables.ThreadAsync(account, threadId, cancellationToken)).Select(Of)];

    private static IndexedMail Of(FileMailRow m) => new(m.Id, m.ThreadId, m.Path, m.Offset, m.Length, m.ReceivedAt, m.IsListed, m.IsSpooled);
}
