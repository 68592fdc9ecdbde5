using Butler.Data;
using Butler.Data.Ingest;
using Npgsql;

namespace Butler.Ingest.Sync;

/// <summary>Mails that the provider says are deleted: the one path to <c>gone</c> besides a fetch that finds nothing.</summary>
internal static class Deletions
{
    /// <summary>
    /// Open mails become gone before they are fetched or judged, done ones after; content is marked as deleted. The rows are locked by the
    /// caller. Returns those that count for a sync, for <see cref="CountAsync"/>.
    /// </summary>
    public static async Task<List<MovedMail>> ApplyAsync(NpgsqlConnection connection, IEnumerable<KnownMail> deleted, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var mails = deleted.ToList();
        Guid[] Ids(Func<KnownMail, bool> which) => [.. mails.Where(which).Select(m => m.Id)];
        var open = await Ledger.GoneAsync(connection, Ids(m => m.State is "listed" or "stored"), cancellationToken);
        await Ledger.VanishAsync(connection, Ids(m => m.State == "done"), cancellationToken);
        await MailStates.DeletedAsync(connection, Ids(m => m.HasContent), now, cancellationToken);
        return open;
    }

    /// <summary>Counts closed mails for their syncs: last in a transaction, and in the order of their ids (MECHANICS 1).</summary>
    public static async Task CountAsync(NpgsqlConnection connection, IEnumerable<MovedMail> closed, List<SyncVersion?> versions, CancellationToken cancellationToken)
    {
        foreach (var sync in closed.Where(m => m.SyncId is not null).GroupBy(m => m.SyncId!.Value).OrderBy(g => g.Key))
        {
            versions.Add(await SyncCounters.CloseAsync(connection, sync.Key, 0, sync.Count(), 0, null, cancellationToken));
        }
    }
}
