using System.Globalization;
using System.Text.Json;

namespace Butler.Services.Tests.Schedules;

/// <summary>Failed tasks, schedules and audits through Ingest's API, over an imported mailbox.</summary>
public sealed class OperationsTests
{
    [Fact]
    public async Task RetryFailed_DeadMailsAndMessages_AreTriedAgainAndSettled()
    {
        await using var bed = await OpsBed.StartAsync();
        var dead = await bed.KillMailsAsync(3);
        var gone = (string)(await bed.System.ScalarAsync($"SELECT provider_message_id FROM ledger WHERE id = '{dead[0]}'"))!;
        Assert.True(bed.System.State.Accounts.Single().Delete(gone));
        await bed.System.ExecuteAsync("""
            INSERT INTO failed_tasks (id, task, message, error, queue, lane) VALUES (gen_random_uuid(), 'CancelImport', jsonb '{"sync_id":"01a1feef-9904-740e-a231-fece1af81176"}', 'test', 'ingest', 1)
            """);

        await bed.RunAsync("retry-failed");
        await bed.System.UntilAsync("SELECT count(*) = 0 FROM ledger WHERE state IN ('dead', 'listed', 'stored')", OpsBed.Patience, "the dead mails are read");
        await bed.System.UntilAsync("SELECT count(*) = 0 FROM outbox WHERE kind = 'CancelImport'", OpsBed.Patience, "the message is handled");
        await bed.RunAsync("settle-failed");
        await bed.System.UntilAsync("SELECT count(*) = 4 FROM failed_tasks WHERE resolution = 'retried'", OpsBed.Patience, "all are settled");

        Assert.Equal(1, await bed.System.CountAsync("SELECT max(retry_count) FROM failed_tasks"));
        Assert.Equal("gone", await bed.System.ScalarAsync($"SELECT state FROM ledger WHERE id = '{dead[0]}'"));
        Assert.Equal(2, await bed.System.CountAsync($"SELECT count(*) FROM ledger l JOIN verdicts v ON v.mail_id = l.id WHERE l.id IN ('{dead[1]}', '{dead[2]}') AND l.state = 'done'"));
        Assert.Equal(3, await bed.System.CountAsync("SELECT count(*) FROM ledger_events WHERE kind = 'reopened'"));
        // The counters of the completed sync stay as they were.
        Assert.Equal(1, await bed.System.CountAsync("SELECT count(*) FROM sync_jobs WHERE failed = 0 AND status = 'completed' AND total = processed + skipped"));
    }

    [Fact]
    public async Task FailedTasks_Api_ListsPagesRetriesAndResolves()
    {
        await using var bed = await OpsBed.StartAsync();
        await bed.RunAsync("settle-failed");
        await bed.KillMailsAsync(3);
        await bed.System.ExecuteAsync("INSERT INTO failed_tasks (id, task, message, error) VALUES (gen_random_uuid(), 'Other', '{}', 'x')");
        var user = (Guid)(await bed.System.ScalarAsync("SELECT id FROM app_users"))!;

        var (_, first) = await bed.AskAsync(HttpMethod.Get, $"/api/v1/admin/failed-tasks?task=fetch&user={user}&limit=2");
        var (_, second) = await bed.AskAsync(HttpMethod.Get, $"/api/v1/admin/failed-tasks?task=fetch&user={user}&limit=2&before={first.GetProperty("next")}");
        var ids = Ids(first).Concat(Ids(second)).ToList();
        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);
        Assert.Equal(user, first.GetProperty("failed_tasks")[0].GetProperty("user_id").GetGuid());

