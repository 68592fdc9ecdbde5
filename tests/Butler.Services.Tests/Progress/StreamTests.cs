using System.Diagnostics;
using Butler.Progress.Streams;
using Butler.Progress.V1;
using Grpc.Core;

namespace Butler.Services.Tests.Progress;

public sealed class StreamTests(ProgressService service) : IClassFixture<ProgressService>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private Butler.Progress.V1.Progress.ProgressClient Client => new(service.Channel);

    [Fact]
    public async Task Watch_RunningSync_SnapshotThenChangesThenEnd()
    {
        var sync = await service.AddSyncAsync();
        using var patience = new CancellationTokenSource(s_patience);
        using var call = Client.Watch(new WatchRequest { SyncId = sync.ToString() }, await service.CallAsync(service.Owner, patience.Token));

        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        Assert.Equal(260, call.ResponseStream.Current.Processed);
        await service.MoveAsync(sync, 100);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        Assert.Equal(360, call.ResponseStream.Current.Processed);
        var version = call.ResponseStream.Current.Version;
        await service.FinishAsync(sync);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        Assert.Equal("completed", call.ResponseStream.Current.Status);
        Assert.Equal(100, call.ResponseStream.Current.Progress);
        Assert.True(call.ResponseStream.Current.Version > version);
        Assert.False(await call.ResponseStream.MoveNext(patience.Token));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Watch_AfterVersion_SendsOnlyNewerOnes()
    {
        var sync = await service.AddSyncAsync();
        await service.MoveAsync(sync, 1);
        using var patience = new CancellationTokenSource(s_patience);
        using var call = Client.Watch(new WatchRequest { SyncId = sync.ToString(), AfterVersion = 2 }, await service.CallAsync(service.Owner, patience.Token));
        var next = call.ResponseStream.MoveNext(patience.Token);
        await service.MoveAsync(sync, 1);

        Assert.True(await next);
        Assert.Equal(3, call.ResponseStream.Current.Version);
        await service.FinishAsync(sync);
    }

    [Fact]
    public async Task Watch_ResumedAfterTheFinalVersion_EndsAtOnce()
    {
        var sync = await service.AddSyncAsync("completed");
        using var patience = new CancellationTokenSource(s_patience);
        using var call = Client.Watch(new WatchRequest { SyncId = sync.ToString(), AfterVersion = 1 }, await service.CallAsync(service.Owner, patience.Token));

        Assert.False(await call.ResponseStream.MoveNext(patience.Token));
    }

    [Fact]
    public async Task Watch_User_ShowsASyncThatStartsLater()
    {
        var user = Guid.CreateVersion7();
        var account = Guid.CreateVersion7();
        await service.ExecuteAsync("INSERT INTO app_users (id, display_name, role) VALUES ($1, 'Later', 'member')", user);
        await service.AddAccountAsync(account, user, "later@example.org");
        using var patience = new CancellationTokenSource(s_patience);
        using var call = Client.Watch(new WatchRequest { UserId = user.ToString() }, await service.CallAsync(user, patience.Token));
        var next = call.ResponseStream.MoveNext(patience.Token);

        var sync = await service.AddSyncAsync(account: account, user: user);

        Assert.True(await next);
        Assert.Equal(sync.ToString(), call.ResponseStream.Current.SyncId);
        await service.FinishAsync(sync);
        while (call.ResponseStream.Current.Status != "completed")
        {
            Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        }
    }

    [Fact]
    public async Task Calls_UnknownForeignAndAnonymous_HaveTheirStatus()
    {
        var sync = await service.AddSyncAsync("completed");
        var unknown = Guid.CreateVersion7().ToString();

        Assert.Equal(StatusCode.NotFound, await StatusAsync(service.Owner, unknown));
        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(service.Stranger, sync.ToString()));
        Assert.Equal(StatusCode.InvalidArgument, await StatusAsync(service.Owner, "7"));
        Assert.Equal(StatusCode.OK, await StatusAsync(service.Spouse, sync.ToString()));
        var anonymous = await Assert.ThrowsAsync<RpcException>(async () => await Client.GetAsync(new GetRequest { SyncId = unknown }));
        Assert.Equal(StatusCode.Unauthenticated, anonymous.StatusCode);
        using var watch = Client.Watch(new WatchRequest { SyncId = sync.ToString() }, await service.CallAsync(service.Stranger));
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(CancellationToken.None))).StatusCode);
    }

    [Fact]
    public async Task Watch_Deadline_EndsWithDeadlineExceeded()
    {
        var sync = await service.AddSyncAsync(account: Guid.CreateVersion7());
        var options = (await service.CallAsync(service.Owner)).WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(1));
        using var call = Client.Watch(new WatchRequest { SyncId = sync.ToString() }, options);
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        });

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        await service.FinishAsync(sync);
    }

    [Fact]
    public async Task List_Limit_NewestFirst()
    {
        var user = Guid.CreateVersion7();
        await service.ExecuteAsync("INSERT INTO app_users (id, display_name, role) VALUES ($1, 'List', 'member')", user);
        await service.AddSyncAsync("completed", user: user);
        var newest = await service.AddSyncAsync("failed", user: user);

        var list = await Client.ListAsync(new ListRequest { UserId = user.ToString(), Limit = 1 }, await service.CallAsync(user));

        Assert.Equal(newest.ToString(), Assert.Single(list.Syncs).SyncId);
    }

    [Fact]
    public async Task Watch_StreamLimit_EndsWithOkAndResumesWithoutGap()
    {
        var sync = await service.AddSyncAsync(account: Guid.CreateVersion7());
        await using var factory = new ProgressService.Factory(service.ConnectionString, new Dictionary<string, string?> { ["Butler:Progress:StreamLimit"] = "00:00:01" });
        var (_, channel) = factory.Start();
        using var patience = new CancellationTokenSource(s_patience);
        var client = new Butler.Progress.V1.Progress.ProgressClient(channel);
        using var first = client.Watch(new WatchRequest { SyncId = sync.ToString() }, await service.CallAsync(service.Owner, patience.Token));
        Assert.True(await first.ResponseStream.MoveNext(patience.Token));
        var version = first.ResponseStream.Current.Version;
        Assert.False(await first.ResponseStream.MoveNext(patience.Token));
        await service.MoveAsync(sync, 5);

        using var second = client.Watch(new WatchRequest { SyncId = sync.ToString(), AfterVersion = version }, await service.CallAsync(service.Owner, patience.Token));

        Assert.True(await second.ResponseStream.MoveNext(patience.Token));
        Assert.Equal(version + 1, second.ResponseStream.Current.Version);
        channel.Dispose();
        await service.FinishAsync(sync);
    }

    [Fact]
    public async Task Events_RunningSync_SnapshotAndChange()
    {
        var sync = await service.AddSyncAsync(account: Guid.CreateVersion7());
        using var client = await service.AsAsync(service.Owner);
        using var patience = new CancellationTokenSource(s_patience);
        using var response = await client.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead, patience.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(patience.Token));

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("\"processed_emails\":260", await DataAsync(sync, 1), StringComparison.Ordinal);
        await service.MoveAsync(sync, 100);
        Assert.Contains("\"processed_emails\":360", await DataAsync(sync, 2), StringComparison.Ordinal);
        await service.FinishAsync(sync);

        async Task<string> DataAsync(Guid id, long version)
        {
            while (true)
            {
                if (await reader.ReadLineAsync(patience.Token) == $"id: {id}:{version}")
                {
                    return (await reader.ReadLineAsync(patience.Token))!;
                }
            }
        }
    }

    [Fact]
    public async Task Hub_ThousandWatchers_OneQueryServesAll()
    {
        var sync = await service.AddSyncAsync(account: Guid.CreateVersion7());
        var hub = service.Hub;
        using var patience = new CancellationTokenSource(s_patience);
        var watchers = Enumerable.Range(0, 1000).Select(_ => hub.WatchSync(sync, 1)).ToArray();
        var waiting = watchers.Select(async watcher =>
        {
            await foreach (var snapshot in watcher.ReadAsync(patience.Token))
            {
                return snapshot.Version;
            }

            return 0;
        }).ToArray();
        var before = hub.Reads;
        var clock = Stopwatch.StartNew();

        await service.MoveAsync(sync, 1);
        for (var i = 0; i < 500; i++)
        {
            hub.Hint(sync);
        }

        var versions = await Task.WhenAll(waiting);
        var reads = hub.Reads - before;

        Assert.All(versions, version => Assert.Equal(2, version));
        // Every read serves all watchers: at most one per coalescing interval (100 ms) plus the polls of the meantime.
        Assert.InRange(reads, 1, 3 + (long)(clock.Elapsed / TimeSpan.FromMilliseconds(100)));
        Array.ForEach(watchers, watcher => watcher.Dispose());
        await service.FinishAsync(sync);
    }

    [Fact]
    public async Task Watcher_SlowReader_GetsOnlyTheNewest()
    {
        var id = Guid.CreateVersion7();
        using var watcher = new ProgressWatcher(id, null, 0, _ => { });
        foreach (var version in new long[] { 3, 7, 5, 6 })
        {
            watcher.Offer(Snapshot(id, version, "in_progress"));
        }

        watcher.Offer(Snapshot(id, 9, "completed"));
        var seen = new List<long>();
        await foreach (var snapshot in watcher.ReadAsync(CancellationToken.None))
        {
            seen.Add(snapshot.Version);
        }

        Assert.Equal([9], seen);
    }

    private async Task<StatusCode> StatusAsync(Guid user, string sync)
    {
        try
        {
            await Client.GetAsync(new GetRequest { SyncId = sync }, await service.CallAsync(user));
            return StatusCode.OK;
        }
        catch (RpcException exception)
        {
            return exception.StatusCode;
        }
    }

    private static SyncSnapshot Snapshot(Guid id, long version, string status) => new()
    {
        SyncId = id, AppUserId = id, ProviderUserId = id, Type = "import", Trigger = "api", Status = status, Details = "{}", Version = version,
    };
}
