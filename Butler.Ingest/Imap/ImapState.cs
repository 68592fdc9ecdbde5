using Butler.Data;
using Butler.Data.Ingest;
using Butler.Mailboxes;
using Butler.Mailboxes.Imap;
using Butler.Mailboxes.Imap.Accounts;

namespace Butler.Ingest.Imap;

/// <summary>What is known of IMAP accounts, kept in PostgreSQL by <see cref="ImapTables"/>. Compiled into Ingest and Responder: both look.</summary>
internal sealed class ImapState(Database database) : IImapState
{
    public async Task<ImapAccountState?> ReadAsync(Guid account, CancellationToken cancellationToken) =>
        await ImapTables.FindAsync(database.DataSource, account, cancellationToken) is { } found
            ? new(found.Generation, (ulong)found.HistoryId, found.Chosen, found.Looked, await FoldersAsync(account, cancellationToken))
            : null;

    public async Task<IReadOnlyList<ImapFolderState>> NameFoldersAsync(Guid account, IReadOnlyList<ImapFolderName> folders, CancellationToken cancellationToken)
    {
        await database.TransactAsync(
            c => ImapTables.NameFoldersAsync(
                c, account, [.. folders.Select(f => f.Name)], [.. folders.Select(f => f.Use.ToString().ToLowerInvariant())], [.. folders.Select(f => f.Followed)], cancellationToken),
            cancellationToken);
        return await FoldersAsync(account, cancellationToken);
    }

    public async Task<IReadOnlyList<ImapPlace>> PlacesAsync(Guid account, long folderId, IReadOnlyCollection<uint>? uids, CancellationToken cancellationToken) =>
        [.. (await ImapTables.PlacesAsync(database.DataSource, account, folderId, uids?.Select(u => (long)u).ToArray(), null, cancellationToken)).Select(Place)];

