using Butler.Data;
using Butler.Ingest.Sync;
using Butler.Ingest.Watch;
using Butler.Sandbox;
using Butler.Sandbox.Faults;
using Butler.Sandbox.Push;
using Butler.Sandbox.State;
using Butler.Services.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Live;

/// <summary>What notifications miss, what the history has forgotten, and who may read it.</summary>
public sealed class HealingTests
{
    [Fact]
    public async Task Schedule_PushesDropped_MailIsFoundAllTheSame()
    {
        await using var system = await LiveMails.StartAsync(settings: new Dictionary<string, string?> { ["Butler:Schedules:Jobs:history:Every"] = "00:00:02" });
        system.Sandbox.Services.GetRequiredService<SandboxFaults>().Set(new PlainFault("push", FaultKind.Drop));
        var stats = system.Sandbox.Services.GetRequiredService<SandboxStats>();

        // Gmail tells a mailbox's owner once a second: of what comes right after the watch there may be nothing to drop.
        var mails = new List<SandboxMail>();
        await system.UntilAsync(
            () =>
            {
                mails.Add(system.Mailbox().Deliver(LiveMails.Question($"Nobody was told {mails.Count}")));
                return stats.CountOf("push.dropped") > 0;
            }, LiveMails.Patience, "a notification is dropped");

        foreach (var mail in mails)
        {
            await system.UntilStateAsync(mail.Id, "done");
        }
    }

