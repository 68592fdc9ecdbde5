using System.Net;
using Butler.Testing;

namespace Butler.Services.Tests.Progress;

/// <summary>The ledger for people: counts, and where one mail is.</summary>
public sealed class LedgerReadTests(ProgressService service) : IClassFixture<ProgressService>
{
    [Fact]
    public async Task Ledger_Account_IsCountedByStateAndWeek()
    {
        var account = Guid.CreateVersion7();
        await service.AddAccountAsync(account, service.Owner, "counted@example.org");
        await service.ExecuteAsync("""
            INSERT INTO ledger (id, provider_user_id, provider_message_id, state, lane, rank, correlation_id, received_at)
            SELECT gen_random_uuid(), $1, 'm' || n, CASE WHEN n <= 3 THEN 'done' WHEN n = 4 THEN 'dead' ELSE 'listed' END, 0, 0, $1,
              CASE WHEN n <= 2 THEN timestamptz '2026-11-18 12:00Z' WHEN n <= 4 THEN timestamptz '2026-11-15 23:30Z' END FROM generate_series(1, 5) AS n
            """, account);
        await service.ExecuteAsync("INSERT INTO audits (id, provider_user_id, repair, status, whole_range, at_provider, done, missing) VALUES ($1, $2, false, 'completed', true, 5, 3, 2)", Guid.CreateVersion7(), account);
        using var client = await service.AsAsync(service.Owner);

        var body = await ProgressService.JsonAsync(await client.GetAsync($"/api/v1/ledger/{account}"));

        Assert.Equal((5, 1, 3), (body.GetProperty("total").GetInt32(), body.GetProperty("open").GetInt32(), body.GetProperty("states").GetProperty("done").GetInt32()));
        Assert.Equal("5 recorded: 3 done, 1 dead letter, 1 being read.", body.GetProperty("words").GetString());
        // The week begins on Monday, UTC: Sunday 23:30 is the week before.
        Assert.Equal([null, "2026-11-16", "2026-11-09"], body.GetProperty("weeks").EnumerateArray().Select(w => w.GetProperty("week").GetString()));
        Assert.Equal([1, 2, 2], body.GetProperty("weeks").EnumerateArray().Select(w => w.GetProperty("total").GetInt32()));
        Assert.Equal("5 at Gmail, 3 accounted for: 3 done. 2 are missing.", body.GetProperty("last_audit").GetProperty("words").GetString());
    }

    [Fact]
    public async Task LedgerMail_Retried_TellsItsHistoryInOrder()
    {
        var mail = await service.AddMailAsync("History", DateTimeOffset.UnixEpoch.AddYears(55), emailId: "history-1");
        await service.ExecuteAsync("UPDATE ledger SET listed_at = now() - interval '1 hour', stored_at = now() - interval '1 minute' WHERE id = $1", mail);
        await service.ExecuteAsync("""
            INSERT INTO ledger_events (ledger_id, provider_user_id, kind, note, created_at) VALUES
              ($1, $2, 'retry', 'Unavailable', now() - interval '50 minutes'), ($1, $2, 'dead', 'Unavailable', now() - interval '40 minutes'), ($1, $2, 'reopened', NULL, now() - interval '2 minutes')
            """, mail, service.Account);
        using var client = await service.AsAsync(service.Spouse);

        var body = await ProgressService.JsonAsync(await client.GetAsync($"/api/v1/ledger/{service.Account}/messages/history-1"));

        Assert.Equal(("done", "Read and judged."), (body.GetProperty("state").GetString(), body.GetProperty("words").GetString()));
        Assert.Equal(["listed", "retry", "dead", "reopened", "stored", "done"], body.GetProperty("history").EnumerateArray().Select(s => s.GetProperty("kind").GetString()));
        using var unknown = await client.GetAsync($"/api/v1/ledger/{service.Account}/messages/nothing");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    /// <summary>Hidden from the moment it expires: the ledger's row is closed later, and the bytes go with their partition.</summary>
    [Fact]
    public async Task Mail_Expired_IsHiddenEverywhereAndShownAsExpired()
    {
        var mail = await service.AddMailAsync("Expired subject", DateTimeOffset.UnixEpoch.AddYears(56), emailId: "expired-1");
        await service.ExecuteAsync("INSERT INTO replies (mail_id, expires_at, provider_user_id, state, generated_reply, thread_id, correlation_id) VALUES ($1, 'infinity', $2, 'created', 'Expired draft', 't', $1)", mail, service.Account);
        await service.ExecuteAsync("INSERT INTO failed_tasks (id, task, provider_user_id, ledger_id, message, error) VALUES ($1, 'triage', $2, $1, '{}', 'e')", mail, service.Account);
        await service.ExecuteAsync(PostgresFixture.PastWeek);
        foreach (var (table, key) in new[] { ("emails", "id"), ("verdicts", "mail_id"), ("email_tags", "mail_id"), ("replies", "mail_id"), ("ledger", "id") })
        {
            await service.ExecuteAsync($"UPDATE {table} SET expires_at = butler_past() WHERE {key} = $1", mail);
        }

        await service.ExecuteAsync("UPDATE ledger SET stored_at = butler_past() - interval '1 day', listed_at = butler_past() - interval '1 day' WHERE id = $1", mail);
        using var client = await service.AsAsync(service.Owner);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/api/v1/mails/{mail}")).StatusCode);
        foreach (var path in new[] { $"/api/v1/mails?account={service.Account}", $"/api/v1/failures?account={service.Account}", $"/api/task-status/expired-1?account={service.Account}", "/", "/mails", "/failures" })
        {
            var text = await (await client.GetAsync(path)).Content.ReadAsStringAsync();
            Assert.DoesNotContain("Expired subject", text, StringComparison.Ordinal);
            Assert.DoesNotContain("Expired draft", text, StringComparison.Ordinal);
        }

        var row = await ProgressService.JsonAsync(await client.GetAsync($"/api/v1/ledger/{service.Account}/messages/expired-1"));
        Assert.Equal(("expired", "expired"), (row.GetProperty("state").GetString(), row.GetProperty("history").EnumerateArray().Last().GetProperty("kind").GetString()));
        var counts = await ProgressService.JsonAsync(await client.GetAsync($"/api/v1/ledger/{service.Account}"));
        Assert.Contains("1 expired", counts.GetProperty("words").GetString()!, StringComparison.Ordinal);
    }
}
