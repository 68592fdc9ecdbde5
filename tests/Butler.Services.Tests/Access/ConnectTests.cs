using System.Net;
using System.Net.Http.Json;
using System.Text;
using Butler.Services.Tests.Hosting;

namespace Butler.Services.Tests.Access;

/// <summary>Connecting, losing the login, and disconnecting, against the sandbox's consent page and token endpoint.</summary>
public sealed class ConnectTests(AccessRig rig) : IClassFixture<AccessRig>
{
    [Fact]
    public async Task Connect_OnThePage_StartsTheImportAndKeepsNoSecretInTheClear()
    {
        var person = await rig.PersonAsync();
        var address = await rig.MailboxAsync();
        using var browser = await rig.BrowserAsync(person);
        using var begin = await AccessRig.PostAsync(browser, "/commands/connect");
        var consent = begin.Headers.Location!;
        Assert.Equal(rig.Google.Authority, consent.Authority);
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(consent.Query);
        Assert.Equal("S256 offline consent code", string.Join(' ', query["code_challenge_method"], query["access_type"], query["prompt"], query["response_type"]));
        rig.Secrets.Add(query["state"]!);

        var back = await rig.ConsentAsync(consent, address);
        using var stranger = await rig.BrowserAsync(await rig.PersonAsync());
        using var other = await rig.BrowserAsync(person);
        Assert.Equal(HttpStatusCode.Conflict, (await stranger.GetAsync(back)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await other.GetAsync(back)).StatusCode);
        using var returned = await browser.GetAsync(back);
        Assert.Equal(HttpStatusCode.SeeOther, returned.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await browser.GetAsync(back)).StatusCode);

