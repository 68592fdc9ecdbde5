using System.ClientModel;
using System.Text.Json;
using Butler.Intelligence.Embeddings;
using Butler.Sandbox;
using Butler.Sandbox.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Intelligence.Tests.Embeddings;

/// <summary>OpenAI's SDK against the sandbox's endpoint, which refuses what OpenAI refuses.</summary>
public sealed class OpenAiEmbeddingsTests : IAsyncLifetime
{
    private WebApplication _sandbox = null!;
    private EmbeddingOptions _options = null!;

    public async Task InitializeAsync()
    {
        _sandbox = SandboxApp.Build([], o => (o.Secret, o.Models.KeepCalls) = ("secret", 100));
        await _sandbox.StartAsync();
        var address = _sandbox.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _options = new() { Provider = "openai", BaseAddress = new Uri(address + "/v1"), ApiKey = "sk-test", Dimensions = 64 };
    }

    public async Task DisposeAsync() => await _sandbox.DisposeAsync();

    [Fact]
    public async Task Generate_ManyTexts_CutsCallsToTheLimitsAndKeepsTheOrder()
    {
        _options.MaxInputs = 4;
        using var embeddings = new OpenAiEmbeddings(_options);
        string[] texts = [.. Enumerable.Range(0, 10).Select(i => $"text number {i}")];
        var vectors = await embeddings.GenerateAsync(texts);
        Assert.Equal(10, vectors.Count);
        Assert.All(vectors, v => Assert.Equal(64, v.Vector.Length));
        for (var i = 0; i < texts.Length; i++)
        {
            Assert.Equal((await embeddings.GenerateAsync([texts[i]]))[0].Vector.ToArray(), vectors[i].Vector.ToArray());
        }

        var inputs = _sandbox.Services.GetRequiredService<ModelStats>().Calls.Take(3).Select(c => JsonDocument.Parse(c.Body).RootElement.GetProperty("input").GetArrayLength());
        Assert.Equal([4, 4, 2], inputs);
    }

    [Fact]
    public async Task Generate_LongTexts_StaysBelowTheTokensOfACall()
    {
        _options.MaxTokens = 10_000;
        using var embeddings = new OpenAiEmbeddings(_options);
        var vectors = await embeddings.GenerateAsync(Enumerable.Repeat(new string('x', 20_000), 5));
        Assert.Equal(5, vectors.Count);
    }

    [Fact]
    public async Task Generate_EndpointAway_FailsAtOnceWithoutARetry()
    {
        await _sandbox.StopAsync();
        using var embeddings = new OpenAiEmbeddings(_options);
        await Assert.ThrowsAnyAsync<Exception>(() => embeddings.GenerateAsync(["text"]));
    }

    [Fact]
    public async Task Generate_Refused_SaysTheStatus()
    {
        _options.Model = "text-embedding-unknown-9";
        using var embeddings = new OpenAiEmbeddings(_options);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => embeddings.GenerateAsync(["text"]))).Status);
    }
}
