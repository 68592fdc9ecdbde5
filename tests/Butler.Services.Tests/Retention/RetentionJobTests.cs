using Butler.Data;
using Butler.Ingest.Retention;
using Butler.Ingest.Schedules;
using Butler.Services.Tests.Schedules;
using Butler.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Retention;

/// <summary>Retention of an imported mailbox, through the API and the schedule.</summary>
public sealed class RetentionJobTests
{
    [Fact]
    public async Task Change_ThenExpiry_ClosesEveryMailAndNothingFetchesItAgain()
    {
        await using var bed = await OpsBed.StartAsync();
        var account = (Guid)(await bed.System.ScalarAsync("SELECT id FROM provider_users"))!;
        var stored = await bed.System.CountAsync("SELECT count(*) FROM emails");
        var (_, before) = await bed.AskAsync(HttpMethod.Get, $"/api/v1/accounts/{account}/retention");
        Assert.Equal((System.Text.Json.JsonValueKind.Null, "kept until you erase it"), (before.GetProperty("retention_days").ValueKind, before.GetProperty("words").GetString()));

        foreach (var wrong in new[] { """{"retention_days":0}""", """{"retention_days":731}""", """{"retention_days":"7"}""", """{"days":7}""", "[]" })
        {
            Assert.Equal(400, (await bed.AskAsync(HttpMethod.Put, $"/api/v1/accounts/{account}/retention", wrong)).Status);
        }

        var (status, body) = await bed.AskAsync(HttpMethod.Put, $"/api/v1/accounts/{account}/retention", """{"retention_days":30}""");
        Assert.Equal((202, 30, true), (status, body.GetProperty("retention_days").GetInt32(), body.GetProperty("moving").GetBoolean()));
        await SettledAsync(bed);
        foreach (var table in new[] { "emails", "verdicts", "email_tags" })
        {
            Assert.Equal(0, await bed.System.CountAsync($"SELECT count(*) FROM {table}_keep"));
            Assert.True(await bed.System.CountAsync($"SELECT count(*) FROM {table}") > 0, table);
        }

        Assert.Equal(stored, await bed.System.CountAsync("SELECT count(*) FROM emails e JOIN ledger l ON l.id = e.id AND l.expires_at = e.expires_at AND e.expires_at = l.stored_at + interval '720 hours'"));
        Assert.Equal(1, await bed.System.CountAsync("SELECT count(*) FROM audit_events WHERE kind = 'retention_changed'"));

        // A month later.
        await bed.System.ExecuteAsync("UPDATE ledger SET stored_at = stored_at - interval '31 days'; UPDATE provider_users SET retention_changed_at = now()");
        await bed.RunAsync("retention");
        await SettledAsync(bed);
        Assert.Equal(stored, await bed.System.CountAsync("SELECT count(*) FROM ledger WHERE state = 'expired'"));
        Assert.Equal(0, await bed.System.CountAsync("SELECT (SELECT count(*) FROM emails) + (SELECT count(*) FROM mail_state) + (SELECT count(*) FROM verdicts) + (SELECT count(*) FROM email_tags) + (SELECT count(*) FROM replies)"));
        Assert.Equal(stored, (await bed.AskAsync(HttpMethod.Get, $"/api/v1/accounts/{account}/retention")).Body.GetProperty("expired_mails").GetInt64());

        // Accounted for, and not asked for again: neither by an audit that repairs nor by a new import.
        var calls = Stats(bed);
        var audit = await bed.AuditAsync(repair: true);
        Assert.Equal((0, 0), (audit.GetProperty("missing").GetInt32(), audit.GetProperty("repaired").GetInt32()));
        Assert.Contains(" expired", audit.GetProperty("words").GetString()!, StringComparison.Ordinal);
        await bed.System.ExecuteAsync($"INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id) VALUES (gen_random_uuid(), 'ingest', 1, 'StartImport', jsonb '{{\"provider_user_id\":\"{account}\",\"trigger\":\"api\"}}', '{account}', gen_random_uuid())");
        await bed.System.UntilAsync("SELECT count(*) = 2 AND bool_and(status = 'completed') FROM sync_jobs", OpsBed.Patience, "a second import completes");
        Assert.Equal(calls, Stats(bed));
        Assert.Equal(0, await bed.System.CountAsync("SELECT count(*) FROM emails"));
    }

