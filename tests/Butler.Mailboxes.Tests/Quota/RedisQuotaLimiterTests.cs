using System.Diagnostics;
using Butler.Mailboxes.Quota;
using Butler.Mailboxes.Tests.Support;
using Butler.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Butler.Mailboxes.Tests.Quota;

public class RedisQuotaLimiterTests : LimiterRules
{
    // One database for all limiters: what they share is what these tests are about.
    private static readonly Lazy<Task<string>> s_redis = new(RedisFixture.ConnectionAsync);

    internal override DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    internal override async Task<IQuotaLimiter> CreateAsync(QuotaLimits limits)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(await s_redis.Value);
        // The project's bucket is one per server: each test begins with a full one.
        await connection.GetDatabase().KeyDeleteAsync("butler:quota:{project}");
        return Over(() => connection, limits);
    }

    [Fact]
    public async Task Acquire_TwoProcesses_ShareOneBucketAndTheConcurrency()
    {
        var first = await CreateAsync(Limits);
        var second = await CreateAsync(Limits);
        var user = User();

        await using var one = await Granted(first, user, new(1, 6, 6, 6, MailLane.Live));
        await using var two = await Granted(second, user, new(1, 6, 1, 6, MailLane.Live));

        Assert.Equal(4, two.Calls);
        await first.PenaliseAsync(user, QuotaScope.User, TimeSpan.FromSeconds(9), default);
        var refused = await second.TryAcquireAsync(user, QuotaRequest.Single(1, MailLane.Live), default);
        Assert.InRange((refused.NotBefore - Now).TotalSeconds, 7, 9.1);
    }

    [Fact]
    public async Task Acquire_BulkRefusedByTheProject_IsSpreadOut()
    {
        var limiter = await CreateAsync(Limits with { Project = BucketSize.PerMinute(1_500) });
        await using (await Granted(limiter, User(), QuotaRequest.Single(240, MailLane.Live)))
        {
        }

        var times = new List<DateTimeOffset>();
        for (var i = 0; i < 3; i++)
        {
            times.Add((await limiter.TryAcquireAsync(User(), new(50, 1, 1, 1, MailLane.Bulk), default)).NotBefore);
        }

        // 50 units at 25 a second: two seconds between one and the next.
        Assert.InRange((times[1] - times[0]).TotalSeconds, 1.5, 2.5);
        Assert.InRange((times[2] - times[1]).TotalSeconds, 1.5, 2.5);
    }

    [Fact]
    public async Task Acquire_RedisStopped_FallsBackToTheLocalShareAndComesBack()
    {
        var (address, process) = await RedisFixture.StartAsync();
        try
        {
            var options = ConfigurationOptions.Parse(address);
            options.AbortOnConnectFail = false;
            var connection = await ConnectionMultiplexer.ConnectAsync(options);
            var limiter = Over(() => connection, Limits, callSeconds: 2);
            await using (var shared = await Granted(limiter, User(), new(1, 10, 1, 10, MailLane.Live)))
            {
                Assert.Equal(10, shared.Calls);
            }

            Signal(process, "STOP");
            // Hung, not refused: only the wrapper's limit ends the call. Half of ten places.
            var local = await limiter.TryAcquireAsync(User(), new(1, 10, 1, 10, MailLane.Live), default).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(5, local.Lease?.Calls);
            await local.Lease!.DisposeAsync();
            Signal(process, "CONT");

            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            var calls = 5;
            while (calls != 10)
            {
                await Task.Delay(100, limit.Token);
                await using var lease = await Granted(limiter, User(), new(1, 10, 1, 10, MailLane.Live));
                calls = lease.Calls;
            }
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public async Task Acquire_NoRedisRegistered_CountsLocally()
    {
        await using var lease = await Granted(Over(() => null, Limits), User(), new(1, 10, 1, 10, MailLane.Live));

        Assert.Equal(5, lease.Calls);
    }

    [Fact]
    public async Task Acquire_RedisCannotBeReached_CountsLocallyWithoutWaitingForIt()
    {
        var release = new TaskCompletionSource();
        var limiter = Over(
            () =>
            {
                release.Task.Wait();
                throw new TimeoutException("no connection");
            },
            Limits,
            callSeconds: 0.2);

        await using var lease = await Granted(limiter, User(), new(1, 10, 1, 10, MailLane.Live));

        Assert.Equal(5, lease.Calls);
        release.SetResult();
    }

    // The limit on a call is long here: on a loaded machine 200 ms would let the local share answer instead.
    private static RedisQuotaLimiter Over(Func<IConnectionMultiplexer?> connect, QuotaLimits limits, double callSeconds = 20)
    {
        var metrics = Meters.Metrics();
        var gate = new RedisGate(connect, TimeProvider.System, NullLogger<RedisGate>.Instance, TimeSpan.FromSeconds(callSeconds));
        return new(limits, gate, new LocalQuotaLimiter(limits.LocalShare(1), TimeProvider.System, metrics), TimeProvider.System, metrics);
    }

    private static void Signal(Process process, string signal) => Servers.Run("/bin/kill", $"-{signal}", $"{process.Id}");
}
