using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Butler.Data;
using Butler.Ingest.Watch;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Sandbox.State;
using Butler.Services.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Live;

/// <summary>The alarm before a watch ends, and its end with the account.</summary>
public sealed class WatchTests
{
    private const long Fifty = 4_320_000;
    private const long Forty = 3_456_000;

    [Fact]
    public async Task Metric_WatchesOfSeveralAccounts_IsTheFirstEndAmongActiveOnes()
    {
        await using var system = await LiveMails.StartAsync();
        var metrics = system.Ingest.Services.GetRequiredService<WatchMetrics>();
        await system.ExecuteAsync("UPDATE provider_users SET watch_expires_at = now() + interval '50 days'");
        Assert.True(await IsAsync(Fifty), "the one account's");

        await system.ExecuteAsync("""
            INSERT INTO provider_users (id, app_user_id, provider, address, services, status, credentials, watch_expires_at)
            SELECT gen_random_uuid(), app_user_id, provider, 'other@sandbox.butler.test', services, status, credentials, now() + interval '40 days' FROM provider_users
            """);
        Assert.True(await IsAsync(Forty), "the earlier of two");
        Assert.False(await IsAsync(Fifty));

        // An account that has none counts as ended; one that is not active does not count.
        await system.ExecuteAsync("UPDATE provider_users SET watch_expires_at = NULL WHERE address LIKE 'other%'");
        Assert.True(await IsAsync(0), "none is as bad as ended");
        Assert.False(await IsAsync(Forty));
        await system.ExecuteAsync("UPDATE provider_users SET status = 'reconnect_needed' WHERE address LIKE 'other%'");
        Assert.True(await IsAsync(Fifty), "the active one's again");

        using var http = new HttpClient { BaseAddress = new Uri(TestSystem.Address(system.Ingest)) };
        Assert.Contains("watch_expires_seconds", await http.GetStringAsync("api/metrics"), StringComparison.Ordinal);

        // Other hosts of this process measure too, so the value is looked for among all; a minute is for a busy machine.
        async Task<bool> IsAsync(long seconds)
        {
            await metrics.RefreshAsync(default);
            return Measure().Any(v => v > seconds - 60 && v <= seconds + 1);
        }
    }

    [Fact]
    public async Task Disconnect_WatchedAccount_StopsTheWatchWhileTheLoginStillWorks()
    {
        await using var system = await LiveMails.StartAsync();
        var stats = system.Sandbox.Services.GetRequiredService<SandboxStats>();
        var (id, owner) = ((Guid)(await system.ScalarAsync("SELECT id FROM provider_users"))!, (Guid)(await system.ScalarAsync("SELECT id FROM app_users"))!);
        Assert.Equal(0, stats.CountOf("stop"));

        await new Database(system.DataSource).TransactAsync(
            c => Outbox.AddAsync(c, [MessageBus.Pack(new DisconnectAccount(id, false, owner), Lane.Live, null, Guid.CreateVersion7())], default), default);
        await system.UntilAsync("SELECT bool_and(status = 'disconnected' AND credentials IS NULL) FROM provider_users", LiveMails.Patience, "the account is disconnected");

        // Once and with success: after the login was taken back it would have been refused.
        Assert.Equal(1, stats.CountOf("stop"));
        Assert.True(system.Mailbox().Revoked);
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM provider_users WHERE watch_expires_at IS NULL AND watch_topic IS NULL"));
        // One from before may still be on its way; none is added.
        var pushes = system.Sandbox.Services.GetRequiredService<Butler.Sandbox.Push.PubSub>();
        var before = pushes.Outstanding;
        system.Mailbox().Deliver(LiveMails.Question("Nobody reads this"));
        Assert.InRange(pushes.Outstanding, 0, before);
    }

    private static IReadOnlyCollection<double> Measure()
    {
        var values = new ConcurrentBag<double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "watch_expires_seconds")
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => values.Add(value));
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }
}
