using Butler.Mailboxes.Imap;
using Butler.Mailboxes.Quota;
using Butler.Mailboxes.Tests.Support;
using Butler.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Butler.Mailboxes.Tests.Imap;

public class PoolTests
{
    private static readonly Lazy<Task<string>> s_redis = new(RedisFixture.ConnectionAsync);

    private readonly Guid _account = Guid.NewGuid();

    [Fact]
    public async Task Lease_TwoProcesses_ShareTheAccountsPlaces()
    {
        var (first, second) = (await LeasesAsync(), await LeasesAsync());
        var one = await first.TakeAsync(_account, 2, default);
        var two = await second.TakeAsync(_account, 2, default);
        Assert.NotNull(one.Lease);
        Assert.NotNull(two.Lease);

        var now = TimeProvider.System.GetUtcNow();
        var refused = await second.TakeAsync(_account, 2, default);
        Assert.Null(refused.Lease);
        Assert.True(refused.RetryAt > now);
        Assert.NotNull((await second.TakeAsync(Guid.NewGuid(), 2, default)).Lease);

        await first.ReleaseAsync(_account, one.Lease!);
        Assert.NotNull((await second.TakeAsync(_account, 2, default)).Lease);
    }

    [Fact]
    public async Task Lease_HolderDies_PlaceIsFreeAfterItsTime()
    {
        var dead = await LeasesAsync(new() { LeaseTime = TimeSpan.FromMilliseconds(50) });
        Assert.NotNull((await dead.TakeAsync(_account, 1, default)).Lease);
        var heir = await LeasesAsync();
        await UntilAsync(async () => (await heir.TakeAsync(_account, 1, default)).Lease is not null);
    }

    [Fact]
    public async Task Lease_Renewed_ComesBackAfterRedisForgotIt()
    {
        var holder = await LeasesAsync();
        Assert.NotNull((await holder.TakeAsync(_account, 1, default)).Lease);
        await (await ConnectAsync()).GetDatabase().KeyDeleteAsync($"butler:imap:{{u:{_account:N}}}:held");
        await holder.RenewAsync(default);
        Assert.Null((await (await LeasesAsync()).TakeAsync(_account, 1, default)).Lease);
    }

    [Fact]
    public async Task Refused_AgainAndAgain_WaitsLongerForAllProcesses()
    {
        var options = new ImapPoolOptions { FirstWait = TimeSpan.FromSeconds(40), LongestWait = TimeSpan.FromSeconds(100) };
        var (first, second) = (await LeasesAsync(options), await LeasesAsync(options));
        var now = TimeProvider.System.GetUtcNow();
        Assert.InRange((await first.RefusedAsync(_account, default) - now).TotalSeconds, 39, 100);

        // Told to the other too, and not doubled by refusals that come together.
        Assert.InRange((await second.RefusedAsync(_account, default) - now).TotalSeconds, 1, 100);
        Assert.Null((await second.TakeAsync(_account, 5, default)).Lease);

        await Clear("until");
        now = TimeProvider.System.GetUtcNow();
        Assert.InRange((await first.RefusedAsync(_account, default) - now).TotalSeconds, 79, 160);
        await Clear("until");
        now = TimeProvider.System.GetUtcNow();
        Assert.InRange((await first.RefusedAsync(_account, default) - now).TotalSeconds, 99, 180);

        await second.SucceededAsync(_account, default);
        Assert.NotNull((await first.TakeAsync(_account, 5, default)).Lease);

        async Task Clear(string field) => await (await ConnectAsync()).GetDatabase().HashDeleteAsync($"butler:imap:{{u:{_account:N}}}:wait", field);
    }

    [Fact]
    public async Task Idle_TwoProcesses_OneOwnsItAndTheOtherFollows()
    {
        var (first, second) = (await LeasesAsync(), await LeasesAsync());
        Assert.True(await first.OwnIdleAsync(_account, default));
        Assert.False(await second.OwnIdleAsync(_account, default));
        Assert.True(await first.OwnIdleAsync(_account, default));
        await second.LeaveIdleAsync(_account);
        Assert.False(await second.OwnIdleAsync(_account, default));
        await first.LeaveIdleAsync(_account);
        Assert.True(await second.OwnIdleAsync(_account, default));
    }

