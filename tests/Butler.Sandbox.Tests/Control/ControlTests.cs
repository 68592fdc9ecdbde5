using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Butler.Sandbox.Faults;

namespace Butler.Sandbox.Tests.Control;

public sealed class ControlTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    [InlineData("")]
    public async Task Control_WithoutSecret_Is403(string? secret)
    {
        await using var host = await SandboxHost.StartAsync();
        foreach (var path in new[] { "accounts", "stats", "faults", $"accounts/{SandboxHost.Owner}/drafts" })
        {
            using var response = await host.ControlAsync(HttpMethod.Get, path, secret: secret);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }
    }

    [Fact]
    public async Task Control_NoSecretConfigured_IsClosed()
    {
        await using var host = await SandboxHost.StartAsync(o => o.Secret = null);
        using var response = await host.ControlAsync(HttpMethod.Get, "accounts", secret: "");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task PushToken_Asked_IsSignedWithThePublishedKey()
    {
        await using var host = await SandboxHost.StartAsync();
        using var answer = await host.ControlAsync(HttpMethod.Get, "push/token");
        var parts = (await SandboxHost.ReadAsync(answer)).GetProperty("token").GetString()!.Split('.');
        using var keys = await host.Http.GetAsync(new Uri("oauth2/v3/certs", UriKind.Relative));
        var key = (await SandboxHost.ReadAsync(keys)).GetProperty("keys")[0];
        byte[] Number(string name) => Base64Url.DecodeFromChars(key.GetProperty(name).GetString());
        using var rsa = RSA.Create(new RSAParameters { Modulus = Number("n"), Exponent = Number("e") });
        Assert.True(rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    [Fact]
    public async Task PushTimes_NothingPushed_IsEmpty()
    {
        await using var host = await SandboxHost.StartAsync();
        using var answer = await host.ControlAsync(HttpMethod.Get, "push/times");
        Assert.Equal(0, (await SandboxHost.ReadAsync(answer)).GetArrayLength());
    }

    [Fact]
    public async Task Accounts_Listed_WithTokenAndCount()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(3));
        using var response = await host.ControlAsync(HttpMethod.Get, "accounts");
        var account = (await SandboxHost.ReadAsync(response))[0];
        Assert.Equal(SandboxHost.Owner, account.GetProperty("address").GetString());
        Assert.Equal(host.Account.RefreshToken, account.GetProperty("refresh_token").GetString());
        Assert.Equal(3, account.GetProperty("mails").GetInt32());
        using var made = await host.ControlAsync(HttpMethod.Post, "accounts/second@sandbox.butler.test");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        await host.SignInAsync("second@sandbox.butler.test");
        Assert.Equal(0, (await host.GetAsync("profile")).GetProperty("messagesTotal").GetInt32());
    }

    [Fact]
    public async Task Deliver_RawMail_IsListedAndInHistory()
    {
        await using var host = await SandboxHost.StartAsync();
        var start = host.Account.HistoryId;
        using var content = new ByteArrayContent(Sample.Mail("new@x"));
        using var response = await host.ControlAsync(HttpMethod.Post, $"accounts/{SandboxHost.Owner}/mails?labels=INBOX,UNREAD&date=2026-05-01T00:00:00Z", content);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var mail = Assert.Single(host.Account.Mails);
        Assert.Equal(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(), mail.InternalDate);
        Assert.Equal(1, (await host.GetAsync($"history?startHistoryId={start}")).GetProperty("history").GetArrayLength());
    }

    [Fact]
    public async Task Drafts_EditedAndSentByOwner_ShowInHistory()
    {
        await using var host = await SandboxHost.StartAsync();
        var draft = await host.PostAsync("drafts", Sample.DraftJson(Sample.Mail("d@x")));
        var id = draft.GetProperty("id").GetString();
        using var edited = new ByteArrayContent(Sample.Mail("d@x", body: "edited"));
        Assert.Equal(HttpStatusCode.OK, (await host.ControlAsync(HttpMethod.Put, $"accounts/{SandboxHost.Owner}/drafts/{id}", edited)).StatusCode);
        using var response = await host.ControlAsync(HttpMethod.Get, $"accounts/{SandboxHost.Owner}/drafts");
        var one = (await SandboxHost.ReadAsync(response)).GetProperty("drafts")[0];
        Assert.Contains("edited", Encoding.UTF8.GetString(Base64Url.DecodeFromChars(one.GetProperty("raw").GetString())));
        Assert.Equal(HttpStatusCode.NoContent, (await host.ControlAsync(HttpMethod.Post, $"accounts/{SandboxHost.Owner}/drafts/{id}/send")).StatusCode);
        Assert.Equal(["created", "updated", "sent"], host.Account.DraftHistory.Select(d => d.Kind));
        Assert.Equal(["SENT"], Assert.Single(host.Account.Mails).LabelIds);
    }

    [Fact]
    public async Task Faults_SetAndCleared_OverHttp()
    {
        await using var host = await SandboxHost.StartAsync();
        using var fault = new StringContent("{\"method\":\"getProfile\",\"kind\":\"unavailable\",\"count\":5}");
        Assert.Equal(HttpStatusCode.NoContent, (await host.ControlAsync(HttpMethod.Post, "faults", fault)).StatusCode);
        Assert.Equal(new PlainFault("getProfile", FaultKind.Unavailable, Count: 5), Assert.Single(host.Faults.Active));
        await host.GetAsync("profile", HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.NoContent, (await host.ControlAsync(HttpMethod.Delete, "faults")).StatusCode);
        await host.GetAsync("profile");
        using var bad = new StringContent("{\"method\":\"getProfile\",\"kind\":\"nonsense\"}");
        Assert.Equal(HttpStatusCode.BadRequest, (await host.ControlAsync(HttpMethod.Post, "faults", bad)).StatusCode);
        Assert.Equal(1, host.Stats.Calls[("getProfile", 503)]);
    }
}
