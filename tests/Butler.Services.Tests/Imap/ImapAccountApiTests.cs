using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Imap;

/// <summary>Setting IMAP accounts up, changing and removing them.</summary>
[Trait("Category", "Imap")]
public sealed class ImapAccountApiTests(DovecotServer dovecot) : ImapSystems(dovecot)
{
    private const string Wrong = "pa55word-zebra7731";

    [DovecotFact]
    public async Task Account_Life_IsSetUpChangedPausedAndRemoved()
    {
        var (user, system) = (NewUser(), await StartSystemAsync());
        system.Private.Add(Wrong);
        Dovecot.Deliver(user, Enumerable.Range(1, 3).Select(i => DovecotServer.Mail(i)));
        Dovecot.Deliver(user, [DovecotServer.Mail(9)], "Work");
        var (_, http) = await StartIngestAsync(system);
        await system.StartClassifierAsync();

        var id = await AddAccountAsync(http, user);
        await system.UntilAsync("SELECT count(*) = 3 FROM ledger WHERE state = 'done'", Patience, "the import completes");
        await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed'", Patience, "the import completes");

        var folders = await SendAsync(http, HttpMethod.Get, $"api/v1/imap-accounts/{id}/folders", 200);
        Assert.Equal("idle", folders.GetProperty("new_mail").GetString());
        Assert.Equal(
            "Drafts drafts true false, INBOX inbox true true, Junk junk false false, Sent sent true true, Trash trash false false, Work none false true",
            string.Join(", ", folders.GetProperty("folders").EnumerateArray().Select(Folder).Order(StringComparer.Ordinal)));

        // A newly chosen folder is imported.
        await SendAsync(http, HttpMethod.Patch, $"api/v1/imap-accounts/{id}", 200, new { folders = new[] { "Work" }, display_name = "Olivia" });
        await system.UntilAsync("SELECT count(*) = 4 FROM ledger WHERE state = 'done'", Patience, "the chosen folder is imported");

        // A wrong password is refused before anything is changed, another server wants the password again.
        var refused = await SendAsync(http, HttpMethod.Patch, $"api/v1/imap-accounts/{id}", 409, new { password = Wrong });
        Assert.Contains("refused the login", refused.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("login_refused", refused.GetProperty("error").GetProperty("details").GetProperty("problem").GetString());
        await SendAsync(http, HttpMethod.Patch, $"api/v1/imap-accounts/{id}", 400, new { host = "localhost" });

        Assert.False((await SendAsync(http, HttpMethod.Patch, $"api/v1/imap-accounts/{id}", 200, new { active = false })).GetProperty("active").GetBoolean());
        Dovecot.Deliver(user, [DovecotServer.Mail(10)]);
        Assert.Equal("paused", await system.ScalarAsync("SELECT status FROM provider_users"));
        await SendAsync(http, HttpMethod.Patch, $"api/v1/imap-accounts/{id}", 200, new { active = true });
        await system.UntilAsync("SELECT count(*) = 5 FROM ledger WHERE state = 'done'", Patience, "what came meanwhile is there");

        var list = await SendAsync(http, HttpMethod.Get, "api/v1/imap-accounts", 200);
        Assert.DoesNotContain("secret", list.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("Olivia", list.GetProperty("accounts")[0].GetProperty("display_name").GetString());
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM provider_users WHERE encode(credentials, 'escape') LIKE '%secret%'"));

        await SendAsync(http, HttpMethod.Delete, $"api/v1/imap-accounts/{id}", 202);
        await system.UntilAsync("SELECT count(*) = 0 FROM provider_users", Patience, "the account is gone");
        foreach (var table in (string[])["ledger", "emails", "imap_accounts", "mailbox_folders", "message_locations", "mail_hashes", "mail_threads", "mailbox_changes"])
        {
            var left = await system.CountAsync($"SELECT count(*) FROM {table}");
            Assert.True(left == 0, $"{left} rows in {table}");
        }

        await SendAsync(http, HttpMethod.Get, $"api/v1/imap-accounts/{id}", 404);
    }

    [DovecotFact]
    public async Task Settings_SentFromThePage_AreTestedAndSavedOrRefusedInWords()
    {
        var (user, system) = (NewUser(), await StartSystemAsync());
        var (ingest, _) = await StartIngestAsync(system);
        var admin = (Guid)(await system.ScalarAsync("SELECT id FROM app_users"))!;
        async Task SubmitAsync(string password)
        {
            var json = JsonSerializer.Serialize(new { address = user, host = "127.0.0.1", port = Dovecot.Port, security = "none", password });
            await ingest.Services.GetRequiredService<Database>().TransactAsync(async c =>
            {
                var id = await ingest.Services.GetRequiredService<ConnectStates>().SubmitAsync(c, admin, "imap", json, default);
                await MessageBus.SendAsync(c, new ConnectImap(id), Lane.Live, null, id, default);
            }, default);
        }

        await SubmitAsync(Wrong);
        await system.UntilAsync("SELECT count(*) = 1 FROM connect_states WHERE status = 'failed' AND error LIKE '%refused the login%' AND code IS NULL", Patience, "the refusal is said");
        await SubmitAsync("secret");
        await system.UntilAsync("SELECT count(*) = 1 FROM connect_states s JOIN provider_users p ON p.id = s.provider_user_id WHERE s.status = 'connected' AND s.code IS NULL", Patience, "the account is saved");
        await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed'", Patience, "its import completes");
    }

    [DovecotFact]
    public async Task Test_WhatIsWrong_IsSaidInWords()
    {
        var (user, system) = (NewUser(), await StartSystemAsync());
        var (_, http) = await StartIngestAsync(system);
        Task<JsonElement> TestAsync(string host, int port, string security, string password = "secret") =>
            SendAsync(http, HttpMethod.Post, "api/v1/imap-accounts/test", 200, new { address = user, host, port, security, password });

        Assert.True((await TestAsync("127.0.0.1", Dovecot.Port, "none")).GetProperty("ok").GetBoolean());
        Assert.Equal("login_refused", Problem(await TestAsync("127.0.0.1", Dovecot.Port, "none", Wrong)));
        Assert.Equal("certificate", Problem(await TestAsync("localhost", Dovecot.TlsPort, "tls")));
        Assert.Equal("refused", Problem(await TestAsync("127.0.0.1", FreePort(), "tls")));
        Assert.Equal("name_not_found", Problem(await TestAsync("no-such-host.invalid", 993, "tls")));
        Assert.Equal("insecure", Problem(await TestAsync("mail.example.org", 143, "none")));

        await SendAsync(http, HttpMethod.Post, "api/v1/imap-accounts", 400, new { address = user, host = "a b", password = "x" });
        await SendAsync(http, HttpMethod.Post, "api/v1/imap-accounts", 400, new { address = "nobody", host = "localhost", password = "x" });
        await SendAsync(http, HttpMethod.Post, "api/v1/imap-accounts", 400, new { address = user, host = "localhost", security = "maybe", password = "x" });
        await SendAsync(http, HttpMethod.Post, "api/v1/imap-accounts", 400, new { address = user, host = "localhost" });
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM provider_users"));
    }

    [DovecotFact]
    public async Task Server_GoneAndBack_FailureAndNextTryAreShownAndEnd()
    {
        var (user, system) = (NewUser(), await StartSystemAsync());
        Dovecot.Deliver(user, [DovecotServer.Mail(1)]);
        var (_, http) = await StartIngestAsync(system);
        var id = await AddAccountAsync(http, user);
        await system.UntilAsync("SELECT count(*) = 1 FROM emails", Patience, "the import is there");

        Dovecot.Stop();
        await system.UntilAsync("SELECT consecutive_failures > 1 AND last_error IS NOT NULL FROM provider_users", Patience, "the failure is noted");
        var account = await SendAsync(http, HttpMethod.Get, $"api/v1/imap-accounts/{id}", 200);
        Assert.True(account.GetProperty("consecutive_failures").GetInt32() > 0);
        Assert.Equal("active", account.GetProperty("status").GetString());
        Assert.NotEqual(JsonValueKind.Null, account.GetProperty("next_try_at").ValueKind);

        await Dovecot.StartAsync();
        Dovecot.Deliver(user, [DovecotServer.Mail(2)]);
        await system.UntilAsync("SELECT count(*) = 2 FROM emails", TimeSpan.FromMinutes(2), "new mail comes again");
        await system.UntilAsync("SELECT consecutive_failures = 0 AND last_error IS NULL FROM provider_users", Patience, "the failure has ended");
    }

    private static string Folder(JsonElement folder) =>
        $"{folder.GetProperty("name").GetString()} {folder.GetProperty("use").GetString()} {(folder.GetProperty("followed").GetBoolean() ? "true" : "false")} {(folder.GetProperty("can_choose").GetBoolean() ? "true" : "false")}";

    private static string? Problem(JsonElement test)
    {
        Assert.False(test.GetProperty("ok").GetBoolean());
        Assert.True(test.GetProperty("message").GetString()!.Length > 20);
        return test.GetProperty("problem").GetString();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
