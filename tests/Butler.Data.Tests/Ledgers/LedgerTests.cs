using Butler.Data.Tests.Support;
using Npgsql;

namespace Butler.Data.Tests.Ledgers;

/// <summary>The named transitions: each guarded by the state it expects, and nothing at all when a batch runs again.</summary>
public sealed class LedgerTests : IAsyncLifetime
{
    private TestDb _db = null!;
    private Guid _account;
    private Guid _sync;

    public async Task InitializeAsync()
    {
        _db = await TestDb.CreateAsync();
        _account = await _db.AddAccountAsync();
        _sync = await _db.AddSyncAsync(_account);
    }

    public async Task DisposeAsync() => await _db.DisposeAsync();

    [Fact]
    public async Task List_KnownIds_AddsOnlyTheNewOnes()
    {
        Task<int> List(params string[] ids) => _db.TransactAsync(c => Ledger.ListAsync(c, _account, _sync, Guid.Empty, Lane.Bulk, ids, 0, default));
        Assert.Equal(3, await List("a", "b", "c"));
        Assert.Equal(1, await List("d", "c", "a"));
        Assert.Equal(0, await List("d", "c", "a"));
        Assert.Equal(0, await List());
        Assert.Equal(4, await _db.CountAsync("SELECT count(*) FROM ledger_open WHERE stage = 0"));
    }

    [Fact]
    public async Task List_SameIdInTwoAccounts_IsTwoMails()
    {
        await _db.ListAsync(_account, _sync, 1);
        await _db.ListAsync(await _db.AddAccountAsync(), null, 1);
        Assert.Equal(2, await _db.CountAsync("SELECT count(*) FROM ledger"));
    }

    [Fact]
    public async Task Next_OpenMails_AreInRankOrderOfTheirLane()
    {
        var ids = await _db.ListAsync(_account, _sync, 5);
        await _db.TransactAsync(c => Ledger.ListAsync(c, _account, null, Guid.Empty, Lane.Live, ["live"], -1, default));
        await _db.TransactAsync(c => Ledger.RetryAsync(c, [ids[0]], TimeSpan.FromHours(1), "later", default));
        await _db.TransactAsync(c => Ledger.StoreAsync(c, [ids[2]], [DateTimeOffset.UnixEpoch], default));

        await using var connection = await _db.Source.OpenConnectionAsync();
        Assert.Equal([ids[1], ids[3]], (await Ledger.NextAsync(connection, _account, Lane.Bulk, 2, default)).Select(m => m.Id));
        Assert.Equal("live", Assert.Single(await Ledger.NextAsync(connection, _account, Lane.Live, 9, default)).ProviderMessageId);
    }

    [Fact]
    public async Task NextWait_OnlyPostponedMails_IsTheEarliest()
    {
        var ids = await _db.ListAsync(_account, _sync, 2);
        await _db.TransactAsync(c => Ledger.RetryAsync(c, [ids[0]], TimeSpan.FromHours(2), "later", default));
        await _db.TransactAsync(c => Ledger.RetryAsync(c, [ids[1]], TimeSpan.FromHours(1), "later", default));
        await using var connection = await _db.Source.OpenConnectionAsync();
        Assert.InRange((await Ledger.NextWaitAsync(connection, _account, Lane.Bulk, default))!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromHours(1));
        Assert.Null(await Ledger.NextWaitAsync(connection, _account, Lane.Live, default));
    }

    /// <summary>From every state, every move: it happens where it may, and the second time it does not.</summary>
    [Theory]
    [InlineData("listed", "store gone skip die retry")]
    [InlineData("stored", "finish gone skip die")]
    [InlineData("done", "")]
    [InlineData("skipped", "")]
    [InlineData("gone", "")]
    [InlineData("dead", "reopen")]
    public async Task Move_FromEachState_HappensOnlyWhereItMayAndOnce(string from, string allowed)
    {
        foreach (var (name, move) in Moves)
        {
            var id = (await _db.ListAsync(_account, _sync, 1, $"{from}-{name}-")).Single();
            foreach (var step in PathTo(from))
            {
                Assert.Single(await _db.TransactAsync(c => Moves[step](c, [id])));
            }

            var before = await RowAsync(id);
            var moved = await _db.TransactAsync(c => move(c, [id]));
            if (!allowed.Split(' ').Contains(name))
            {
                Assert.Empty(moved);
                Assert.Equal(before, await RowAsync(id));
                continue;
            }

            var after = await RowAsync(id);
            Assert.NotEqual(before, after);
            if (name == "retry")
            {
                continue;
            }

            var once = Assert.Single(moved);
            Assert.Equal((id, name == "reopen" ? null : _sync), (once.Id, once.SyncId));
            Assert.Empty(await _db.TransactAsync(c => move(c, [id])));
            Assert.Equal(after, await RowAsync(id));
        }

        Assert.Equal(0, await _db.CountAsync(Inconsistent));
    }

    [Fact]
    public async Task Move_BatchWithAStranger_MovesTheOthers()
    {
        var ids = await _db.ListAsync(_account, _sync, 3);
        Assert.Equal(2, (await _db.TransactAsync(c => Ledger.StoreAsync(c, [ids[0], Guid.CreateVersion7(), ids[2]], Times(3), default))).Count);
        Assert.Single(await _db.TransactAsync(c => Ledger.StoreAsync(c, ids, Times(3), default)));
        Assert.Empty(await _db.TransactAsync(c => Ledger.StoreAsync(c, ids, Times(3), default)));
    }

