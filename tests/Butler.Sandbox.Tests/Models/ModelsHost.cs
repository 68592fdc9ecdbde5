using System.Net;
using System.Text;
using System.Text.Json;
using Butler.Sandbox.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Sandbox.Tests.Models;

/// <summary>A sandbox whose chat endpoints are called as the vendors' are.</summary>
internal sealed class ModelsHost : IAsyncDisposable
{
    public const string Secret = "test-secret";
    public const string Mail = "Subject: Lunch\nFrom: nora@example.org\n\nCould you send me the figures by Friday? Thanks.";

    private readonly WebApplication _app;

    private ModelsHost(WebApplication app)
    {
        _app = app;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Http { get; }

    public ModelFaults Faults => _app.Services.GetRequiredService<ModelFaults>();

    public ModelStats Stats => _app.Services.GetRequiredService<ModelStats>();

    public ScriptedAnswers Answers => _app.Services.GetRequiredService<ScriptedAnswers>();

    public static async Task<ModelsHost> StartAsync(Action<ModelsOptions>? configure = null, TimeProvider? clock = null)
    {
        var app = SandboxApp.Build([], o =>
        {
            o.Secret = Secret;
            configure?.Invoke(o.Models);
        }, s =>
        {
            if (clock is not null)
            {
                s.AddSingleton(clock);
            }
        });
        await app.StartAsync();
        return new(app);
    }

    public static string Schema(string members, string required) =>
        $$"""{"type":"object","properties":{{{members}}},"required":[{{required}}],"additionalProperties":false}""";

    public static string Triage => Schema(
        """
        "category":{"type":"string","enum":["needs_reply","informational","spam"]},"confidence":{"type":"number"},"reasoning":{"type":"string"}
        """, """
        "category","confidence","reasoning"
        """);

    public static string Chat(string content = Mail, string more = "", string model = "gpt-5.4-mini") =>
        $$"""{"model":"{{model}}","messages":[{"role":"developer","content":"You sort mail."},{"role":"user","content":{{JsonSerializer.Serialize(content)}}}]{{more}}}""";

    public static string ChatTriage(string content = Mail, string more = "") =>
        Chat(content, $$$""","response_format":{"type":"json_schema","json_schema":{"name":"triage","strict":true,"schema":{{{Triage}}}}}{{{more}}}""");

    public static string Message(string content = Mail, string more = "", string model = "claude-haiku-4-5") =>
        $$"""{"model":"{{model}}","max_tokens":500,"system":"You sort mail.","messages":[{"role":"user","content":{{JsonSerializer.Serialize(content)}}}]{{more}}}""";

    public static string MessageTriage(string content = Mail, string more = "") =>
        Message(content, $$$""","output_config":{"format":{"type":"json_schema","schema":{{{Triage}}}}}{{{more}}}""");

    public Task<HttpResponseMessage> OpenAIAsync(string body, string path = "/v1/chat/completions", string? key = "k") => SendAsync(path, body, r =>
    {
        if (key is not null)
        {
            r.Headers.Add("Authorization", "Bearer " + key);
        }
    });

    public Task<HttpResponseMessage> AnthropicAsync(string body, string path = "/v1/messages", string? key = "k", string? version = "2023-06-01") => SendAsync(path, body, r =>
    {
        if (key is not null)
        {
            r.Headers.Add("x-api-key", key);
        }

        if (version is not null)
        {
            r.Headers.Add("anthropic-version", version);
        }
    });

    public Task<HttpResponseMessage> SendAsync(ModelVendor vendor, string? openAI = null, string? anthropic = null) =>
        vendor == ModelVendor.OpenAI ? OpenAIAsync(openAI ?? ChatTriage()) : AnthropicAsync(anthropic ?? MessageTriage());

    public async Task<JsonElement> JsonAsync(Task<HttpResponseMessage> sent, int status = 200)
    {
        using var response = await sent;
        var body = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {body}");
        return JsonDocument.Parse(body).RootElement.Clone();
    }

    public async Task<HttpResponseMessage> ControlAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, "/sandbox/models" + path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Sandbox-Secret", Secret);
        return await Http.SendAsync(request);
    }

    /// <summary>As new: no faults, no scripted answers, no figures.</summary>
    public ModelsHost Reset()
    {
        Faults.Clear();
        Answers.Clear();
        Stats.Reset();
        return this;
    }

    /// <summary>The events of a stream: name, if any, and data.</summary>
    public static List<(string? Name, string Data)> Events(string body) => [.. body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(e =>
    {
        var lines = e.Split('\n');
        return (lines.FirstOrDefault(l => l.StartsWith("event: ", StringComparison.Ordinal))?[7..], lines.Single(l => l.StartsWith("data: ", StringComparison.Ordinal))[6..]);
    })];

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string body, Action<HttpRequestMessage> head)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json"), Version = HttpVersion.Version11 };
        head(request);
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}

/// <summary>One sandbox for the tests of a class; its key is <c>k</c>, its clock stands.</summary>
public sealed class ModelsFixture : IAsyncLifetime
{
    internal Clock Clock { get; } = new(new(2026, 11, 21, 9, 0, 0, TimeSpan.Zero));

    internal ModelsHost Host { get; private set; } = null!;

    public async Task InitializeAsync() => Host = await ModelsHost.StartAsync(o => o.Key = "k", Clock);

    public async Task DisposeAsync() => await Host.DisposeAsync();
}
