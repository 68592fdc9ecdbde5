using System.Collections.Concurrent;
using Butler.Data;
using Butler.Ingest;
using Butler.Ingest.Accounts;
using Butler.Mailboxes;
using Butler.Sandbox.Faults;
using Butler.Services.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Live;

/// <summary>Two Ingest replicas on one database.</summary>
public sealed class TwoReaderTests
{
    private const int Accounts = 3;
    private static readonly string[] s_replicas = ["one", "two"];

    [Fact]
    public async Task History_TwoReplicasAndManyMessages_NoAccountIsReadTwiceAtOnce()
    {
        await using var system = await TestSystem.StartAsync(o => (o.Faults.SlowBy, o.Faults.MaxPage) = (TimeSpan.FromMilliseconds(30), 3), TestSystem.PushSettings);
        for (var i = 1; i <= Accounts; i++)
        {
            system.State.AddAccount(Address(i), [LiveMails.Question("An old question", to: Address(i))]);
        }

        var calls = new HistoryCalls();
        foreach (var name in s_replicas)
        {
            var ingest = await system.StartAsync(
                b =>
                {
                    b.AddIngest();
                    b.Services.AddHttpClient(MailboxServiceCollectionExtensions.HttpClientName).AddHttpMessageHandler(() => calls.Handler(name));
                },
                TestSystem.MapPush);
            system.PushTo(new Uri(TestSystem.Address(ingest)));
        }

        await system.StartClassifierAsync();
        await system.UntilAsync($"SELECT count(*) = {Accounts} FROM sync_jobs WHERE status = 'completed'", LiveMails.Patience, "the imports complete");
        system.Faults.Set(new PlainFault("history.list", FaultKind.Slow));

        // Pushes, schedules and readings again, all at once, until either replica has read often.
        var sent = 0;
        for (var round = 0; round < 10 || (round < 500 && s_replicas.Any(r => calls.By(r) < 5)); round++)
        {
            for (var i = 1; i <= Accounts; i++)
            {
                system.State.Account(Address(i)).Deliver(LiveMails.Question($"Round {round}", to: Address(i)));
                sent++;
            }

            await system.ExecuteAsync($$"""
                INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id)
                SELECT gen_random_uuid(), 'ingest', 1, kind, jsonb_build_object('provider_user_id', id, 'trigger', 'schedule'), id, gen_random_uuid()
                FROM provider_users, unnest(ARRAY['SyncHistory', 'MailboxChanged', 'SyncHistory']) AS kind
                """);
            await system.UntilAsync("SELECT count(*) < 30 FROM outbox WHERE queue = 'ingest'", LiveMails.Patience, "messages are taken");
        }

        await system.UntilAsync($"SELECT count(*) = {sent + Accounts} FROM ledger WHERE state = 'done'", LiveMails.Patience, "every mail is judged");
        Assert.All(s_replicas, r => Assert.True(calls.By(r) >= 5, $"replica {r} read {calls.By(r)} times"));
        Assert.Equal(Accounts, calls.Highest.Count);
        Assert.All(calls.Highest.Values, most => Assert.Equal(1, most));
    }

    [Fact]
    public async Task Rotate_TwoReplicasSealAndOpenMeanwhile_NothingBecomesUnreadable()
    {
        await using var system = await TestSystem.StartAsync(_ => { }, new Dictionary<string, string?>
        {
            ["Butler:Keys:Settle"] = "00:00:01", ["Butler:Keys:Pass"] = "00:00:00.1", ["Butler:Keys:Look"] = "00:00:00.1",
        });
        for (var i = 1; i <= Accounts; i++)
        {
            system.State.AddAccount(Address(i), [LiveMails.Question("An old question", to: Address(i))]);
        }

        WebApplication[] replicas = [await system.StartIngestAsync(), await system.StartIngestAsync()];
        await system.UntilAsync($"SELECT count(*) = {Accounts} FROM provider_users WHERE credentials IS NOT NULL", LiveMails.Patience, "the accounts are connected");
        var ids = (Guid[])(await system.ScalarAsync("SELECT array_agg(id) FROM provider_users"))!;

        for (var round = 0; round < 4; round++)
        {
            var (rotating, other) = (replicas[round % 2], replicas[(round + 1) % 2]);
            var state = await rotating.Services.GetRequiredService<KeyRotation>().StartAsync(TimeSpan.FromSeconds(1), default);
            Assert.NotNull(state);

            // An owner connects again at the other replica, which may not have looked yet, while both read all the time.
            do
            {
                await SealAsync(other, ids[round % ids.Length]);
                await AssertReadableAsync(rotating);
                await AssertReadableAsync(other);
            }
            while (await system.ScalarAsync("SELECT rotation_finished_at IS NULL FROM key_ring") is true);

            // Sealed by whoever wrote last: still readable, and not under a retired key once the rotation is through.
            await AssertReadableAsync(rotating);
            await AssertReadableAsync(other);
            Assert.All(
                await other.Services.GetRequiredService<KeyRotation>().KeysAsync(default),
                key => Assert.Equal(key.Id == state.Key ? Accounts : 0, key.Credentials));
        }

        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM provider_users WHERE status <> 'active'"));
        Assert.Equal(5, await system.CountAsync("SELECT count(*) FROM data_protection_keys"));

        async Task SealAsync(WebApplication replica, Guid id)
        {
            var account = await replica.Services.GetRequiredService<AccountStore>().FindAsync(id, default);
            var sealedAnew = replica.Services.GetRequiredService<CredentialSealer>().Seal(id, account!.Mailbox!.Credentials);
            await using var command = system.DataSource.CreateCommand("UPDATE provider_users SET credentials = $2 WHERE id = $1");
            command.Parameters.Add(new() { Value = id });
            command.Parameters.Add(new() { Value = sealedAnew });
            await command.ExecuteNonQueryAsync();
        }

        async Task AssertReadableAsync(WebApplication replica)
        {
            foreach (var id in ids)
            {
                var account = await replica.Services.GetRequiredService<AccountStore>().FindAsync(id, default);
                Assert.Contains(system.State.Account(account!.Address).RefreshToken, account.Mailbox!.Credentials, StringComparison.Ordinal);
            }
        }
    }

    private static string Address(int account) => $"owner{account}@sandbox.butler.test";

    /// <summary>How many calls of history.list were under way at once for each login, over both replicas.</summary>
    private sealed class HistoryCalls
    {
        private readonly ConcurrentDictionary<string, int> _now = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, int> _by = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, int> Highest { get; } = new(StringComparer.Ordinal);

        public int By(string replica) => _by.GetValueOrDefault(replica);

        public DelegatingHandler Handler(string replica) => new Counting(this, replica);

        private sealed class Counting(HistoryCalls calls, string replica) : DelegatingHandler
        {
            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                // A login's handle; its two replicas hold different access tokens.
                if (!request.RequestUri!.AbsolutePath.EndsWith("/history", StringComparison.Ordinal) || request.Headers.Authorization?.Parameter?.Split('.') is not [_, var login, ..])
                {
                    return await base.SendAsync(request, cancellationToken);
                }

                var now = calls._now.AddOrUpdate(login, 1, static (_, n) => n + 1);
                calls.Highest.AddOrUpdate(login, now, (_, most) => Math.Max(most, now));
                calls._by.AddOrUpdate(replica, 1, static (_, n) => n + 1);
                try
                {
                    return await base.SendAsync(request, cancellationToken);
                }
                finally
                {
                    calls._now.AddOrUpdate(login, 0, static (_, n) => n - 1);
                }
            }
        }
    }
}