    [Fact]
    public async Task Push_HistoryForgotten_GapIsRepairedAndTheOwnerTold()
    {
        await using var system = await LiveMails.StartAsync();
        await LiveFlowTests.WatchCursorAsync(system);
        var faults = system.Sandbox.Services.GetRequiredService<SandboxFaults>();
        var kept = system.Mailbox().Deliver(LiveMails.Question("Kept"));
        var deleted = system.Mailbox().Deliver(LiveMails.Question("Deleted in the gap"));
        var trashed = system.Mailbox().Deliver(LiveMails.Question("Trashed in the gap"));
        await system.UntilAsync("SELECT count(*) = 4 FROM ledger WHERE state = 'done'", LiveMails.Patience, "the mails before the gap are done");
        await system.UntilAsync("SELECT count(*) = 0 FROM outbox WHERE kind <> 'DraftReply'", LiveMails.Patience, "nothing is on its way");

        faults.Set(new PlainFault("push", FaultKind.Drop));
        var missed = Enumerable.Range(0, 3).Select(i => system.Mailbox().Deliver(LiveMails.Question($"Missed {i}"))).ToList();
        system.Mailbox().Delete(deleted.Id);
        await LiveFlowTests.GmailAsync(system, $"messages/{trashed.Id}/trash", "");
        system.Mailbox().Relabel(kept.Id, ["STARRED", system.Mailbox().CreateLabel("Made in the gap")!], ["UNREAD"]);
        system.Mailbox().ExpireHistory();
        faults.Clear("push");
        var after = system.Mailbox().Deliver(LiveMails.Question("After the gap"));

        foreach (var mail in missed.Append(after))
        {
            await system.UntilStateAsync(mail.Id, "done");
        }

        await system.UntilStateAsync(deleted.Id, "gone");
        await system.UntilAsync("SELECT count(*) = 2 FROM user_events WHERE kind = 'repaired'", LiveMails.Patience, "the owner is told of the gap and of its repair");
        await system.UntilStateAsync(kept.Id, "done");
        await system.UntilStateAsync(trashed.Id, "done");
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM mail_state WHERE labels && '{TRASH}'"));
        Assert.Equal(string.Join(',', system.Mailbox().Mails.Single(m => m.Id == kept.Id).LabelIds.Order(StringComparer.Ordinal)), await system.ScalarAsync($"""
            SELECT array_to_string(ARRAY(SELECT label FROM unnest(s.labels) AS label ORDER BY label COLLATE "C"), ',') FROM mail_state s JOIN ledger l ON l.id = s.id WHERE l.provider_message_id = '{kept.Id}'
            """));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM user_events WHERE message LIKE 'The gap is closed: % 1 were deleted % 2 had other labels.'"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM provider_users WHERE gap_found_at IS NULL"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM sync_jobs WHERE type = 'repair' AND status = 'completed'"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM repair_seen"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM went_back"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM failed_tasks"));
    }

    [Fact]
    public async Task Pull_NewMail_IsAcknowledgedAfterTheCommit()
    {
        var key = Path.Combine(Path.GetTempPath(), $"butler-pull-{Guid.NewGuid():N}.json");
        try
        {
            await using var system = await TestSystem.StartAsync(o => o.Push.AckDeadline = TimeSpan.FromSeconds(1), new Dictionary<string, string?>
            {
                ["Butler:Push:Topic"] = "projects/sandbox/topics/gmail",
                ["Butler:Push:Pull:Subscription"] = "projects/sandbox/subscriptions/butler",
                ["Butler:Push:Pull:CredentialsFile"] = key,
                ["Butler:Sync:Busy"] = "00:00:00.05",
            });
            await system.UsePullAsync(key);
            system.State.AddAccount(LiveMails.Owner, [LiveMails.Question("An old question")]);
            await system.StartIngestAsync();
            await system.StartClassifierAsync();
            await system.UntilAsync("SELECT count(*) = 1 FROM provider_users WHERE watch_expires_at IS NOT NULL AND history_id IS NOT NULL", LiveMails.Patience, "the watch is registered");

            // Refused at first: it must not be acknowledged, and so it comes again.
            await system.ExecuteAsync("ALTER TABLE inbox RENAME TO inbox_away");
            var mail = system.Mailbox().Deliver(LiveMails.Question("Pulled"));
            var pubSub = system.Sandbox.Services.GetRequiredService<PubSub>();
            await system.UntilAsync(() => pubSub.Outstanding > 0, LiveMails.Patience, "the notification is published");
            await system.ExecuteAsync("ALTER TABLE inbox_away RENAME TO inbox");

            await system.UntilStateAsync(mail.Id, "done");
            await system.UntilAsync(() => pubSub.Outstanding == 0, LiveMails.Patience, "everything is acknowledged");
        }
        finally
        {
            File.Delete(key);
        }
    }

    [Fact]
    public async Task Cursor_TwoReaders_OneHoldsAndTheOldOneChangesNothing()
    {
        await using var system = await TestSystem.StartAsync(_ => { }, new Dictionary<string, string?> { ["Butler:Sync:Lease"] = "00:00:01" });
        var ingest = await system.StartIngestAsync();
        var account = Guid.CreateVersion7();
        await system.ExecuteAsync($"""
            INSERT INTO app_users (id, display_name, role) VALUES ('{account}', 'u', 'member');
            INSERT INTO provider_users (id, app_user_id, provider, address, services, history_id) VALUES ('{account}', '{account}', 'gmail', 'a@example.org', '{'{'}gmail{'}'}', 100);
            """);
        var cursor = ingest.Services.GetRequiredService<HistoryCursor>();
        var database = ingest.Services.GetRequiredService<Database>();

        var (first, _) = await cursor.TakeAsync(account, default);
        var (second, busy) = await cursor.TakeAsync(account, default);
        Assert.NotNull(first);
        Assert.Null(second);
        Assert.True(busy);

        // The first sleeps past its lease; another takes over, and whatever the first does afterwards changes nothing.
        await system.ExecuteAsync("UPDATE provider_users SET reading_until = now() - interval '1 s'");
        var (third, _) = await cursor.TakeAsync(account, default);
        Assert.NotNull(third);
        Assert.False(await database.TransactAsync(c => HistoryCursor.MoveAsync(c, first, 500, default), default));
        await Assert.ThrowsAsync<ReadingLostException>(() => database.TransactAsync(c => cursor.HoldAsync(c, first, default), default));

        // An answer older than the cursor does not move it back.
        Assert.True(await database.TransactAsync(c => HistoryCursor.MoveAsync(c, third, 90, default), default));
        Assert.Equal(100, await system.CountAsync("SELECT history_id FROM provider_users"));
        Assert.False(await database.TransactAsync(c => HistoryCursor.MoveAsync(c, third with { Start = 99 }, 200, default), default));
        Assert.Equal(100, await system.CountAsync("SELECT history_id FROM provider_users"));
    }

    [Fact]
    public async Task Watch_RenewedWhenDueOnlyAndStopped()
    {
        await using var system = await LiveMails.StartAsync(settings: new Dictionary<string, string?> { ["Butler:Schedules:Jobs:watch-renewal:Every"] = "00:00:00.5" });
        var stats = system.Sandbox.Services.GetRequiredService<SandboxStats>();
        Assert.Equal(1, stats.CountOf("watch"));

        // Renewals were missed for a week: the next check renews.
        await system.ExecuteAsync("UPDATE provider_users SET watch_renewed_at = now() - interval '8 days', watch_expires_at = now() - interval '1 day'");
        await system.UntilAsync("SELECT count(*) = 1 FROM provider_users WHERE watch_expires_at > now() + interval '6 days'", LiveMails.Patience, "the watch is renewed");
        Assert.Equal(2, stats.CountOf("watch"));

        var ingest = system.Ingest;
        var mailbox = await system.MailboxAccountAsync(ingest);
        await ingest.Services.GetRequiredService<WatchKeeper>().StopAsync(mailbox, default);
        Assert.Equal(1, stats.CountOf("stop"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM provider_users WHERE watch_expires_at IS NULL AND watch_topic IS NULL"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Live_EverythingNasty_EveryMailEndsAndTheCursorNeverGoesBack(int seed)
    {
        await using var system = await LiveMails.StartAsync(
            sandbox: o =>
            {
                o.Faults.Seed = seed;
                (o.Faults.SlowBy, o.Faults.LateBy, o.Faults.PushLateBy, o.Faults.MaxSearchLag) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(500));
                (o.Faults.HistoryOneIn, o.Faults.VanishOneIn) = (12, 6);
            },
            settings: new Dictionary<string, string?> { ["Butler:Schedules:Jobs:history:Every"] = "00:00:01", ["Butler:Google:Timeout"] = "00:00:01" },
            replicas: 2);
        await LiveFlowTests.WatchCursorAsync(system);
        system.Sandbox.Services.GetRequiredService<SandboxOptions>().Faults.Errors = true;

        await system.Sandbox.Services.GetRequiredService<Butler.Sandbox.Load.MailFlow>().Start(new(50, 40, Seed: seed));
        await system.UntilAsync("SELECT count(*) >= 1 FROM ledger WHERE lane = 1", LiveMails.Patience, "live mail comes");
        system.Sandbox.Services.GetRequiredService<SandboxOptions>().Faults.Errors = false;

        var sent = system.Mailbox();
        await system.UntilAsync(() => Missing(), LiveMails.Patience, $"every mail has an end (seed {seed})");
        await system.UntilAsync("SELECT count(*) = 0 FROM provider_users WHERE gap_found_at IS NOT NULL", LiveMails.Patience, $"no gap stays open (seed {seed})");
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM went_back"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) - count(DISTINCT provider_message_id) FROM ledger"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'dead'"));

        bool Missing()
        {
            using var command = system.DataSource.CreateCommand("SELECT provider_message_id FROM ledger WHERE state IN ('done', 'skipped')");
            var ended = new HashSet<string>(StringComparer.Ordinal);
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                ended.Add(reader.GetString(0));
            }

            return sent.Mails.All(m => ended.Contains(m.Id));
        }
    }
}
