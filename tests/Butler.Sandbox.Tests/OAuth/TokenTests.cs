using System.Net;

namespace Butler.Sandbox.Tests.OAuth;

public sealed class TokenTests
{
    [Fact]
    public async Task Token_RefreshGrant_GooglesAnswer()
    {
        await using var host = await SandboxHost.StartAsync();
        using var response = await Post(host, "/token", Form(host.Account.RefreshToken));
        var answer = await SandboxHost.ReadAsync(response);
        Assert.Equal(3599, answer.GetProperty("expires_in").GetInt32());
        Assert.Equal("Bearer", answer.GetProperty("token_type").GetString());
        Assert.False(answer.TryGetProperty("refresh_token", out _));
    }

    [Theory]
    [InlineData("wrong", "id", "secret", 400, "invalid_grant")]
    [InlineData(null, "other", "secret", 401, "invalid_client")]
    [InlineData(null, "id", "other", 401, "invalid_client")]
    [InlineData(null, "", "secret", 401, "invalid_client")]
    public async Task Token_Refused_GooglesErrors(string? refreshToken, string id, string secret, int status, string error)
    {
        await using var host = await SandboxHost.StartAsync(o => (o.ClientId, o.ClientSecret) = (null, null));
        var options = (SandboxOptions)host.App.Services.GetService(typeof(SandboxOptions))!;
        (options.ClientId, options.ClientSecret) = ("id", "secret");
        using var response = await Post(host, "/token", Form(refreshToken ?? host.Account.RefreshToken, id, secret));
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(error, (await SandboxHost.ReadAsync(response)).GetProperty("error").GetString());
    }

    [Fact]
    public async Task Token_Expired_Is401()
    {
        var clock = new Clock(Sample.Start);
        await using var host = await SandboxHost.StartAsync(clock: clock);
        await host.GetAsync("profile");
        clock.Move(TimeSpan.FromSeconds(3600));
        await host.GetAsync("profile", HttpStatusCode.Unauthorized);
        await host.SignInAsync(SandboxHost.Owner);
        await host.GetAsync("profile");
    }

    [Fact]
    public async Task Revoke_Token_InvalidGrantFromThenOn()
    {
        await using var host = await SandboxHost.StartAsync();
        using var revoked = await Post(host, "/revoke", new() { ["token"] = host.Account.RefreshToken });
        Assert.Equal(HttpStatusCode.OK, revoked.StatusCode);
        using var response = await Post(host, "/token", Form(host.Account.RefreshToken));
        Assert.Equal("invalid_grant", (await SandboxHost.ReadAsync(response)).GetProperty("error").GetString());
        await host.GetAsync("profile", HttpStatusCode.Unauthorized);
    }

    private static Dictionary<string, string> Form(string refreshToken, string id = "id", string secret = "secret") =>
        new() { ["client_id"] = id, ["client_secret"] = secret, ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken };

    private static async Task<HttpResponseMessage> Post(SandboxHost host, string path, Dictionary<string, string> form)
    {
        using var content = new FormUrlEncodedContent(form);
        return await host.Http.PostAsync(path, content);
    }
}
