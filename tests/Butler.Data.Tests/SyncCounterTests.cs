using System.Collections.Concurrent;
using Butler.Data.Tests.Support;

namespace Butler.Data.Tests;

/// <summary>The counters of a sync (MECHANICS 2): the end is met exactly once, and progress never goes back.</summary>
public sealed class SyncCounterTests : IAsyncLifetime
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
    public async Task Listed_NothingFound_CompletesAtOnce()
    {
        var version = await ListAsync(0, known: true);
        Assert.Equal("completed", version!.Value.Status);
        Assert.Equal(100, await _db.CountAsync("SELECT progress FROM sync_jobs"));
        Assert.Equal(1, await _db.CountAsync("SELECT count(*) FROM sync_jobs WHERE completed_at IS NOT NULL AND started_at IS NOT NULL"));
    }

    [Fact]
    public async Task Close_AllOfWhatIsListedSoFar_IsNotTheEnd()
    {
        await ListAsync(10, known: false, share: 0.5);
        Assert.Equal("in_progress", (await CloseAsync(10))!.Value.Status);
        Assert.Equal(50, await _db.CountAsync("SELECT progress FROM sync_jobs"));
        Assert.Equal("completed", (await ListAsync(0, known: true))!.Value.Status);
    }

    [Fact]
    public async Task Change_FinishedSync_ChangesNothing()
    {
        await ListAsync(1, known: true);
        await CloseAsync(1);
        var before = await _db.ScalarAsync("SELECT j::text FROM sync_jobs j");
        Assert.Null(await CloseAsync(1));
        Assert.Null(await ListAsync(5, known: false));
        Assert.Null(await _db.TransactAsync(c => SyncCounters.FailAsync(c, _sync, "cancelled", "too late", default)));
        Assert.Equal(before, await _db.ScalarAsync("SELECT j::text FROM sync_jobs j"));
    }

    /// <summary>A slow page of a listing that another delivery has finished meanwhile must not make the end unknown again.</summary>
    [Fact]
    public async Task Listed_StalePageAfterTheEnd_LeavesTheEndKnown()
    {
        await ListAsync(2, known: true);
        await ListAsync(0, known: false, share: 0.3);
        Assert.Equal("completed", (await CloseAsync(2))!.Value.Status);
    }

    [Fact]
    public async Task End_OfASync_EndsItsTasks()
    {
        var task = Guid.CreateVersion7();
        for (var i = 0; i < 2; i++)
        {
            await _db.TransactAsync(c => TaskIds.AddForSyncAsync(c, task, Guid.Empty, _account, _sync, Guid.Empty, default));
        }

        await ListAsync(0, known: true);
        Assert.Equal("completed", await _db.ScalarAsync("SELECT status FROM tasks WHERE id = $1 AND completed_at IS NOT NULL", task));
    }

    [Fact]
    public async Task Fail_ActiveSync_SaysWhyAndFreesTheAccount()
    {
        await ListAsync(3, known: false);
        Assert.Equal("failed", (await _db.TransactAsync(c => SyncCounters.FailAsync(c, _sync, "loginrejected", "Connect\0again.", default)))!.Value.Status);
        Assert.Equal("Connect\uFFFDagain.", await _db.ScalarAsync("SELECT error FROM sync_jobs WHERE completed_at IS NOT NULL"));
        await _db.AddSyncAsync(_account);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Counters_ConcurrentBatches_CompleteExactlyOnceAndNeverGoBack(int seed)
    {
        const int Workers = 6;
        var random = new Random(seed);
        var batches = new ConcurrentQueue<(int Listed, int Done, int Skipped, int Failed)>();
        var total = 0;
        for (var i = 0; i < 40; i++)
        {
            var (done, skipped, failed) = (random.Next(5), random.Next(3), random.Next(2));
            total += done + skipped + failed;
            batches.Enqueue((done + skipped + failed, done, skipped, failed));
        }

        var versions = new ConcurrentBag<SyncVersion>();
        using var ended = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            var seen = new List<(long Version, double Progress, string Status)>();
            while (true)
            {
                var last = ended.IsCancellationRequested;
                await using var command = _db.Source.CreateCommand("SELECT version, progress, status FROM sync_jobs");
                await using var reader = await command.ExecuteReaderAsync();
                await reader.ReadAsync();
                seen.Add((reader.GetInt64(0), reader.GetDouble(1), reader.GetString(2)));
                if (last)
                {
                    return seen;
                }
            }
        });

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(async () =>
        {
            while (batches.TryDequeue(out var batch))
            {
                // Each lists its mails, which are then closed; the listing's share rises with them.
                var share = 1 - (batches.Count / 40.0);
                if (await ListAsync(batch.Listed, known: false, share) is { } listed)
                {
                    versions.Add(listed);
                }

                if (await CloseAsync(batch.Done, batch.Skipped, batch.Failed) is { } closed)
                {
                    versions.Add(closed);
                }
            }
        })));
        Assert.DoesNotContain(versions, v => v.Status == "completed");
        await ListAsync(2, known: true);
        var ends = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => CloseAsync(1))));
        await ended.CancelAsync();

        Assert.Single(ends, e => e?.Status == "completed");
        Assert.Equal(versions.Count, versions.Select(v => v.Version).Distinct().Count());
        Assert.Equal(total + 2, await _db.CountAsync("SELECT processed + skipped + failed FROM sync_jobs WHERE total = processed + skipped + failed"));
        var seen = await watching;
        Assert.All(seen.Zip(seen.Skip(1)), pair => Assert.True(pair.First.Version <= pair.Second.Version && pair.First.Progress <= pair.Second.Progress));
        Assert.All(seen, s => Assert.Equal(s.Status == "completed", s.Progress >= 100));
        Assert.Equal("completed", seen[^1].Status);
    }

    private Task<SyncVersion?> ListAsync(int count, bool known, double share = 1) =>
        _db.TransactAsync(c => SyncCounters.ListedAsync(c, _sync, new(count, 0, known, share, DateTimeOffset.UnixEpoch, 7, 1, null), default));

    private Task<SyncVersion?> CloseAsync(int done, int skipped = 0, int failed = 0) =>
        _db.TransactAsync(c => SyncCounters.CloseAsync(c, _sync, done, skipped, failed, DateTimeOffset.UnixEpoch, default));
}