    public async Task<IReadOnlyList<ImapPlace>> LocateAsync(Guid account, IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? [] : [.. (await ImapTables.PlacesAsync(database.DataSource, account, null, null, [.. ids], cancellationToken)).Select(Place)];

    public async Task<IReadOnlyList<ImapIdentity>> IdentifyAsync(Guid account, IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        [.. (await ImapTables.IdentifyAsync(database.DataSource, account, [.. ids], cancellationToken)).Select(i => new ImapIdentity(i.Id, i.MessageId, i.Size, i.ReceivedAt))];

    public async Task<IReadOnlyList<ImapIdentity>> FindSameAsync(Guid account, IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken) =>
        [.. (await ImapTables.FindSameAsync(database.DataSource, account, [.. messageIds], [.. messageIds.Select(ImapThreadKeys.Key)], cancellationToken))
            .Select(i => new ImapIdentity(i.Id, i.MessageId, i.Size, i.ReceivedAt))];

    public async Task<IReadOnlyList<string>> ThreadsAsync(Guid account, IReadOnlyList<ImapThreadKeys> mails, CancellationToken cancellationToken)
    {
        var keys = mails.SelectMany(m => m.Keys).DistinctBy(Convert.ToHexString).ToArray();
        var known = keys.Length == 0 ? [] : await ImapTables.ThreadsAsync(database.DataSource, account, keys, cancellationToken);
        var added = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var threads = new List<string>(mails.Count);
        foreach (var mail in mails)
        {
            var names = mail.Keys.Select(Convert.ToHexString).ToList();
            var thread = names.Select(n => known.GetValueOrDefault(n)).FirstOrDefault(t => t is not null) ?? mail.Fallback;
            threads.Add(thread);
            foreach (var name in names.Where(n => known.TryAdd(n, thread)))
            {
                added[name] = thread;
            }
        }

        if (added.Count > 0)
        {
            await ImapTables.AddThreadsAsync(database.DataSource, account, [.. added.Keys.Select(Convert.FromHexString)], [.. added.Values], cancellationToken);
        }

        return threads;
    }

    public Task<bool> ApplyAsync(Guid account, ImapStep step, CancellationToken cancellationToken) => database.TransactAsync(async connection =>
    {
        if (!await ImapTables.BeginAsync(connection, account, step.Generation, step.Complete, cancellationToken))
        {
            return false;
        }

        if (step.Cleared.Count + step.Gone.Count > 0)
        {
            await ImapTables.ClearAsync(connection, account, [.. step.Cleared], [.. step.Gone], cancellationToken);
        }

        if (step.Removed.Count > 0)
        {
            await ImapTables.RemoveAsync(connection, account, [.. step.Removed.Select(r => r.FolderId)], [.. step.Removed.Select(r => (long)r.Uid)], cancellationToken);
        }

        if (step.Reflagged.Count > 0)
        {
            await ImapTables.ReflagAsync(
                connection, account, [.. step.Reflagged.Select(r => r.FolderId)], [.. step.Reflagged.Select(r => (long)r.Uid)], [.. step.Reflagged.Select(r => (short)r.Marks)],
                [.. step.Reflagged.Select(r => r.Labels is null ? null : Join(r.Labels))], cancellationToken);
        }

        if (step.Added.Count > 0)
        {
            await ImapTables.AddAsync(
                connection, account, step.Added.Select(p => (p.FolderId, (long)p.Uid, p.Id, (int)p.Marks, p.Labels, p.Size, p.InternalDate.UtcDateTime, p.ThreadId, p.FromOwner)), cancellationToken);
        }

        if (step.Folders.Count > 0)
        {
            await ImapTables.SetFoldersAsync(
                connection, account, [.. step.Folders.Select(f => f.Id)], [.. step.Folders.Select(f => (long)f.UidValidity)], [.. step.Folders.Select(f => (long)f.UidNext)],
                [.. step.Folders.Select(f => (long?)f.HighestModSeq)], [.. step.Folders.Select(f => f.Messages)], cancellationToken);
        }

        await ImapTables.LogAsync(
            connection, account, [.. step.Changes.Select(c => (short)c.Kind)], [.. step.Changes.Select(c => c.MessageId)], [.. step.Changes.Select(c => c.ThreadId)],
            [.. step.Changes.Select(c => Join(c.Labels))], cancellationToken);
        return true;
    }, cancellationToken);

    public async Task<IReadOnlyList<ImapListed>> ListAsync(Guid account, DateTimeOffset? after, DateTimeOffset? before, ImapCursor? cursor, int count, CancellationToken cancellationToken) =>
        [.. (await ImapTables.ListAsync(
            database.DataSource, account, after?.UtcDateTime, before?.UtcDateTime, cursor is null ? null : (cursor.InternalDate.UtcDateTime, cursor.FolderId, cursor.Uid), count, cancellationToken))
            .Select(m => new ImapListed(m.Id, m.ThreadId ?? "", new(m.InternalDate, m.FolderId, (uint)m.Uid)))];

    public async Task<IReadOnlyList<HistoryRecord>?> ChangesAsync(Guid account, ulong start, int count, CancellationToken cancellationToken) =>
        (await ImapTables.ChangesAsync(database.DataSource, account, (long)start, count, cancellationToken))?
            .Select(c => new HistoryRecord((ulong)c.Id, (HistoryKind)c.Kind, c.MailId, c.ThreadId, c.Labels)).ToList();

    public async Task<IReadOnlyList<ImapThreadMail>> ThreadAsync(Guid account, string threadId, CancellationToken cancellationToken) =>
        [.. (await ImapTables.ThreadAsync(database.DataSource, account, threadId, cancellationToken)).Select(m => new ImapThreadMail(m.Id, m.ReceivedAt, m.From, m.FromOwner, m.Deleted))];

    private async Task<IReadOnlyList<ImapFolderState>> FoldersAsync(Guid account, CancellationToken cancellationToken) =>
        [.. (await ImapTables.FoldersAsync(database.DataSource, account, cancellationToken)).Select(f => new ImapFolderState(
            f.Id, f.Name, Enum.Parse<ImapUse>(f.Role, ignoreCase: true), f.Followed, (uint?)f.UidValidity, (uint?)f.UidNext, (ulong?)f.HighestModSeq, f.Messages))];

    private static ImapPlace Place((long FolderId, long Uid, string Id, int Marks, string[]? Labels, long Size, DateTime InternalDate, string? ThreadId, bool FromOwner) p) =>
        new(p.FolderId, (uint)p.Uid, p.Id, (ImapMarks)p.Marks, p.Labels, p.Size, p.InternalDate, p.ThreadId, p.FromOwner);

    // Labels have no line breaks; PostgreSQL has no arrays of arrays of different length.
    private static string Join(IReadOnlyList<string> labels) => string.Join('\n', labels.Select(l => DbText.Clean(l, DbText.MaxHeader).Replace('\n', ' ')));
}
