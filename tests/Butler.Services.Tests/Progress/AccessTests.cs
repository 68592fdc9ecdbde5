using System.Net;

namespace Butler.Services.Tests.Progress;

public sealed class AccessTests(ProgressService service) : IClassFixture<ProgressService>
{
    [Fact]
    public async Task Reads_EveryRole_FollowTheOneRule()
    {
        await service.AddSyncAsync("completed");
        var mail = await service.AddMailAsync("Private", DateTimeOffset.UnixEpoch.AddYears(50), emailId: "access-1");
        string[] paths =
        [
            $"/api/v1/email-sync/status/{service.Owner}", $"/api/v1/email-sync/history/{service.Owner}", $"/api/v1/mails/{mail}", $"/api/v1/mails?account={service.Account}",
            $"/api/v1/failures?account={service.Account}", $"/api/task-status/access-1?account={service.Account}",
        ];
        foreach (var (user, expected) in new[]
            { (service.Owner, HttpStatusCode.OK), (service.Spouse, HttpStatusCode.OK), (service.Admin, HttpStatusCode.OK), (service.Stranger, HttpStatusCode.Forbidden) })
        {
            using var client = await service.AsAsync(user);
            foreach (var path in paths)
            {
                using var response = await client.GetAsync(path);
                Assert.True(expected == response.StatusCode, $"{path}: {response.StatusCode}");
            }
        }
    }

    [Theory]
    [InlineData("/api/v1/mails")]
    [InlineData("/api/v1/failures")]
    [InlineData("/api/v1/email-sync/stats")]
    [InlineData("/api/task-status/1")]
    [InlineData("/events")]
    public async Task Get_WithoutToken_Answers401(string path)
    {
        using var client = service.Anonymous();
        using var response = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("unauthorized", (await ProgressService.JsonAsync(response)).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Get_RevokedToken_Answers401()
    {
        using var client = await service.AsAsync(service.Owner);
        var hash = Butler.Data.Ingest.TokenStore.Hash(client.DefaultRequestHeaders.Authorization!.Parameter!);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/mails")).StatusCode);

        await service.Tokens.RevokeAsync(hash, CancellationToken.None);

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/mails")).StatusCode);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    [InlineData("/api/metrics")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs")]
    [InlineData("/docs/docs.js")]
    [InlineData("/signin")]
    [InlineData("/assets/butler.css")]
    public async Task Get_PublicPath_NeedsNoToken(string path)
    {
        using var client = service.Anonymous();
        using var response = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Get_UnknownHostName_IsRefused()
    {
        using var client = service.Anonymous();
        client.DefaultRequestHeaders.Host = "evil.example";
        using var response = await client.GetAsync("/alive");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Stats_MemberAndAdmin_SeeOwnAndAll()
    {
        using var stranger = await service.AsAsync(service.Stranger);
        using var admin = await service.AsAsync(service.Admin);
        await service.AddMailAsync("Counted", DateTimeOffset.UnixEpoch.AddYears(50));

        var own = await ProgressService.JsonAsync(await stranger.GetAsync("/api/v1/email-sync/stats"));
        var all = await ProgressService.JsonAsync(await admin.GetAsync("/api/v1/email-sync/stats"));

        Assert.Equal(0, own.GetProperty("mails").GetProperty("done").GetInt64());
        Assert.True(all.GetProperty("mails").GetProperty("done").GetInt64() > 0);
        Assert.True(all.GetProperty("mails_per_second").GetDouble() > 0);
    }
}
