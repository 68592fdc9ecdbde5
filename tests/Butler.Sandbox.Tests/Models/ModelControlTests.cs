using System.Net;
using Butler.Sandbox.Models;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Sandbox.Tests.Models;

/// <summary><c>/sandbox/models</c>: faults, scripted answers and figures over HTTP.</summary>
public sealed class ModelControlTests(ModelsFixture fixture) : IClassFixture<ModelsFixture>
{
    private readonly ModelsHost _host = fixture.Host.Reset();

    [Fact]
    public async Task Control_WithoutTheSecret_IsClosed()
    {
        using var response = await _host.Http.GetAsync("/sandbox/models");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task Faults_SetListedAndCleared_OverHttp()
    {
        await PostAsync("/faults", """{"endpoint":"openai","kind":"rateLimitedBare","count":3}""", 204);
        await PostAsync("/faults", """{"endpoint":"openai","kind":"noSuchThing"}""", 400);
        await PostAsync("/faults", """{"endpoint":"openai","kind":"dead","often":3}""", 400);
        await PostAsync("/faults", """{"endpoint":"openai","kind":"dead","probability":3}""", 400);
        await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.Chat()), 429);

        var listed = await _host.JsonAsync(_host.ControlAsync(HttpMethod.Get, "/faults"));
        Assert.Equal(("rateLimitedBare", 2), (listed[0].GetProperty("kind").GetString(), listed[0].GetProperty("count").GetInt32()));
        using var cleared = await _host.ControlAsync(HttpMethod.Delete, "/faults?endpoint=openai");
        await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.Chat()));
    }

    [Fact]
    public async Task Faults_OfTheConfiguration_AreOnFromTheStart()
    {
        await using var app = SandboxApp.Build(["--Sandbox:Models:Faults:0:Endpoint=openai", "--Sandbox:Models:Faults:0:Kind=Dead", "--Sandbox:Models:Faults:0:Skip=7"]);

        Assert.Equal([new ModelFault("openai", ModelFaultKind.Dead, Skip: 7)], app.Services.GetRequiredService<ModelFaults>().Active);
    }

    [Fact]
    public async Task Answers_Scripted_ByMarkerFirstThenInSequence()
    {
        await PostAsync("/answers", """{"text":"one"}""", 204);
        await PostAsync("/answers", """{"text":"two"}""", 204);
        await PostAsync("/answers", """{"text":"of Berlin","marker":"Berlin","count":null}""", 204);
        await PostAsync("/answers", """{"text":"never","endpoint":"anthropic"}""", 204);

        Assert.Equal(["of Berlin", "one", "of Berlin", "two"], [await Say("Berlin"), await Say("a"), await Say("Berlin"), await Say("a")]);
        Assert.Equal("a", await Say("a"));

        async Task<string> Say(string mail) =>
            (await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.Chat(mail)))).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }

    [Fact]
    public async Task Figures_CallsTokensAndPeak_AreCounted()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _host.JsonAsync(_host.OpenAIAsync(ModelsHost.ChatTriage()))));
        await _host.JsonAsync(_host.AnthropicAsync("{}"), 400);

        var figures = await _host.JsonAsync(_host.ControlAsync(HttpMethod.Get, ""));
        var openAI = figures.GetProperty("openai");
        Assert.Equal(4, openAI.GetProperty("byStatus").GetProperty("200").GetInt32());
        Assert.Equal(answers.Sum(a => a.GetProperty("usage").GetProperty("prompt_tokens").GetInt32()), openAI.GetProperty("inputTokens").GetInt32());
        Assert.Equal(answers.Sum(a => a.GetProperty("usage").GetProperty("completion_tokens").GetInt32()), openAI.GetProperty("outputTokens").GetInt32());
        Assert.InRange(openAI.GetProperty("peak").GetInt32(), 1, 4);
        Assert.Equal(1, figures.GetProperty("anthropic").GetProperty("byStatus").GetProperty("400").GetInt32());

        var calls = await _host.JsonAsync(_host.ControlAsync(HttpMethod.Get, "/calls"));
        Assert.Equal(5, calls.GetArrayLength());
        Assert.DoesNotContain(calls[0].GetProperty("headers").EnumerateObject(), h => h.Name.Equals("authorization", StringComparison.OrdinalIgnoreCase));
    }

    private async Task PostAsync(string path, string body, int status)
    {
        using var response = await _host.ControlAsync(HttpMethod.Post, path, body);
        Assert.Equal(status, (int)response.StatusCode);
    }
}
