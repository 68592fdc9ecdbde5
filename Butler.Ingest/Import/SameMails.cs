using Butler.Data;
using Butler.Data.Ingest;
using Npgsql;

namespace Butler.Ingest.Import;

/// <summary>
/// Mails whose bytes are those of a mail that is known under another id (accounts whose ids are places): the newer row ends as
/// <c>skipped: same mail</c>, its place and labels become the older one's (DESIGN section 4).
/// </summary>
internal static class SameMails
{
    private const short LabelsAdded = 2;

    /// <summary>Takes them out of a batch that is about to be stored; the others, the rows that were moved, and whether the log of changes says more now.</summary>
    public static async Task<(List<StoredMail> Others, List<MovedMail> Moved, bool Logged)> TakeOutAsync(NpgsqlConnection connection, Guid account, List<StoredMail> mails, CancellationToken cancellationToken)
    {
        var hashed = mails.Where(m => m.ContentHash is not null).ToList();
        if (hashed.Count == 0)
        {
            return (mails, [], false);
        }

        // Only rows that are still to be stored claim anything: a batch that runs again claims nothing.
        var listed = await Ledger.LockListedAsync(connection, [.. hashed.Select(m => m.Id)], cancellationToken);
        hashed.RemoveAll(m => !listed.ContainsKey(m.Id));
        var same = (await MailHashes.ClaimAsync(connection, account, [.. hashed.Select(m => m.Id)], [.. hashed.Select(m => m.ContentHash!)], cancellationToken))
            .ToDictionary(s => s.Newer, s => s.Older);
        if (same.Count == 0)
        {
            return (mails, [], false);
        }

        var moved = await Ledger.SkipAsync(connection, [.. same.Keys], SkipReasons.SameMail, cancellationToken);
        var names = await Ledger.ProviderIdsAsync(connection, [.. same.Values.Distinct()], cancellationToken);
        var twins = hashed.Where(m => same.TryGetValue(m.Id, out var older) && names.ContainsKey(older)).ToList();
        await ImapTables.MergeAsync(connection, account, [.. twins.Select(m => listed[m.Id])], [.. twins.Select(m => names[same[m.Id]])], cancellationToken);
        var logged = await ImapTables.LogAsync(
            connection, account, [.. twins.Select(_ => LabelsAdded)], [.. twins.Select(m => names[same[m.Id]])], [.. twins.Select(m => m.ThreadId)],
            [.. twins.Select(m => string.Join('\n', m.Labels.Where(l => l != "UNREAD")))], cancellationToken);
        return ([.. mails.Where(m => !same.ContainsKey(m.Id))], moved, logged);
    }
}