    [Fact]
    public async Task Reopen_DeadAfterStore_GoesBackToTheStageItDiedIn()
    {
        var ids = await _db.ListAsync(_account, _sync, 2);
        await _db.TransactAsync(c => Ledger.StoreAsync(c, [ids[0]], Times(1), default));
        await _db.TransactAsync(c => Ledger.DieAsync(c, ids, "poison", default));
        await _db.TransactAsync(c => Ledger.ReopenAsync(c, ids, default));
        Assert.Equal("stored", await _db.ScalarAsync("SELECT state FROM ledger WHERE id = $1", ids[0]));
        Assert.Equal("listed", await _db.ScalarAsync("SELECT state FROM ledger WHERE id = $1", ids[1]));
        Assert.Equal(2, await _db.CountAsync("SELECT count(*) FROM ledger l JOIN ledger_open o USING (id) WHERE l.sync_id IS NULL AND l.closed_at IS NULL AND l.attempts = 0"));
    }

    [Fact]
    public async Task CountTry_EachStage_StartsAnew()
    {
        var id = (await _db.ListAsync(_account, _sync, 1)).Single();
        Task<int> Try() => _db.TransactAsync(c => Ledger.CountTryAsync(c, id, default));
        Assert.Equal((1, 2), (await Try(), await Try()));
        await _db.TransactAsync(c => Ledger.StoreAsync(c, [id], Times(1), default));
        Assert.Equal(1, await Try());
        await _db.TransactAsync(c => Ledger.FinishAsync(c, [id], default));
        Assert.Equal(0, await Try());
    }

    [Fact]
    public async Task Adopt_OpenMails_JoinTheNewSync()
    {
        var ids = await _db.ListAsync(_account, _sync, 4);
        await _db.TransactAsync(c => Ledger.StoreAsync(c, [ids[0], ids[1]], Times(2), default));
        await _db.TransactAsync(c => Ledger.FinishAsync(c, [ids[0]], default));
        var next = Guid.CreateVersion7();
        Assert.Equal(3, await _db.TransactAsync(c => Ledger.AdoptAsync(c, _account, next, default)));
        Assert.Equal(3, await _db.CountAsync("SELECT count(*) FROM ledger WHERE sync_id = $1", next));
    }

    /// <summary>An insert with ON CONFLICT of unsorted ids deadlocks with its mirror image; sorted ones wait for each other.</summary>
    [Fact]
    public async Task List_OverlappingIdsInOppositeOrder_DoesNotDeadlock()
    {
        var names = Enumerable.Range(0, 400).Select(i => $"x{i:0000}").ToList();
        for (var round = 0; round < 10; round++)
        {
            var batch = names.Select(n => $"{round}-{n}").ToList();
            var back = Enumerable.Reverse(batch).ToList();
            // No restarts here: a deadlock is an exception.
            var counts = await Task.WhenAll(new[] { batch, back, back, batch }.Select(ids => Task.Run(() => OnceAsync(c => Ledger.ListAsync(c, _account, _sync, Guid.Empty, Lane.Bulk, ids, 0, default)))));
            Assert.Equal(400, counts.Sum());
        }

        Assert.Equal(4000, await _db.CountAsync("SELECT count(*) FROM ledger"));
    }

    internal static string Inconsistent => """
        SELECT count(*) FROM ledger l FULL JOIN ledger_open o USING (id)
        WHERE (l.state IN ('listed', 'stored')) IS DISTINCT FROM (o.id IS NOT NULL)
           OR (o.id IS NOT NULL AND o.stage <> CASE l.state WHEN 'listed' THEN 0 ELSE 1 END)
           OR (l.closed_at IS NULL) <> (o.id IS NOT NULL)
        """;

    internal static IReadOnlyDictionary<string, Func<NpgsqlConnection, Guid[], Task<List<MovedMail>>>> Moves { get; } = new Dictionary<string, Func<NpgsqlConnection, Guid[], Task<List<MovedMail>>>>
    {
        ["store"] = (c, ids) => Ledger.StoreAsync(c, ids, Times(ids.Length), default),
        ["finish"] = (c, ids) => Ledger.FinishAsync(c, ids, default),
        ["skip"] = (c, ids) => Ledger.SkipAsync(c, ids, SkipReasons.Sent, default),
        ["gone"] = (c, ids) => Ledger.GoneAsync(c, ids, default),
        ["die"] = (c, ids) => Ledger.DieAsync(c, ids, "poison", default),
        ["reopen"] = (c, ids) => Ledger.ReopenAsync(c, ids, default),
        ["retry"] = async (c, ids) =>
        {
            await Ledger.RetryAsync(c, ids, TimeSpan.Zero, "once more", default);
            return [];
        },
    };

    private static string[] PathTo(string state) => state switch
    {
        "stored" => ["store"],
        "done" => ["store", "finish"],
        "skipped" => ["skip"],
        "gone" => ["gone"],
        "dead" => ["die"],
        _ => [],
    };

    private static DateTimeOffset[] Times(int count) => [.. Enumerable.Repeat(DateTimeOffset.UnixEpoch, count)];

    private async Task<string> RowAsync(Guid id) => (string)(await _db.ScalarAsync("""
        SELECT concat_ws('|', l::text, (SELECT o::text FROM ledger_open o WHERE o.id = l.id), (SELECT count(*) FROM ledger_events e WHERE e.ledger_id = l.id)) FROM ledger l WHERE l.id = $1
        """, id))!;

    private async Task<T> OnceAsync<T>(Func<NpgsqlConnection, Task<T>> work)
    {
        await using var connection = await _db.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var result = await work(connection);
        await transaction.CommitAsync();
        return result;
    }
}