    [Fact]
    public async Task WithoutRedis_EachProcessKeepsToItsShare()
    {
        var time = new ManualTime();
        var leases = new ImapLeases(new RedisGate(() => null, time, NullLogger<RedisGate>.Instance), new() { FirstWait = TimeSpan.FromSeconds(10) }, time, replicas: 2, () => 1);
        Assert.NotNull((await leases.TakeAsync(_account, 8, default)).Lease);
        var second = await leases.TakeAsync(_account, 8, default);
        Assert.NotNull(second.Lease);
        Assert.Null((await leases.TakeAsync(_account, 8, default)).Lease);
        await leases.ReleaseAsync(_account, second.Lease!);
        Assert.NotNull((await leases.TakeAsync(_account, 8, default)).Lease);
        Assert.Null(await leases.OwnIdleAsync(_account, default));

        var other = Guid.NewGuid();
        Assert.Equal(time.GetUtcNow().AddSeconds(10), await leases.RefusedAsync(other, default));
        Assert.Null((await leases.TakeAsync(other, 8, default)).Lease);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull((await leases.TakeAsync(other, 8, default)).Lease);
        Assert.Equal(time.GetUtcNow().AddSeconds(20), await leases.RefusedAsync(other, default));
    }

    [Fact]
    public async Task Rent_Returned_IsUsedAgainAfterAHealthCheck()
    {
        var time = new ManualTime();
        await using var server = new ScriptedImap(async peer =>
        {
            await peer.SendAsync("* OK [CAPABILITY IMAP4rev1] hello\r\n");
            await peer.PlayAsync("A1 LOGIN \"u\" \"p\"\r\n", "A1 OK [CAPABILITY IMAP4rev1] in\r\n");
            await peer.PlayAsync("A2 NOOP\r\n", "A2 OK\r\n");
            await peer.LogoutAsync("A3");
        });
        await using (var pool = new ImapPool(Alone(time), new(), time, NullLogger.Instance))
        {
            var account = new ImapAccount(_account, server.Endpoint, new("u", "p"), 2);
            ImapClient client;
            await using (var rented = await pool.RentAsync(account, MailLane.Live, default))
            {
                client = rented.Client;
                var busy = await Assert.ThrowsAsync<MailboxException>(async () => await pool.RentAsync(account, MailLane.Live, default));
                Assert.Equal((MailboxFault.Throttled, true), (busy.Fault, busy.RetryAt is not null));
            }

            time.Advance(TimeSpan.FromSeconds(30));
            await using (var again = await pool.RentAsync(account, MailLane.Live, default))
            {
                Assert.Same(client, again.Client);
            }
        }

        await server.DoneAsync();
    }

