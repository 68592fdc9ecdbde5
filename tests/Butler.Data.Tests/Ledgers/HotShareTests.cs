using Butler.Data.Tests.Support;
using Npgsql;

namespace Butler.Data.Tests.Ledgers;

/// <summary>
/// Runs alone: while other databases of the server have transactions open, PostgreSQL prunes pages later than it could, and 75 % were seen
/// beside the other tests.
/// </summary>
[Collection(Name)]
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class HotShareTests
{
    private const string Name = "alone";

    /// <summary>MECHANICS 1: one index on a column that changes would make it 0 %.</summary>
    [Fact]
    public async Task Import_LedgerUpdates_AreHot()
    {
        await using var db = await TestDb.CreateAsync();
        var account = await db.AddAccountAsync();
        var sync = await db.AddSyncAsync(account);
        var ids = await db.ListAsync(account, sync, 3000);
        foreach (var chunk in ids.Chunk(100))
        {
            await db.TransactAsync(c => Ledger.StoreAsync(c, chunk, [.. chunk.Select(_ => DateTimeOffset.UnixEpoch)], default));
            await db.TransactAsync(c => Ledger.FinishAsync(c, chunk, default));
        }

        // A backend reports its counts when it ends or is told to.
        await db.ExecuteAsync("SELECT pg_stat_force_next_flush()");
        NpgsqlConnection.ClearAllPools();
        await db.UntilAsync("SELECT n_tup_upd >= 6000 FROM pg_stat_user_tables WHERE relname = 'ledger'", "the statistics arrive");
        Assert.InRange((double)(await db.ScalarAsync("SELECT n_tup_hot_upd::float8 / n_tup_upd FROM pg_stat_user_tables WHERE relname = 'ledger'"))!, 0.9, 1);
    }
}