        await rig.UntilAsync("SELECT EXISTS (SELECT FROM sync_jobs j JOIN provider_users p ON p.id = j.provider_user_id WHERE p.address = $1 AND p.app_user_id = $2 AND j.trigger = 'connect')", address, person);
        rig.Secrets.Add(rig.Mail.Find(address)!.RefreshToken);
        var page = await browser.GetStringAsync(returned.Headers.Location);
        Assert.Contains("Connected", page, StringComparison.Ordinal);
        Assert.Equal(0L, await rig.CountAsync("SELECT count(*) FROM connect_states WHERE status = 'connected' AND (code IS NOT NULL OR verifier IS NOT NULL)"));
        Assert.Equal(1L, await rig.CountAsync("SELECT count(*) FROM audit_events WHERE kind = 'account_connected' AND subject_user_id = $1", person));
        Assert.NotEmpty(rig.Secrets);
        await AssertNotInDumpAsync();
    }

    [Fact]
    public async Task Connect_ByApi_NeedsTheTokenThatBegan()
    {
        var (person, address) = (await rig.PersonAsync(), await rig.MailboxAsync());
        using var program = await rig.ProgramAsync(person, rig.Ingest);
        using var another = await rig.ProgramAsync(person, rig.Ingest);
        using var begun = await program.PostAsJsonAsync("/api/v1/accounts/connect", new { redirect_uri = "http://127.0.0.1:4711/back" });
        var answer = await AccessRig.JsonAsync(begun);
        var back = await rig.ConsentAsync(new Uri(answer.GetProperty("authorization_url").GetString()!), address);
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(back.Query);
        var body = new { state = query["state"].ToString(), code = query["code"].ToString() };

        Assert.Equal(HttpStatusCode.Conflict, (await another.PostAsJsonAsync("/api/v1/accounts/connect/complete", body)).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await program.PostAsJsonAsync("/api/v1/accounts/connect/complete", body)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await program.PostAsJsonAsync("/api/v1/accounts/connect/complete", body)).StatusCode);
        await rig.UntilAsync("SELECT EXISTS (SELECT FROM provider_users WHERE address = $1 AND app_user_id = $2 AND status = 'active')", address, person);
        var state = await program.GetFromJsonAsync<System.Text.Json.JsonElement>($"/api/v1/accounts/connect/{answer.GetProperty("connect_id").GetGuid()}");
        Assert.Equal("connected", state.GetProperty("status").GetString());
        rig.Secrets.Add(rig.Mail.Find(address)!.RefreshToken);
        await AssertNotInDumpAsync();
    }

    [Fact]
    public async Task Connect_DeniedExpiredOrForged_ConnectsNothing()
    {
        var (person, address) = (await rig.PersonAsync(), await rig.MailboxAsync());
        using var browser = await rig.BrowserAsync(person);
        using var first = await AccessRig.PostAsync(browser, "/commands/connect");
        using var denied = await browser.GetAsync(await rig.ConsentAsync(first.Headers.Location!, address, "deny"));
        Assert.Contains("You did not allow it", await browser.GetStringAsync(denied.Headers.Location), StringComparison.Ordinal);

        using var second = await AccessRig.PostAsync(browser, "/commands/connect");
        var late = await rig.ConsentAsync(second.Headers.Location!, address);
        await rig.ExecuteAsync("UPDATE connect_states SET expires_at = now() - interval '1 s' WHERE app_user_id = $1 AND status = 'started'", person);
        Assert.Equal(HttpStatusCode.Conflict, (await browser.GetAsync(late)).StatusCode);

        using var third = await AccessRig.PostAsync(browser, "/commands/connect");
        var forged = System.Text.RegularExpressions.Regex.Replace((await rig.ConsentAsync(third.Headers.Location!, address)).AbsoluteUri, "code=[^&]+", "code=4%2Fforged");
        using var returned = await browser.GetAsync(forged);
        await rig.UntilAsync("SELECT EXISTS (SELECT FROM connect_states WHERE app_user_id = $1 AND status = 'failed' AND error LIKE 'Google does not take the code%')", person);
        Assert.Contains("Not connected", await browser.GetStringAsync(returned.Headers.Location), StringComparison.Ordinal);
        Assert.Equal(0L, await rig.CountAsync("SELECT count(*) FROM provider_users WHERE app_user_id = $1", person));
    }

    [Fact]
    public async Task Connect_SomebodyElsesMailbox_IsRefused()
    {
        var address = await rig.MailboxAsync();
        var account = await rig.ConnectAsync(await rig.PersonAsync(), address);
        var thief = await rig.PersonAsync();
        using var browser = await rig.BrowserAsync(thief);
        using var begin = await AccessRig.PostAsync(browser, "/commands/connect");
        using var back = await browser.GetAsync(await rig.ConsentAsync(begin.Headers.Location!, address));
        await rig.UntilAsync("SELECT EXISTS (SELECT FROM connect_states WHERE app_user_id = $1 AND status = 'failed' AND error LIKE 'This mailbox is connected by somebody else%')", thief);
        Assert.NotEqual(thief, await rig.ScalarAsync("SELECT app_user_id FROM provider_users WHERE id = $1", account));
    }

    [Fact]
    public async Task InvalidGrant_OneAccount_AsksItsOwnerAndLeavesTheOthers()
    {
        var (person, address) = (await rig.PersonAsync(), await rig.MailboxAsync());
        var account = await rig.ConnectAsync(person, address);
        var well = await rig.ConnectAsync(await rig.PersonAsync(), await rig.MailboxAsync());
        // The first import begins a moment after the connect: only one that has ended makes room for the next.
        await rig.UntilAsync("SELECT count(DISTINCT provider_user_id) FILTER (WHERE status = 'completed') = 2 AND bool_and(status = 'completed') FROM sync_jobs WHERE provider_user_id = ANY ($1)", new[] { account, well });
        rig.Mail.Find(address)!.Revoke();
        using var program = await rig.ProgramAsync(person, rig.Ingest);
        using var start = await program.PostAsync($"/api/v1/email-sync/start/{person}", null);
        Assert.Equal(HttpStatusCode.Accepted, start.StatusCode);

        await rig.UntilAsync("SELECT status = 'reconnect_needed' FROM provider_users WHERE id = $1", account);
        await rig.UntilAsync("SELECT NOT EXISTS (SELECT FROM outbox WHERE provider_user_id = $1)", account);
        Assert.Equal(1L, await rig.CountAsync("SELECT count(*) FROM user_events WHERE provider_user_id = $1 AND kind = 'reconnect_needed'", account));
        Assert.Equal("active", await rig.ScalarAsync("SELECT status FROM provider_users WHERE id = $1", well));
        using var http = new HttpClient { BaseAddress = rig.Ingest };
        Assert.Matches("butler_reconnect_needed_total\\{[^}]*reason=\"LoginRejected\"[^}]*\\} [1-9]", await http.GetStringAsync("/api/metrics"));
        using var browser = await rig.BrowserAsync(person);
        Assert.Contains("Connect again", await browser.GetStringAsync("/"), StringComparison.Ordinal);

        // Connected again, the same account goes on.
        Assert.Equal(account, await rig.ConnectAsync(person, address));
        Assert.Equal(1L, await rig.CountAsync("SELECT count(*) FROM audit_events WHERE kind = 'account_reconnected' AND provider_user_id = $1", account));
    }

    [Fact]
    public async Task Disconnect_WithErase_TakesTheLoginBackAndLeavesNothing()
    {
        var (person, address) = (await rig.PersonAsync(), await rig.MailboxAsync());
        using (var sandbox = new HttpClient { BaseAddress = rig.Google })
        {
            sandbox.DefaultRequestHeaders.Add("X-Sandbox-Secret", "secret");
            using var delivered = await sandbox.PostAsync(
                $"sandbox/accounts/{address}/mails?labels=INBOX", new ByteArrayContent(Encoding.UTF8.GetBytes($"From: a@example.org\r\nTo: {address}\r\nSubject: Hello\r\nMessage-ID: <1@x>\r\n\r\nErase me.\r\n")));
            delivered.EnsureSuccessStatusCode();
        }

        var account = await rig.ConnectAsync(person, address);
        await rig.UntilAsync("SELECT EXISTS (SELECT FROM emails WHERE provider_user_id = $1)", account);
        using var browser = await rig.BrowserAsync(person);
        Assert.Contains(address, await browser.GetStringAsync($"/accounts/{account}/disconnect"), StringComparison.Ordinal);
        using var asked = await AccessRig.PostAsync(browser, "/commands/disconnect", ("account", $"{account}"), ("erase", "yes"));
        Assert.Equal(HttpStatusCode.SeeOther, asked.StatusCode);

        await rig.UntilAsync("SELECT NOT EXISTS (SELECT FROM provider_users WHERE id = $1)", account);
        Assert.True(rig.Mail.Find(address)!.Revoked);
        // Read off the catalogue, so that a table added later is looked at too.
        var tables = (string[])(await rig.ScalarAsync("""
            SELECT array_agg(c.relname::text) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attname = 'provider_user_id' AND c.relname <> 'audit_events'
            """))!;
        Assert.Contains("emails_keep", tables);
        foreach (var table in tables)
        {
            Assert.Equal(0L, await rig.CountAsync($"SELECT count(*) FROM {table} WHERE provider_user_id = $1", account));
        }

        Assert.Equal(1L, await rig.CountAsync("SELECT count(*) FROM audit_events WHERE kind = 'data_erased' AND subject_user_id = $1 AND provider_user_id = $2", person, account));
        await AssertNotInDumpAsync("Erase me.", address);
    }

    /// <summary>Every table of the database as text, searched for each secret: as it is, in hex (bytea) and in base64.</summary>
    private async Task AssertNotInDumpAsync(params string[] also)
    {
        var tables = await DatabaseDump.ReadAsync(rig.ConnectionString);
        Assert.True(tables.Count > 20);
        var text = string.Concat(tables.Select(t => t.Rows));
        // The dump shows what is there: an id of a user is found.
        Assert.Contains((string)(await rig.ScalarAsync("SELECT id::text FROM app_users LIMIT 1"))!, text, StringComparison.Ordinal);
        foreach (var secret in rig.Secrets.Concat(also))
        {
            var bytes = Encoding.UTF8.GetBytes(secret);
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToHexStringLower(bytes), text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToBase64String(bytes).TrimEnd('='), text, StringComparison.Ordinal);
        }
    }
}
