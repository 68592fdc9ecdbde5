using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Butler.Sandbox.Models;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ChatResponseFormat = Microsoft.Extensions.AI.ChatResponseFormat;

namespace Butler.Sandbox.Tests.Models;

/// <summary>The vendors' .NET clients, which Butler uses, pointed at the sandbox.</summary>
public sealed class SdkClientTests(ModelsFixture fixture) : IClassFixture<ModelsFixture>
{
    private readonly ModelsHost _host = fixture.Host.Reset();

    [Fact]
    public async Task OpenAI_ChatStreamAndEmbeddings_Work()
    {
        var chat = OpenAI().GetChatClient("gpt-5.4-mini");
        var options = new ChatCompletionOptions
        {
            MaxOutputTokenCount = 500,
            Temperature = 0.3f,
            ResponseFormat = global::OpenAI.Chat.ChatResponseFormat.CreateJsonSchemaFormat("triage", BinaryData.FromString(ModelsHost.Triage), jsonSchemaIsStrict: true),
        };
        global::OpenAI.Chat.ChatMessage[] messages = [new SystemChatMessage("You sort mail."), new UserChatMessage(ModelsHost.Mail)];

        var answer = (await chat.CompleteChatAsync(messages, options)).Value;
        var streamed = "";
        await foreach (var update in chat.CompleteChatStreamingAsync(messages, options))
        {
            streamed += string.Concat(update.ContentUpdate.Select(c => c.Text));
        }

        var embedding = (await OpenAI().GetEmbeddingClient("text-embedding-3-small").GenerateEmbeddingAsync("an invoice", new global::OpenAI.Embeddings.EmbeddingGenerationOptions { Dimensions = 32 })).Value;

        Assert.Equal(global::OpenAI.Chat.ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal("needs_reply", Category(answer.Content[0].Text));
        Assert.True(answer.Usage.InputTokenCount > 0);
        Assert.Equal("needs_reply", Category(streamed));
        Assert.Equal(32, embedding.ToFloats().Length);
    }

    [Theory]
    [InlineData(ModelFaultKind.RateLimited, 429)]
    [InlineData(ModelFaultKind.Unavailable, 503)]
    [InlineData(ModelFaultKind.Unauthorized, 401)]
    public async Task OpenAI_Errors_AreClientResultExceptions(ModelFaultKind kind, int status)
    {
        _host.Faults.Set(new("openai", kind));

        var error = await Assert.ThrowsAsync<ClientResultException>(() => OpenAI().GetChatClient("gpt-5.4-mini").CompleteChatAsync(new UserChatMessage("a")));

        Assert.Equal(status, error.Status);
        Assert.Equal(1, _host.Stats.Of("openai").Calls);
    }

    [Fact]
    public async Task Anthropic_ChatClientAndStream_Work()
    {
        using var client = Anthropic().AsIChatClient("claude-haiku-4-5");
        var options = new ChatOptions { MaxOutputTokens = 500, Temperature = 0.3f, ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonDocument.Parse(ModelsHost.Triage).RootElement, "triage") };
        ChatMessage[] messages = [new(ChatRole.System, "You sort mail."), new(ChatRole.User, ModelsHost.Mail)];

        var answer = await client.GetResponseAsync(messages, options);
        var streamed = "";
        await foreach (var update in client.GetStreamingResponseAsync(messages, options))
        {
            streamed += update.Text;
        }

        Assert.Equal("needs_reply", Category(answer.Text));
        Assert.Equal("needs_reply", Category(streamed));
        Assert.True(answer.Usage!.InputTokenCount > 0);

        // Version 13 of the client speaks the API of 2026-10-21, which has no temperature: the setting is not sent.
        var sent = _host.Stats.Calls[0];
        Assert.Equal("2026-10-21", sent.Headers["anthropic-version"]);
        Assert.DoesNotContain("temperature", sent.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ModelFaultKind.RateLimited, typeof(AnthropicRateLimitException))]
    [InlineData(ModelFaultKind.Overloaded, typeof(AnthropicOverloadedException))]
    [InlineData(ModelFaultKind.Unauthorized, typeof(AnthropicUnauthorizedException))]
    [InlineData(ModelFaultKind.Dead, typeof(AnthropicIOException))]
    public async Task Anthropic_Errors_AreItsExceptions(ModelFaultKind kind, Type expected)
    {
        _host.Faults.Set(new("anthropic", kind));
        using var client = Anthropic().AsIChatClient("claude-haiku-4-5");

        var error = await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync("a"));

        Assert.IsType(expected, error);
        Assert.Equal(1, _host.Stats.Of("anthropic").Calls);
    }

    private OpenAIClient OpenAI() => new(new ApiKeyCredential("k"), new OpenAIClientOptions { Endpoint = new(_host.Http.BaseAddress!, "v1"), RetryPolicy = new ClientRetryPolicy(0) });

    private AnthropicClient Anthropic() => new() { BaseUrl = _host.Http.BaseAddress!.AbsoluteUri, ApiKey = "k", MaxRetries = 0 };

    private static string? Category(string json) => JsonDocument.Parse(json).RootElement.GetProperty("category").GetString();
}