        Assert.Equal(202, (await bed.AskAsync(HttpMethod.Post, $"/api/v1/admin/failed-tasks/{ids[0]}/retry")).Status);
        Assert.Equal(409, (await bed.AskAsync(HttpMethod.Post, $"/api/v1/admin/failed-tasks/{ids[0]}/retry")).Status);
        var (resolved, body) = await bed.AskAsync(HttpMethod.Post, $"/api/v1/admin/failed-tasks/{ids[1]}/resolve");
        Assert.Equal((200, "by_hand"), (resolved, body.GetProperty("resolution").GetString()));
        Assert.Equal(409, (await bed.AskAsync(HttpMethod.Post, $"/api/v1/admin/failed-tasks/{ids[1]}/resolve")).Status);
        Assert.Equal(404, (await bed.AskAsync(HttpMethod.Post, $"/api/v1/admin/failed-tasks/{Guid.NewGuid()}/retry")).Status);
        Assert.Equal(400, (await bed.AskAsync(HttpMethod.Get, "/api/v1/admin/failed-tasks?limit=0")).Status);
        Assert.Equal(400, (await bed.AskAsync(HttpMethod.Get, "/api/v1/admin/failed-tasks?status=closed")).Status);
        Assert.Equal(400, (await bed.AskAsync(HttpMethod.Get, "/api/v1/admin/failed-tasks?user=me")).Status);
        Assert.Contains(ids[1], Ids((await bed.AskAsync(HttpMethod.Get, "/api/v1/admin/failed-tasks?status=all")).Body));
        Assert.DoesNotContain(ids[1], Ids((await bed.AskAsync(HttpMethod.Get, "/api/v1/admin/failed-tasks")).Body));
        Assert.Equal("dead", await bed.System.ScalarAsync($"SELECT state FROM ledger l JOIN failed_tasks f ON f.ledger_id = l.id WHERE f.id = '{ids[1]}'"));
    }

    [Fact]
    public async Task Schedules_Api_ChangesRunsAndGoesBackToTheConfiguration()
    {
        await using var bed = await OpsBed.StartAsync(imported: false);
        var (status, changed) = await bed.AskAsync(HttpMethod.Patch, "/api/v1/admin/schedules/retry-failed", """{"every":"00:30:00","enabled":false}""");
        Assert.Equal(200, status);
        Assert.Equal(("00:30:00", "01:00:00", false, true), (
            changed.GetProperty("every").GetString(), changed.GetProperty("configured_every").GetString(), changed.GetProperty("enabled").GetBoolean(), changed.GetProperty("configured_enabled").GetBoolean()));
        var (_, back) = await bed.AskAsync(HttpMethod.Patch, "/api/v1/admin/schedules/retry-failed", """{"every":null,"enabled":null}""");
        Assert.Equal(("01:00:00", true), (back.GetProperty("every").GetString(), back.GetProperty("enabled").GetBoolean()));
        foreach (var wrong in (string[])["""{"every":"soon"}""", """{"every":"00:00:00"}""", """{"every":"99.00:00:00"}""", """{"enabled":1}""", """{"next_run_at":null}""", "{}", "[]", "{"])
        {
            Assert.Equal(400, (await bed.AskAsync(HttpMethod.Patch, "/api/v1/admin/schedules/retry-failed", wrong)).Status);
        }

        Assert.Equal(404, (await bed.AskAsync(HttpMethod.Patch, "/api/v1/admin/schedules/none", """{"enabled":true}""")).Status);
        Assert.Equal(404, (await bed.AskAsync(HttpMethod.Post, "/api/v1/admin/schedules/none/run")).Status);
        Assert.Equal(202, (await bed.AskAsync(HttpMethod.Post, "/api/v1/admin/schedules/gauges/run")).Status);
        await bed.System.UntilAsync("SELECT last_outcome = 'succeeded' AND forced_at IS NULL FROM schedules WHERE name = 'gauges'", OpsBed.Patience, "the gauges are measured");
        var metrics = await bed.Http.GetStringAsync("/api/metrics");
        Assert.Contains("butler_queue_length{lane=\"live\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("butler_queue_oldest_seconds{lane=\"bulk\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("gmail_quota_used_ratio{scope=\"day\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("butler_schedule_runs_total{", metrics, StringComparison.Ordinal);
        Assert.Contains((await bed.AskAsync(HttpMethod.Get, "/api/v1/admin/schedules")).Body.GetProperty("schedules").EnumerateArray(), s => s.GetProperty("name").GetString() == "sweep");
    }

    [Fact]
    public async Task Audit_MailsMissingDeadAndDeleted_AreNamedAndRepaired()
    {
        await using var bed = await OpsBed.StartAsync();
        var (mails, done, skipped) = (bed.System.State.Accounts.Single().Mails.Count, await bed.System.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"),
            await bed.System.CountAsync("SELECT count(*) FROM ledger WHERE state = 'skipped'"));
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"{mails} at Gmail, {mails} accounted for: {done} done, {skipped} skipped."),
            (await bed.AuditAsync(repair: false)).GetProperty("words").GetString());

        var lost = await bed.LoseMailsAsync(2);
        await bed.KillMailsAsync(1);
        var deleted = (string)(await bed.System.ScalarAsync("SELECT provider_message_id FROM ledger WHERE state = 'done' ORDER BY id LIMIT 1"))!;
        Assert.True(bed.System.State.Accounts.Single().Delete(deleted));

        var found = await bed.AuditAsync(repair: false);
        Assert.Equal((2, 1, 1, 0), (Number(found, "missing"), Number(found, "dead"), Number(found, "unlisted"), Number(found, "repaired")));
        Assert.Equal(lost, found.GetProperty("missing_email_ids").EnumerateArray().Select(i => i.GetString()));
        Assert.Contains(" 2 are missing. 1 more is recorded here and no longer listed by Gmail", found.GetProperty("words").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, await bed.System.CountAsync("SELECT 2 - count(*) FROM ledger WHERE provider_message_id = ANY (SELECT unnest(differing) FROM audits)"));

        var repaired = await bed.AuditAsync(repair: true);
        Assert.Equal((2, 2, 1), (Number(repaired, "missing"), Number(repaired, "repaired"), Number(repaired, "retried")));
        Assert.Equal((0, 1), (Number(repaired, "unlisted"), Number(repaired, "deleted")));
        Assert.Contains(" 1 more was deleted at Gmail.", repaired.GetProperty("words").GetString(), StringComparison.Ordinal);
        Assert.Equal("gone", await bed.System.ScalarAsync($"SELECT state FROM ledger WHERE provider_message_id = '{deleted}'"));
        Assert.Equal(1, await bed.System.CountAsync("SELECT count(*) FROM ledger_events WHERE kind = 'gone'"));
        await bed.System.UntilAsync("SELECT count(*) = 0 FROM ledger WHERE state NOT IN ('done', 'skipped', 'gone')", OpsBed.Patience, "what was missing or dead is read");

        var after = await bed.AuditAsync(repair: false);
        Assert.Equal(0, await bed.System.CountAsync("SELECT count(*) FROM audit_ids"));
        Assert.Equal((0, 0, 0), (Number(after, "missing"), Number(after, "dead"), Number(after, "open")));
        Assert.Equal(2, await bed.System.CountAsync("SELECT count(*) FROM ledger_events WHERE kind = 'repaired'"));
        Assert.Equal(1, await bed.System.CountAsync("SELECT count(*) FROM user_events WHERE kind = 'repaired'"));
        Assert.Equal(await bed.System.CountAsync("SELECT count(*) FROM ledger WHERE state IN ('done', 'gone')"), await bed.System.CountAsync("SELECT count(DISTINCT mail_id) FROM verdicts"));
    }

    [Fact]
    public async Task Audit_MailMovedToTrash_IsAskedAboutAndNotTakenForDeleted()
    {
        await using var bed = await OpsBed.StartAsync();
        var moved = (string)(await bed.System.ScalarAsync("SELECT provider_message_id FROM ledger WHERE state = 'done' ORDER BY id LIMIT 1"))!;
        Assert.True(bed.System.State.Accounts.Single().Relabel(moved, ["TRASH"], []));

        var repaired = await bed.AuditAsync(repair: true);

        Assert.Equal((1, 0), (Number(repaired, "unlisted"), Number(repaired, "deleted")));
        Assert.Equal("done", await bed.System.ScalarAsync($"SELECT state FROM ledger WHERE provider_message_id = '{moved}'"));
        Assert.Equal(1, await bed.System.CountAsync($"SELECT count(*) FROM mail_state s JOIN ledger l ON l.id = s.id WHERE l.provider_message_id = '{moved}' AND 'TRASH' = ANY (s.labels)"));
    }

    private static List<Guid> Ids(JsonElement answer) => [.. answer.GetProperty("failed_tasks").EnumerateArray().Select(t => t.GetProperty("id").GetGuid())];

    private static int Number(JsonElement body, string name) => body.GetProperty(name).GetInt32();
}
