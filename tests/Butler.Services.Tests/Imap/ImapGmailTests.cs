using System.Globalization;
using Butler.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Butler.Services.Tests.Imap;

/// <summary>An account at Gmail's own IMAP: its ids, threads and labels, and OAuth instead of a password.</summary>
[Trait("Category", "Imap")]
public sealed class ImapGmailTests(DovecotServer dovecot) : ImapSystems(dovecot)
{
    [DovecotFact]
    public async Task Account_GmailByOAuth_HasItsIdsThreadsAndLabelsAndRenewsItsToken()
    {
        var user = NewUser();
        var system = await StartSystemAsync();
        await using var gmail = new GmailLikeImap { Token = "token-1" };
        gmail.Deliver(
            new(0xA1, 0xA1, "\"\\\\Inbox\"", Question("g1@example.net", user)),
            new(0xA2, 0xA1, "\"\\\\Inbox\" \"Projects\"", Mail("g2@example.net", "nora@example.net", user, "Re: Thursday", "No hurry.", "g1@example.net")),
            new(0xA3, 0xA3, "\"\\\\Sent\"", Mail("g3@example.org", user, "nora@example.net", "Hi", "See you.")));
        var refreshes = 0;
        await using var tokens = WebApplication.CreateSlimBuilder().Build();
        tokens.Urls.Add("http://127.0.0.1:0");
        tokens.MapPost("/token", async (HttpRequest request) =>
        {
            var form = await request.ReadFormAsync();
            Assert.Equal(("refresh_token", "refresh-1", "client-1"), (form["grant_type"].ToString(), form["refresh_token"].ToString(), form["client_id"].ToString()));
            Interlocked.Increment(ref refreshes);
            return Results.Json(new { access_token = gmail.Token, expires_in = 3600, token_type = "Bearer" });
        });
        await tokens.StartAsync();
        system.Private.AddRange(["token-1", "token-2", "refresh-1"]);
        var (_, http) = await StartIngestAsync(system);

        await SendAsync(http, HttpMethod.Post, "api/v1/imap-accounts", 201, new
        {
            address = user,
            host = "127.0.0.1",
            port = gmail.Port,
            security = "none",
            oauth = new { token_endpoint = $"{tokens.Urls.First()}/token", client_id = "client-1", refresh_token = "refresh-1" },
        });

        await system.UntilAsync("SELECT count(*) = 3 FROM emails", Patience, "the mails of All Mail are stored");
        Assert.Equal(
            "Ga1 Ga1 INBOX; Ga2 Ga1 INBOX,Projects; Ga3 Ga3 SENT",
            await system.ScalarAsync("""
                SELECT string_agg(l.provider_message_id || ' ' || e.thread_id || ' ' || (SELECT string_agg(n, ',' ORDER BY n) FROM unnest(s.labels) AS n), '; ' ORDER BY l.provider_message_id)
                FROM ledger l JOIN emails e USING (id) JOIN mail_state s USING (id)
                """));

        // The access token ends before its time, and with it every connection.
        gmail.Token = "token-2";
        gmail.Drop();
        gmail.Deliver(new GmailLikeImap.Mail(0xA4, 0xA1, "\"\\\\Inbox\"", Mail("g4@example.net", "nora@example.net", user, "Re: Thursday", "Never mind.", "g1@example.net")));
        await system.UntilAsync("SELECT count(*) = 4 FROM emails", Patience, "new mail comes by a new token");
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM emails e JOIN ledger l USING (id) WHERE l.provider_message_id = 'Ga4' AND e.thread_id = 'Ga1'"));
        Assert.True(refreshes >= 2, string.Create(CultureInfo.InvariantCulture, $"{refreshes} refreshes, {gmail.Refused} logins refused"));
    }
}
