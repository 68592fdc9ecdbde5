using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;

namespace Butler.Services.Tests.Progress;

public sealed partial class PageTests(ProgressService service) : IClassFixture<ProgressService>
{
    private string Origin => service.Http.GetLeftPart(UriPartial.Authority);

    [Fact]
    public async Task SignIn_Code_WorksOnceAndSetsACookieForScripts_Unreadable()
    {
        using var client = service.Anonymous();
        var code = await service.Tokens.CreateLinkAsync(service.Owner, CancellationToken.None);
        using var first = await PostAsync(client, code, Origin);
        using var second = await PostAsync(client, code, Origin);

        Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        var cookie = Assert.Single(first.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.Unauthorized, second.StatusCode);
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData(null)]
    public async Task SignIn_OtherOrigin_IsRefusedAndKeepsTheCode(string? origin)
    {
        using var client = service.Anonymous();
        var code = await service.Tokens.CreateLinkAsync(service.Owner, CancellationToken.None);
        using var foreign = await PostAsync(client, code, origin);
        using var own = await PostAsync(client, code, Origin);

        Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, own.StatusCode);
    }

    [Fact]
    public async Task SignIn_ExpiredCode_IsRefused()
    {
        using var client = service.Anonymous();
        var code = await service.Tokens.CreateLinkAsync(service.Owner, CancellationToken.None);
        await service.ExecuteAsync("UPDATE api_tokens SET expires_at = now() - interval '1 s' WHERE hash = $1", Butler.Data.Ingest.TokenStore.Hash(code));
        using var response = await PostAsync(client, code, Origin);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Pages_Anonymous_LeadToTheSignIn()
    {
        using var client = service.Anonymous();
        client.DefaultRequestHeaders.Add("Accept", "text/html");
        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("/signin", response.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Pages_HostileMail_IsShownAsTextUnderAStrictPolicy()
    {
        var mail = await service.AddMailAsync(
            "<script>alert(1)</script>", DateTimeOffset.UnixEpoch.AddYears(56), text: "<img src=https://track.example/p.gif onerror=alert(1)>");
        using var client = await SignedInAsync(service.Owner);

        foreach (var path in new[] { "/", "/mails", $"/mail/{mail}", "/failures" })
        {
            using var response = await client.GetAsync(path);
            var html = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == HttpStatusCode.OK, path + html);
            Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<img src=https", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<b>Bold", html, StringComparison.Ordinal);
            var policy = response.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.DoesNotContain(" style=", html, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Page_Unknown_IsAPageFor404()
    {
        using var client = await SignedInAsync(service.Owner);
        using var response = await client.GetAsync($"/mail/{Guid.CreateVersion7()}");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Commands_OwnForm_PutTheirMessagesIntoTheOutbox()
    {
        var sync = await service.AddSyncAsync(account: service.Account);
        var mail = await service.AddMailAsync("Again", DateTimeOffset.UnixEpoch.AddYears(55));
        using var client = await SignedInAsync(service.Owner);
        var token = await TokenAsync(client);

        using var import = await FormAsync(client, "/commands/import", Origin, ("_token", token), ("account", $"{service.Account}"), ("months", "12"));
        using var cancel = await FormAsync(client, "/commands/cancel", Origin, ("_token", token), ("sync", $"{sync}"));
        using var judge = await FormAsync(client, "/commands/judge", Origin, ("_token", token), ("mail", $"{mail}"));

        using var audit = await FormAsync(client, "/commands/audit", Origin, ("_token", token), ("account", $"{service.Account}"), ("repair", "1"));

        Assert.All(new[] { import, cancel, judge, audit }, r => Assert.Equal(HttpStatusCode.SeeOther, r.StatusCode));
        Assert.Equal(12, await service.ScalarAsync<int>("SELECT (body->>'months')::int FROM outbox WHERE kind = 'StartImport' AND queue = 'ingest' AND lane = 1 AND provider_user_id = $1", service.Account));
        Assert.Equal(sync.ToString(), await service.ScalarAsync<string>("SELECT body->>'sync_id' FROM outbox WHERE kind = 'CancelImport'"));
        Assert.Equal(1L, await service.ScalarAsync<long>("""
            SELECT count(*) FROM outbox o JOIN tasks t ON t.id = (o.body->>'task_id')::uuid AND t.ledger_id = $1 AND t.correlation_id = o.correlation_id
            WHERE o.kind = 'ProcessMail' AND o.queue = 'classifier' AND (o.body->>'force_reprocess')::boolean
            """, mail));
        Assert.True(await service.ScalarAsync<bool>("SELECT (body->>'repair')::boolean AND queue = 'ingest' FROM outbox WHERE kind = 'AuditMailbox' AND provider_user_id = $1", service.Account));
        await service.FinishAsync(sync);
    }

    [Fact]
    public async Task Commands_ForeignOriginTokenOrOwner_AreRefused()
    {
        using var owner = await SignedInAsync(service.Owner);
        using var stranger = await SignedInAsync(service.Stranger);
        using var spouse = await SignedInAsync(service.Spouse);
        var before = await service.ScalarAsync<long>("SELECT count(*) FROM outbox");
        (string, string) account = ("account", $"{service.Account}");
        (string, string) token = ("_token", await TokenAsync(owner));

        using var origin = await FormAsync(owner, "/commands/import", "https://evil.example", token, account);
        using var none = await FormAsync(owner, "/commands/import", Origin, account);
        using var others = await FormAsync(stranger, "/commands/import", Origin, token, account);
        using var foreign = await FormAsync(stranger, "/commands/import", Origin, ("_token", await TokenAsync(stranger)), account);
        using var family = await FormAsync(spouse, "/commands/import", Origin, ("_token", await TokenAsync(spouse)), account);

        Assert.All(new[] { origin, none, others, foreign, family }, r => Assert.Equal(HttpStatusCode.Forbidden, r.StatusCode));
        Assert.Equal(before, await service.ScalarAsync<long>("SELECT count(*) FROM outbox"));
    }

    [Fact]
    public async Task SignOut_Session_Ends()
    {
        using var client = await SignedInAsync(service.Owner);
        using var response = await FormAsync(client, "/signout", Origin, ("_token", await TokenAsync(client)));
        using var after = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, after.StatusCode);
    }

    private async Task<HttpClient> SignedInAsync(Guid user)
    {
        var client = service.Anonymous();
        using var response = await PostAsync(client, await service.Tokens.CreateLinkAsync(user, CancellationToken.None), Origin);
        client.DefaultRequestHeaders.Add("Cookie", response.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        client.DefaultRequestHeaders.Add("Accept", "text/html");
        return client;
    }

    private static async Task<string> TokenAsync(HttpClient client) => TokenField().Match(await client.GetStringAsync("/failures")).Groups[1].Value;

    private static async Task<HttpResponseMessage> FormAsync(HttpClient client, string path, string origin, params (string Name, string Value)[] fields)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))) };
        request.Headers.Add("Origin", origin);
        return await client.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string code, string? origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/signin") { Content = JsonContent.Create(new { code }) };
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        return await client.SendAsync(request);
    }

    [GeneratedRegex("name=\"_token\" value=\"([^\"]+)\"")]
    private static partial Regex TokenField();
}