    /// <summary>A run that is cut off at any point, or several, comes to the same end when it is done again.</summary>
    [Fact]
    public async Task Run_CutOffAtEveryPoint_ComesToTheSameEnd()
    {
        await using var bed = await OpsBed.StartAsync();
        await bed.System.ExecuteAsync(PostgresFixture.PastWeek);
        // Half of the mails are over in their partitions, the others by a shorter retention.
        await bed.System.ExecuteAsync("""
            UPDATE ledger SET expires_at = butler_past(), stored_at = butler_past() - interval '168 hours' WHERE id IN (SELECT id FROM emails ORDER BY id LIMIT (SELECT count(*) / 2 FROM emails));
            UPDATE emails e SET expires_at = l.expires_at FROM ledger l WHERE l.id = e.id AND l.expires_at IS NOT NULL;
            UPDATE verdicts e SET expires_at = l.expires_at FROM ledger l WHERE l.id = e.mail_id AND l.expires_at IS NOT NULL;
            UPDATE email_tags e SET expires_at = l.expires_at FROM ledger l WHERE l.id = e.mail_id AND l.expires_at IS NOT NULL;
            UPDATE ledger SET stored_at = stored_at - interval '9 days' WHERE id IN (SELECT id FROM emails ORDER BY id DESC LIMIT 5);
            UPDATE provider_users SET retention_days = 7, retention_changed_at = now()
            """);
        var all = await bed.System.CountAsync("SELECT count(*) FROM emails");
        var cut = new CutPoints();
        var runs = 0;
        while (true)
        {
            cut.Begin(++runs);
            try
            {
                var job = ActivatorUtilities.CreateInstance<RetentionJob>(bed.Ingest, cut, new CutDatabase(bed.System.DataSource, cut).Expiry);
                await job.RunAsync(new ScheduledRun("retention", TimeSpan.FromDays(1), false, DateTimeOffset.UnixEpoch, Guid.Empty), default);
                break;
            }
            catch (CutPoints.CutException)
            {
            }
        }

        Assert.True(runs > 8, $"{runs} runs");
        Assert.Equal(0, await bed.System.CountAsync("SELECT count(*) FROM ledger l WHERE (l.state = 'expired') <> (NOT EXISTS (SELECT FROM emails e WHERE e.id = l.id)) AND stored_at IS NOT NULL"));
        Assert.Equal(all / 2 + 5, await bed.System.CountAsync("SELECT count(*) FROM ledger WHERE state = 'expired'"));
        Assert.Equal(0, await bed.System.CountAsync("SELECT count(*) FROM verdicts v WHERE NOT EXISTS (SELECT FROM emails e WHERE e.id = v.mail_id AND e.expires_at = v.expires_at)"));
        Assert.Equal(0, await bed.System.CountAsync("SELECT (SELECT count(*) FROM table_rewrites) + (SELECT count(*) FROM emails_keep) + (SELECT count(*) FROM provider_users WHERE retention_changed_at IS NOT NULL)"));
        Assert.Equal(0, await bed.System.CountAsync("SELECT count(*) FROM pg_class WHERE relname ~ '_[0-9]{8}$' AND to_date(right(relname, 8), 'YYYYMMDD') + 7 <= now()::date - 1"));
    }

    private static long Stats(OpsBed bed) => bed.System.Sandbox.Services.GetRequiredService<Butler.Sandbox.State.SandboxStats>().MailsServed;

    private static Task SettledAsync(OpsBed bed) => bed.System.UntilAsync(
        "SELECT NOT EXISTS (SELECT FROM provider_users WHERE retention_changed_at IS NOT NULL) AND NOT EXISTS (SELECT FROM table_rewrites) AND NOT EXISTS (SELECT FROM schedules WHERE name = 'retention' AND (claim IS NOT NULL OR forced_at IS NOT NULL))",
        OpsBed.Patience, "retention is carried out");

    /// <summary>Cuts a run off at one point further each time.</summary>
    private sealed class CutPoints : IFaultPoints
    {
        private int _left;

        public void Begin(int points) => _left = points;

        public Task ReachAsync(string name) => --_left == 0 ? throw new CutException() : Task.CompletedTask;

        internal sealed class CutException : Exception;
    }

    /// <summary>Also around every commit of the batches.</summary>
    private sealed class CutDatabase(Npgsql.NpgsqlDataSource source, IFaultPoints faults)
    {
        public Butler.Data.Retention.Expiry Expiry { get; } = new(new Database(source, faults));
    }
}
