using System.Net;
using Butler.Data.Ingest;
using Butler.Ingest;
using Butler.Ingest.Accounts;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.Services.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Live;

public sealed class CommandLimitTests
{
    [Fact]
    public async Task Commands_BeyondTheUsersLimit_429AndReadsAndOthersGoOn()
    {
        await using var system = await TestSystem.StartAsync(_ => { }, new Dictionary<string, string?> { [CommandLimit.Key] = "5" });
        var ingest = await system.StartAsync(b => b.AddIngest(), app =>
        {
            app.MapDefaultEndpoints();
            app.UseButlerAuthentication();
            app.UseCommandLimit();
            app.MapAccounts();
        });
        var tokens = ingest.Services.GetRequiredService<TokenStore>();
        var (one, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await system.ExecuteAsync($"INSERT INTO app_users (id, display_name, role) VALUES ('{one}', 'one', 'member'), ('{other}', 'other', 'member')");
        using var first = Client(await tokens.CreateBearerAsync(one, "t", default));
        using var second = Client(await tokens.CreateBearerAsync(other, "t", default));

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await CommandAsync(first));
        }

        using var refused = await first.PostAsync("api/v1/sign-in-links", null);
        using var read = await first.GetAsync("api/v1/me");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await CommandAsync(second));

        HttpClient Client(string token) => new() { BaseAddress = new Uri(TestSystem.Address(ingest)), DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
    }

    private static async Task<HttpStatusCode> CommandAsync(HttpClient http)
    {
        using var response = await http.PostAsync("api/v1/sign-in-links", null);
        return response.StatusCode;
    }
}
