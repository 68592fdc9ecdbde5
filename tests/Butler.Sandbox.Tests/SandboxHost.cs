using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Butler.Sandbox.Faults;
using Butler.Sandbox.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Sandbox.Tests;

/// <summary>A sandbox on a free port and a client that is signed in.</summary>
internal sealed class SandboxHost : IAsyncDisposable
{
    public const string Owner = "owner@sandbox.butler.test";
    public const string Secret = "test-secret";

    private SandboxHost(WebApplication app)
    {
        App = app;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public WebApplication App { get; }

    public HttpClient Http { get; }

    public SandboxState State => App.Services.GetRequiredService<SandboxState>();

    public SandboxFaults Faults => App.Services.GetRequiredService<SandboxFaults>();

    public SandboxStats Stats => App.Services.GetRequiredService<SandboxStats>();

    public SandboxAccount Account => State.Account(Owner);

    public static async Task<SandboxHost> StartAsync(Action<SandboxOptions>? configure = null, IEnumerable<byte[]>? mails = null, TimeProvider? clock = null)
    {
        var app = SandboxApp.Build([], o =>
        {
            o.Secret = Secret;
            configure?.Invoke(o);
        }, s =>
        {
            if (clock is not null)
            {
                s.AddSingleton(clock);
            }
        });
        await app.StartAsync();
        var host = new SandboxHost(app);
        if (host.State.Find(Owner) is null && !host.State.Addresses.Any())
        {
            host.State.AddAccount(Owner, mails);
        }

        await host.SignInAsync(host.State.Addresses[0]);
        return host;
    }

    public async Task<string> SignInAsync(string address)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["client_id"] = "c",
            ["client_secret"] = "s",
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = State.Account(address).RefreshToken,
        });
        using var response = await Http.PostAsync("/token", form);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var token = (await ReadAsync(response)).GetProperty("access_token").GetString()!;
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return token;
    }

    public async Task<JsonElement> GetAsync(string path, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await Http.GetAsync("/gmail/v1/users/me/" + path);
        Assert.Equal(expected, response.StatusCode);
        return await ReadAsync(response);
    }

    public async Task<JsonElement> PostAsync(string path, string json, HttpStatusCode expected = HttpStatusCode.OK, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, "/gmail/v1/users/me/" + path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        using var response = await Http.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
        return expected == HttpStatusCode.NoContent ? default : await ReadAsync(response);
    }

    public async Task<HttpResponseMessage> ControlAsync(HttpMethod method, string path, HttpContent? content = null, string? secret = Secret)
    {
        using var request = new HttpRequestMessage(method, "/sandbox/" + path) { Content = content };
        if (secret is not null)
        {
            request.Headers.Add("X-Sandbox-Secret", secret);
        }

        return await Http.SendAsync(request);
    }

    public async Task<(string Body, HttpResponseMessage Response)> BatchAsync(IEnumerable<string> targets)
    {
        var body = new StringBuilder();
        var i = 0;
        foreach (var target in targets)
        {
            body.Append($"--b1\r\nContent-Type: application/http\r\nContent-ID: <item{i++}>\r\n\r\nGET {target}\r\n\r\n");
        }

        body.Append("--b1--\r\n");
        using var content = new StringContent(body.ToString());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/mixed; boundary=b1");
        var response = await Http.PostAsync("/batch/gmail/v1", content);
        return (await response.Content.ReadAsStringAsync(), response);
    }

    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return document.RootElement.Clone();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.DisposeAsync();
    }
}
