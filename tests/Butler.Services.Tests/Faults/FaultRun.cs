using System.Diagnostics;
using Butler.Classifier;
using Butler.Data;
using Butler.Ingest;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Responder;
using Butler.ServiceDefaults;
using Butler.Sandbox;
using Butler.Services.Tests.Hosting;
using Butler.Testing;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Butler.Services.Tests.Faults;

/// <summary>
/// One seed: several mailboxes are imported by services that die, against a sandbox that is nastier than Gmail, while mail comes and goes.
/// Then calm, a second import, and <see cref="Invariants"/>. Waiting times cost nothing: they are moved into the past in the database.
/// </summary>
internal sealed partial class FaultRun : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(180);
    private static readonly Lazy<Task<ConnectionMultiplexer>> s_redis = new(async () => await ConnectionMultiplexer.ConnectAsync(await RedisFixture.ConnectionAsync()));
    private static int s_roles;
    private bool _calm;

    private readonly SeedPlan _plan;
    private readonly PointBook _book;
    private readonly TestSystem _system;
    private readonly List<Victim> _alive = [];
    private readonly List<Victim> _all = [];
    private readonly List<Task> _tearDowns = [];
    private readonly List<string> _story = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ProviderScene? _providers;

    private FaultRun(SeedPlan plan, PointBook book, TestSystem system) =>
        (_plan, _book, _system, _providers) = (plan, book, system, plan.HasProviders ? new ProviderScene(plan, system) : null);

    /// <summary>What happened, for a person who looks into a failed seed.</summary>
    public IReadOnlyList<string> Story => _story;

    /// <summary>Mails that an owner deleted while the run went on.</summary>
    public HashSet<string> Deleted { get; } = [];

    /// <summary>Who left, with everything: address and id of the account.</summary>
    public (string Address, Guid Id)? Left { get; private set; }

    /// <summary>What the chat providers' side found wrong.</summary>
    public IReadOnlyList<string> ProviderFaults => _providers?.Faults ?? [];

    /// <summary>The metrics of the Classifier, where chat providers are asked.</summary>
    public async Task<string> MetricsAsync()
    {
        if (_providers is null)
        {
            return "";
        }

        using var http = new HttpClient { BaseAddress = _alive.Single(v => v.Kind.Queue == Queues.Classifier).Address };
        return await http.GetStringAsync(new Uri("api/metrics", UriKind.Relative));
    }

    public TestSystem System => _system;

    public SeedPlan Plan => _plan;

    /// <summary>Runs a seed; null: all is well, else what is wrong and how it came.</summary>
    public static async Task<string?> RunAsync(int seed, PointBook book)
    {
        var plan = SeedPlan.For(seed);
        await using var run = new FaultRun(plan, book, await TestSystem.StartAsync(plan.Nastiness, plan.Settings));
        try
        {
            await run.PlayAsync();
            var faults = await Invariants.CheckAsync(run);
            book.Took(seed, run._clock.Elapsed, run._story);
            return faults.Count == 0 ? null : $"{string.Join("\n  ", faults)}\n  story:\n    {string.Join("\n    ", run._story)}";
        }
        catch (Exception e)
        {
            return $"{e}\n  story:\n    {string.Join("\n    ", run._story)}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_tearDowns);
        await _system.DisposeAsync();
        await PostgresFixture.DropDatabaseAsync(_system.ConnectionString);
    }

    private async Task PlayAsync()
    {
        for (var i = 1; i <= _plan.Accounts; i++)
        {
            _plan.Fill(_system.State, i);
        }

        if (_providers is not null)
        {
            Tell(_providers.Begin());
        }

        var classifier = _providers is null
            ? new ServiceKind(Queues.Classifier, b => b.AddClassifier(), _ => { })
            : new ServiceKind(Queues.Classifier, b =>
            {
                b.AddClassifier();
                _providers.Use(b);
                _providers.Started();
            }, app => app.MapDefaultEndpoints());
        var ingest = new ServiceKind(Queues.Ingest, b => b.AddIngest(), TestSystem.MapPush);
        ServiceKind[] kinds = [.. Enumerable.Repeat(ingest, _plan.Replicas), classifier, new(Queues.Responder, b => b.AddResponder(), _ => { })];
        await Task.WhenAll(kinds.Select(StartAsync));

        // While things happen.
        await LoopAsync("the first imports end", async () =>
        {
            // Not all of it before the first mail is listed.
            var busy = _plan.Events > 0;
            if (busy && _plan.Next(0, 3) == 0 && await IsAsync("SELECT EXISTS (SELECT FROM ledger)"))
            {
                _plan.Events--;
                await EventAsync();
            }

            return !busy && await IsAsync($"SELECT count(DISTINCT provider_user_id) = {_plan.Accounts} AND bool_and(status IN ('completed', 'failed')) FROM sync_jobs WHERE type = 'import'");
        });

        // Calm: nobody dies any more, what failed is connected again, and everything is imported once more.
        _system.Faults.Clear();
        var nasty = _system.Sandbox.Services.GetRequiredService<SandboxOptions>().Faults;
        (nasty.Errors, nasty.Push, nasty.Vanish, nasty.HistoryExpiry) = (false, false, false, false);
        _calm = true;
        Tell("calm");
        // Whoever was to die at a point of judging again still may.
        foreach (var victim in _alive.Where(v => !v.DiesLate))
        {
            victim.Immortal = true;
        }

        await LoopAsync("nothing starts by itself any more", () => IsAsync("""
            SELECT NOT EXISTS (SELECT FROM outbox) AND NOT EXISTS (SELECT FROM account_events) AND NOT EXISTS (SELECT FROM sync_jobs WHERE status IN ('pending', 'in_progress'))
            """));
        await _system.ExecuteAsync("UPDATE provider_users SET display_name = 'Olivia Other'");
        await ProcessAgainAsync();
        await SendAsync("SELECT id FROM provider_users ORDER BY id", id => MessageBus.Pack(new StartImport(id, "api", null, null), Lane.Live, id, Guid.CreateVersion7()));
        Tell("second import");
        await ReturnAsync();
        await QuietAsync();
        Tell("quiet");

        // Whatever push was lost: one more look at each history, and Butler has seen all that happened.
        await SendAsync("SELECT id FROM provider_users ORDER BY id", id => MessageBus.Pack(new SyncHistory(id, "schedule"), Lane.Live, id, Guid.CreateVersion7()));
        await LoopAsync("the cursors have come to the end", async () =>
            await IsAsync("SELECT NOT EXISTS (SELECT FROM provider_users WHERE gap_found_at IS NOT NULL)") && await HaveCaughtUpAsync());
        await QuietAsync();
        // Of a repair that was cancelled the sweeper takes away what came late.
        await LoopAsync("nothing is left of repairs", () => IsAsync("SELECT NOT EXISTS (SELECT FROM repair_seen)"));
        Tell("caught up");
    }

    private async Task<bool> HaveCaughtUpAsync()
    {
        foreach (var account in _system.State.Accounts.Where(a => a.Address != Left?.Address))
        {
            if (await _system.CountAsync($"SELECT coalesce(history_id, 0) FROM provider_users WHERE address = '{account.Address}'") != (long)account.HistoryId)
            {
                return false;
            }
        }

        return true;
    }

    private Task QuietAsync() => LoopAsync("all work is done", () => IsAsync("""
        SELECT NOT EXISTS (SELECT FROM outbox) AND NOT EXISTS (SELECT FROM account_events) AND NOT EXISTS (SELECT FROM ledger_open)
          AND NOT EXISTS (SELECT FROM sync_jobs WHERE status IN ('pending', 'in_progress')) AND NOT EXISTS (SELECT FROM replies WHERE state IN ('intended', 'sending'))
          AND NOT EXISTS (SELECT FROM open_judgings) AND NOT EXISTS (SELECT FROM provider_users WHERE status = 'disconnected')
        """));

    /// <summary>The chat providers are back for good; and while what waited for them is judged, an owner may leave.</summary>
    private async Task ReturnAsync()
    {
        if (_providers is null)
        {
            return;
        }

        await LoopAsync("the providers' hour is over", () => Task.FromResult(!_providers.IsAway));
        _providers.Return();
        Tell($"the providers are back, {await _system.CountAsync("SELECT count(*) FROM open_judgings")} mails wait for them");
        if (_plan.Leaves)
        {
            var address = SeedPlan.Address(_plan.Accounts);
            var account = (Guid)(await _system.ScalarAsync($"SELECT id FROM provider_users WHERE address = '{address}'"))!;
            Left = (address, account);
            var owner = (Guid)(await _system.ScalarAsync($"SELECT app_user_id FROM provider_users WHERE id = '{account}'"))!;
            await SendAsync($"SELECT '{account}'::uuid AS id", id => MessageBus.Pack(new DisconnectAccount(id, true, owner), Lane.Live, null, Guid.CreateVersion7()));
            Tell($"the owner of {address} leaves");
        }
    }

    private async Task LoopAsync(string what, Func<Task<bool>> isDone)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!await isDone())
        {
            if (patience.IsCancellationRequested)
            {
                throw new TimeoutException($"Not within {s_patience.TotalSeconds} s: {what}. {await _system.DescribeAsync()}");
            }

            foreach (var victim in _alive.Where(v => v.Dying.IsCompleted).ToList())
            {
                await BuryAsync(victim);
            }

            await PassTimeAsync();
            await RetryAsync();
            await Task.Delay(40);
        }
    }

    /// <summary>The hour has passed: what is dead is tried again. Only where faults come without end, and not before they have one.</summary>
    private async Task RetryAsync()
    {
        if (_plan.Errors && _calm)
        {
            await _system.ExecuteAsync("UPDATE schedules SET forced_at = now() WHERE name = 'retry-failed' AND forced_at IS NULL AND EXISTS (SELECT FROM failed_tasks WHERE resolved_at IS NULL)");
        }
    }

    private async Task StartAsync(ServiceKind kind)
    {
        var death = _plan.NextDeath(kind.Queue);
        var victim = await Victim.StartAsync(_system, kind, _book, $"fault_{Interlocked.Increment(ref s_roles)}", death);
        if (kind.Queue == Queues.Ingest)
        {
            _system.PushTo(victim.Address);
        }

        lock (_alive)
        {
            _alive.Add(victim);
            _all.Add(victim);
            Tell($"{kind.Queue} starts{(death is null ? "" : $", to die at {death}")}");
        }
    }

    /// <summary>A host died: it is cut off, its leases run out, and its like starts again.</summary>
    private async Task BuryAsync(Victim victim)
    {
        _alive.Remove(victim);
        await victim.KillAsync();
        Tell($"{victim.Kind.Queue} died at {victim.DiedAt}");
        _tearDowns.Add(Task.Run(victim.TearDownAsync));
        if (_plan.Replicas == 1 || victim.Kind.Queue != Queues.Ingest)
        {
            await _system.ExecuteAsync($"UPDATE outbox SET due_at = now() WHERE lease IS NOT NULL AND queue = '{victim.Kind.Queue}'");
        }

        await StartAsync(victim.Kind);
    }

    /// <summary>What waits for a time waits no longer; but a sending that may still be under way is not hurried.</summary>
    private async Task PassTimeAsync()
    {
        var sendings = _all.TrueForAll(v => v.Posting == 0) ? "UPDATE replies SET send_before = now() - interval '1 hour' WHERE state = 'sending' AND updated_at < now() - interval '1 second';" : "";

        // Also a refusal that was on its way when calm came.
        var connected = _calm ? "UPDATE provider_users SET status = 'active' WHERE status = 'reconnect_needed';" : "";
        await _system.ExecuteAsync($"""
            {sendings}
            {connected}
            UPDATE outbox SET due_at = now() WHERE lease IS NULL AND due_at > now()
              AND NOT EXISTS (SELECT FROM replies r WHERE r.state = 'sending' AND r.send_before > now() AND outbox.body->>'mail_id' = r.mail_id::text);
            UPDATE ledger SET not_before = now() WHERE id IN (SELECT id FROM ledger WHERE not_before > now() ORDER BY id FOR NO KEY UPDATE);
            """);

        if (_providers is not null)
        {
            if (await _providers.HasBudgetAsync())
            {
                // Of rows that somebody holds, later: a transaction of Butler's holds one, this one would wait with many.
                await _system.ExecuteAsync("UPDATE open_judgings SET not_before = '-infinity' WHERE mail_id IN (SELECT mail_id FROM open_judgings WHERE not_before > now() FOR UPDATE SKIP LOCKED)");
            }

            if (_providers.PassTime() is { } told)
            {
                Tell(told);
            }
        }

        // Places and penalties that the shared limiter keeps for a while.
        var accounts = await _system.ScalarAsync("SELECT array_agg(replace(id::text, '-', '')) FROM provider_users") as string[] ?? [];
        var redis = (await s_redis.Value).GetDatabase(ConfigurationOptions.Parse(_system.RedisConnection).DefaultDatabase!.Value);
        await redis.KeyDeleteAsync([.. accounts.SelectMany(a => new RedisKey[] { $"butler:quota:{{u:{a}}}", $"butler:inflight:{{u:{a}}}" })]);
    }

    private Task SendAsync(string ids, Func<Guid, OutgoingMessage> message) => SendAsync(ids, (_, id) => Task.FromResult(message(id)));

    private async Task SendAsync(string ids, Func<Npgsql.NpgsqlConnection, Guid, Task<OutgoingMessage>> message)
    {
        var found = await _system.ScalarAsync($"SELECT array_agg(id) FROM ({ids}) s") as Guid[] ?? [];
        await new Database(_system.DataSource).TransactAsync(async connection =>
        {
            var messages = new List<OutgoingMessage>();
            foreach (var id in found)
            {
                messages.Add(await message(connection, id));
            }

            await Outbox.AddAsync(connection, messages, CancellationToken.None);
        }, CancellationToken.None);
    }

    private async Task<bool> IsAsync(string sql) => await _system.ScalarAsync(sql) is true;

    private void Tell(string what)
    {
        lock (_alive)
        {
            _story.Add($"{_clock.Elapsed.TotalSeconds:0.00} {what}");
        }
    }
}
