using System.Collections.Concurrent;
using Butler.Data.Tests.Support;
using Butler.Testing;

namespace Butler.Data.Tests.Ledgers;

/// <summary>
/// Random interleavings of several workers that list, store, finish, skip, kill, postpone and reopen overlapping batches. Whatever
/// happens: a row is open exactly when its state says so, every move is answered to exactly one caller, and the sync's counters are
/// the ledger's.
/// </summary>
public sealed class LedgerPropertyTests
{
    private const int Mails = 60;
    private const int Workers = 5;
    private const int Steps = 40;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Moves_InAnyInterleaving_KeepTheInvariants(int seed)
    {
        await using var db = await TestDb.CreateAsync();
        var account = await db.AddAccountAsync();
        var sync = await db.AddSyncAsync(account);
        var ids = await db.ListAsync(account, sync, Mails);
        await db.TransactAsync(c => SyncCounters.ListedAsync(c, sync, new(Mails, 0, true, 1, DateTimeOffset.UnixEpoch, 7, 0, null), default));
        var moved = new ConcurrentBag<(string Move, Guid Id, Guid? Sync)>();

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var random = new Random((seed * 1000) + worker);
            for (var step = 0; step < Steps; step++)
            {
                var batch = ids.Where(_ => random.Next(5) == 0).ToArray();
                random.Shuffle(batch);
                var name = LedgerTests.Moves.Keys.ElementAt(random.Next(LedgerTests.Moves.Count));
                foreach (var mail in await RunAsync(db, sync, name, batch))
                {
                    moved.Add((name, mail.Id, mail.SyncId));
                }
            }
        })));

        Assert.Equal(0, await db.CountAsync(LedgerTests.Inconsistent));
        Assert.Equal(Mails, await db.CountAsync("SELECT count(*) FROM ledger"));
        foreach (var id in ids)
        {
            // Closings and reopenings alternate, so that they differ by one at most; a mail is stored once per time it was open.
            var mine = moved.Where(m => m.Id == id).ToList();
            var closed = mine.Count(m => m.Move is "finish" or "skip" or "gone" or "die");
            var reopened = mine.Count(m => m.Move == "reopen");
            var isOpen = await db.CountAsync("SELECT count(*) FROM ledger_open WHERE id = $1", id) == 1;
            Assert.Equal(isOpen ? 0 : 1, closed - reopened);
            Assert.InRange(mine.Count(m => m.Move == "store"), 0, 1);
            Assert.InRange(mine.Count(m => m.Move is not "reopen" and not "store" && m.Sync == sync), 0, 1);
        }

        var counted = moved.Where(m => m.Sync == sync).ToList();
        Assert.Equal(
            (counted.Count(m => m.Move == "finish"), counted.Count(m => m.Move is "skip" or "gone"), counted.Count(m => m.Move == "die")),
            ((int)await db.CountAsync("SELECT processed FROM sync_jobs"), (int)await db.CountAsync("SELECT skipped FROM sync_jobs"), (int)await db.CountAsync("SELECT failed FROM sync_jobs")));

        // What is still open ends, and the sync with it.
        var open = ids;
        foreach (var name in new[] { "store", "finish" })
        {
            await RunAsync(db, sync, name, open);
        }

        Assert.Equal(0, await db.CountAsync("SELECT count(*) FROM ledger_open"));
        Assert.Equal("completed", await db.ScalarAsync("SELECT status FROM sync_jobs"));
        Assert.DoesNotContain("deadlock", await File.ReadAllTextAsync(PostgresFixture.LogFile), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>One stage's transaction, in the order of MECHANICS 2.</summary>
    private static Task<List<MovedMail>> RunAsync(TestDb db, Guid sync, string name, Guid[] batch) => db.TransactAsync(async connection =>
    {
        var mails = await LedgerTests.Moves[name](connection, batch);
        var mine = mails.Count(m => m.SyncId == sync);
        if (mine > 0 && name is not ("store" or "retry" or "reopen"))
        {
            await SyncCounters.CloseAsync(connection, sync, name == "finish" ? mine : 0, name is "skip" or "gone" ? mine : 0, name == "die" ? mine : 0, null, default);
        }

        return mails;
    });
}