    [Fact]
    public async Task Rent_OpenedRefusedAndClosed_IsCounted()
    {
        var counts = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        var metrics = Meters.Metrics();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == MailboxMetrics.MeterName && metrics.Owns(instrument.Meter))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => counts.Enqueue($"{instrument.Name} {(tags.Length > 0 ? tags[0].Value : "")} {value}"));
        listener.Start();
        await using (var server = new ScriptedImap(async peer =>
        {
            await peer.SendAsync("* OK [CAPABILITY IMAP4rev1] hello\r\n");
            await peer.PlayAsync("A1 LOGIN \"u\" \"p\"\r\n", "A1 OK [CAPABILITY IMAP4rev1] in\r\n");
            await peer.LogoutAsync("A2");
        }))
        {
            await using (var pool = new ImapPool(Alone(TimeProvider.System), new(), TimeProvider.System, NullLogger.Instance, metrics))
            {
                await (await pool.RentAsync(new(_account, server.Endpoint, new("u", "p")), MailLane.Live, default)).DisposeAsync();
            }

            await server.DoneAsync();
        }

        await using (var server = new ScriptedImap(peer => peer.SendAsync("* BYE [LIMIT] no\r\n")))
        {
            await using var pool = new ImapPool(Alone(TimeProvider.System), new(), TimeProvider.System, NullLogger.Instance, metrics);
            await Assert.ThrowsAsync<MailboxException>(async () => await pool.RentAsync(new(_account, server.Endpoint, new("u", "p")), MailLane.Live, default));
        }

        Assert.Equal(["imap_connects_total ok 1", "imap_connections  1", "imap_connections  -1", "imap_connects_total TooManyConnections 1"], counts);
    }

    [Fact]
    public async Task Rent_KeptTooLong_IsClosedWithLogout()
    {
        var time = new ManualTime();
        await using var server = new ScriptedImap(async peer =>
        {
            await peer.SendAsync("* OK [CAPABILITY IMAP4rev1] hello\r\n");
            await peer.PlayAsync("A1 LOGIN \"u\" \"p\"\r\n", "A1 OK [CAPABILITY IMAP4rev1] in\r\n");
            await peer.LogoutAsync("A2");
        });
        await using var pool = new ImapPool(Alone(time), new() { LeaseTime = TimeSpan.FromDays(9) }, time, NullLogger.Instance);
        await (await pool.RentAsync(new(_account, server.Endpoint, new("u", "p")), MailLane.Bulk, default)).DisposeAsync();
        time.Advance(TimeSpan.FromMinutes(2));
        await pool.UpkeepAsync(default);
        await server.DoneAsync();
    }

    [Fact]
    public async Task Rent_ServerRefuses_TellsWhenToComeBackAndKeepsAway()
    {
        var time = new ManualTime();
        await using var server = new ScriptedImap(peer => peer.SendAsync("* BYE [LIMIT] Too many connections\r\n"));
        await using var pool = new ImapPool(Alone(time), new() { LeaseTime = TimeSpan.FromDays(9) }, time, NullLogger.Instance);
        var account = new ImapAccount(_account, server.Endpoint, new("u", "p"));
        var e = await Assert.ThrowsAsync<MailboxException>(async () => await pool.RentAsync(account, MailLane.Live, default));
        Assert.Equal((ImapProblem.TooManyConnections, time.GetUtcNow().AddSeconds(5)), (e.Problem!.Value, e.RetryAt!.Value));

        // Nobody is there to be asked now: it is not even tried.
        await server.DoneAsync();
        e = await Assert.ThrowsAsync<MailboxException>(async () => await pool.RentAsync(account, MailLane.Live, default));
        Assert.Equal(time.GetUtcNow().AddSeconds(5), e.RetryAt);
    }

    [Fact]
    public async Task TryOwnIdle_TakenOver_IsLost()
    {
        var options = new ImapPoolOptions { LeaseTime = TimeSpan.FromHours(1) };
        await using var pool = new ImapPool(await LeasesAsync(options), options, TimeProvider.System, NullLogger.Instance);
        await using var right = await pool.TryOwnIdleAsync(_account, default);
        Assert.NotNull(right);
        Assert.Null(await pool.TryOwnIdleAsync(_account, default));
        await pool.UpkeepAsync(default);
        Assert.False(right.Lost.IsCancellationRequested);

        await (await ConnectAsync()).GetDatabase().StringSetAsync($"butler:imap:{{u:{_account:N}}}:idle", "another");
        await pool.UpkeepAsync(default);
        Assert.True(right.Lost.IsCancellationRequested);
    }

    [Theory]
    [InlineData("imap.gmail.com", null, 5)]
    [InlineData("imap.gmail.com", 40, 15)]
    [InlineData("imap.mail.yahoo.com", 9, 5)]
    [InlineData("notgmail.com", 40, 40)]
    [InlineData("mail.example.com", null, 5)]
    [InlineData("mail.example.com", 0, 1)]
    public void Allowed_IsNeverAboveTheProviders(string host, int? asked, int expected) => Assert.Equal(expected, ImapProviders.Allowed(host, asked));

    // 5 places of a process that is alone without Redis: half of them.
    private static ImapLeases Alone(TimeProvider time) => new(new RedisGate(() => null, time, NullLogger<RedisGate>.Instance), new(), time, replicas: 1, () => 1);

    private static async Task<ImapLeases> LeasesAsync(ImapPoolOptions? options = null)
    {
        var connection = await ConnectAsync();
        // Patient: a busy machine must not look like a Redis that is away.
        return new(new RedisGate(() => connection, TimeProvider.System, NullLogger<RedisGate>.Instance, TimeSpan.FromSeconds(60)), options ?? new(), TimeProvider.System, 2, () => 1);
    }

    private static async Task<IConnectionMultiplexer> ConnectAsync() => await ConnectionMultiplexer.ConnectAsync(await s_redis.Value);

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(ScriptedImap.Patience);
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
