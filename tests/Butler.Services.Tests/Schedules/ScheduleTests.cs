using System.Collections.Concurrent;
using Butler.Data;
using Butler.Ingest;
using Butler.Ingest.Schedules;
using Butler.Services.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Schedules;

/// <summary>Schedules on two Ingest replicas over one database.</summary>
public sealed class ScheduleTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Schedule_TwoReplicas_RunsOncePerTurnAndNeverTwiceAtOnce()
    {
        var log = new RunLog();
        await using var system = await TestSystem.StartAsync(o => o.Mailbox = Import.ImportTests.Samples, NoAccounts);
        await StartAsync(system, log);
        await StartAsync(system, log);

        await system.UntilAsync("SELECT runs >= 15 AND claim IS NULL FROM schedules WHERE name = 'test'", s_patience, "fifteen runs");
        await system.ExecuteAsync("UPDATE schedules SET enabled = false WHERE name = 'test'");
        await system.UntilAsync("SELECT claim IS NULL FROM schedules WHERE name = 'test'", s_patience, "the last run ends");

        Assert.Equal(1, log.MostAtOnce);
        Assert.Equal(await system.CountAsync("SELECT runs FROM schedules WHERE name = 'test'"), log.Runs.Count);
        // The schedule's times are a grid of 100 ms from its first one: no two runs belong to the same time.
        var next = await system.ScalarAsync("SELECT next_run_at FROM schedules WHERE name = 'test'");
        var slots = log.Runs.Select(r => (long)Math.Floor((new DateTimeOffset((DateTime)next!) - r.StartedAt).TotalMilliseconds / 100)).ToList();
        Assert.Equal(slots.Count, slots.Distinct().Count());
    }

    [Fact]
    public async Task Schedule_ReplicaDiesInARun_APeerDoesItAgain()
    {
        await using var system = await TestSystem.StartAsync(o => o.Mailbox = Import.ImportTests.Samples, NoAccounts);
        var dead = new RunLog { Hang = true };
        var first = await StartAsync(system, dead, TimeSpan.FromHours(1));
        await system.UntilAsync("SELECT count(*) = 1 FROM schedules WHERE name = 'test'", s_patience, "the schedule is registered");
        await system.ExecuteAsync("UPDATE schedules SET next_run_at = now() WHERE name = 'test'");
        await dead.Started.Task.WaitAsync(s_patience);

        // The process is gone without a word: nothing renews the claim any more.
        await Replicas.CutAsync(system, first);
        var alive = new RunLog();
        await StartAsync(system, alive, TimeSpan.FromHours(1));
        await alive.Started.Task.WaitAsync(s_patience);

        await system.UntilAsync("SELECT last_outcome = 'succeeded' AND next_run_at > now() FROM schedules WHERE name = 'test'", s_patience, "the peer ends the run");
        Assert.Single(alive.Runs);
    }

    [Fact]
    public async Task Schedule_SwitchedOffByConfiguration_RunsOnlyWhenForced()
    {
        await using var system = await TestSystem.StartAsync(
            o => o.Mailbox = Import.ImportTests.Samples, new Dictionary<string, string?>(NoAccounts) { ["Butler:Schedules:Jobs:test:Enabled"] = "false" });
        var log = new RunLog();
        var host = await StartAsync(system, log);
        var store = host.Host.Services.GetRequiredService<ScheduleStore>();
        await system.UntilAsync("SELECT next_run_at < now() - interval '0.3 s' FROM schedules WHERE name = 'test'", s_patience, "its time passes");
        Assert.Empty(log.Runs);

        Assert.True(await store.ForceAsync("test", default));
        await system.UntilAsync("SELECT runs = 1 AND claim IS NULL AND forced_at IS NULL FROM schedules WHERE name = 'test'", s_patience, "the forced run");

        Assert.True(Assert.Single(log.Runs).Forced);
        Assert.False(Assert.Single(await store.ListAsync("test", default)).Enabled);
    }

    [Fact]
    public async Task AccountSchedule_AThousandAccounts_EachHasItsTurnOnceAndOnesUnderWayAreSkipped()
    {
        await using var system = await TestSystem.StartAsync(o => o.Mailbox = Import.ImportTests.Samples, NoAccounts);
        var host = await Replicas.StartAsync(
            system,
            b =>
            {
                b.AddIngest();
                b.Services.AddAccountSchedule("test", TimeSpan.FromHours(1), "Tests.", ["TestSync"], (account, correlation) =>
                    new("test", Lane.Live, "TestSync", "{}", account, correlation));
            });
        await system.ExecuteAsync("""
            INSERT INTO provider_users (id, app_user_id, provider, address, services, credentials)
            SELECT gen_random_uuid(), u.id, 'gmail', 'a' || n || '@example.test', '{}', 'x' FROM app_users u, generate_series(1, 1000) n;
            INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id)
            SELECT gen_random_uuid(), 'test', 1, 'TestSync', '{}', id, id FROM provider_users ORDER BY id LIMIT 100;
            UPDATE provider_users SET services = '{gmail}';
            """);
        await system.UntilAsync("SELECT count(*) = 1 FROM schedules WHERE name = 'test'", s_patience, "the schedule is registered");
        await host.Host.Services.GetRequiredService<ScheduleStore>().ForceAsync("test", default);
        await system.UntilAsync("SELECT count(*) = 1000 FROM account_schedules WHERE name = 'test' AND last_run_at IS NOT NULL", s_patience, "all have had a turn");
        await system.UntilAsync("SELECT forced_at IS NULL AND claim IS NULL FROM schedules WHERE name = 'test'", s_patience, "the run ends");

        Assert.Equal(1000, await system.CountAsync("SELECT count(DISTINCT provider_user_id) FROM outbox WHERE kind = 'TestSync'"));
        Assert.Equal(1000, await system.CountAsync("SELECT count(*) FROM outbox WHERE kind = 'TestSync'"));
        // Spread: no tenth of the hour holds more than twice its share.
        Assert.True(await system.CountAsync("""
            SELECT max(n) FROM (SELECT count(*) AS n FROM account_schedules WHERE name = 'test' GROUP BY width_bucket(extract(epoch FROM next_run_at - now()), 0, 3600, 10)) b
            """) < 200);
    }

    private static readonly Dictionary<string, string?> s_none = new() { ["Butler:Schedules:Jobs:sweep:Enabled"] = "false" };

    private static IReadOnlyDictionary<string, string?> NoAccounts => s_none;

    private static Task<Replica> StartAsync(TestSystem system, RunLog log, TimeSpan? every = null) => Replicas.StartAsync(
        system, b =>
        {
            b.AddIngest();
            b.Services.AddSingleton(log);
            b.Services.AddSchedule<LoggedJob>("test", every ?? TimeSpan.FromMilliseconds(100), "Tests.");
        });

    private sealed class RunLog
    {
        private int _now;

        public ConcurrentQueue<ScheduledRun> Runs { get; } = new();

        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Hang { get; init; }

        public int MostAtOnce { get; private set; }

        public async Task RunAsync(ScheduledRun run, CancellationToken cancellationToken)
        {
            MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _now));
            Runs.Enqueue(run);
            Started.TrySetResult();
            if (Hang)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }

            Interlocked.Decrement(ref _now);
        }
    }

    private sealed class LoggedJob(RunLog log, Database database) : IScheduledJob
    {
        public async Task<string?> RunAsync(ScheduledRun run, CancellationToken cancellationToken)
        {
            await log.RunAsync(run, cancellationToken);
            await database.TransactAsync(c => run.HoldAsync(c, cancellationToken), cancellationToken);
            return "ran";
        }
    }
}
