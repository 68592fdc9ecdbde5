using System.ClientModel;
using System.ClientModel.Primitives;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using OpenAI;
using Sdk = OpenAI.Chat;

namespace Butler.Intelligence.Chat;

/// <summary>
/// <see cref="IChatClient"/> on OpenAI's own SDK, in the subset that Butler uses (text in, text or JSON out): the package that holds an
/// adapter, Microsoft.Extensions.AI.OpenAI, is not served here. Also for endpoints that speak the same protocol.
/// </summary>
internal sealed class OpenAIChatAdapter : IChatClient
{
    private readonly Sdk.ChatClient _client;
    private readonly ChatClientMetadata _metadata;
    private readonly bool _isOpenAI;

    public OpenAIChatAdapter(ChatProviderSettings settings, string key, HttpClient http)
    {
        _isOpenAI = settings.Kind == "openai";
        var options = new OpenAIClientOptions
        {
            // One retry layer, the message; one timeout, the layer's.
            RetryPolicy = new ClientRetryPolicy(0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            Transport = new HttpClientPipelineTransport(http),
            EnableDistributedTracing = false,
            ClientLoggingOptions = new ClientLoggingOptions { EnableLogging = false, EnableMessageContentLogging = false },
        };
        if (settings.BaseAddress is { Length: > 0 } address)
        {
            options.Endpoint = new Uri(address);
        }

        _metadata = new ChatClientMetadata("openai", options.Endpoint, settings.Model);
        _client = new Sdk.ChatClient(settings.Model, new ApiKeyCredential(key), options);
    }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var completion = (await _client.CompleteChatAsync(messages.Select(Message), Options(options), cancellationToken)).Value;
        var answer = new ChatMessage(ChatRole.Assistant, [.. completion.Content.Where(p => p.Text is not null).Select(p => new TextContent(p.Text))]);
        if (completion.Refusal is { Length: > 0 })
        {
            // Its words may repeat the mail; that it refuses is enough.
            answer.Contents.Add(new ErrorContent("refused") { ErrorCode = "Refusal" });
        }

        var usage = completion.Usage;
        return new ChatResponse(answer)
        {
            ResponseId = completion.Id,
            ModelId = completion.Model,
            FinishReason = completion.FinishReason switch
            {
                Sdk.ChatFinishReason.Stop => ChatFinishReason.Stop,
                Sdk.ChatFinishReason.Length => ChatFinishReason.Length,
                Sdk.ChatFinishReason.ContentFilter => ChatFinishReason.ContentFilter,
                _ => ChatFinishReason.ToolCalls,
            },
            Usage = usage is null ? null : new UsageDetails
            {
                InputTokenCount = usage.InputTokenCount,
                OutputTokenCount = usage.OutputTokenCount,
                TotalTokenCount = usage.TotalTokenCount,
                CachedInputTokenCount = usage.InputTokenDetails?.CachedTokenCount,
                ReasoningTokenCount = usage.OutputTokenDetails?.ReasoningTokenCount,
            },
        };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(_client) ? _client
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    public void Dispose()
    {
    }

    private static Sdk.ChatMessage Message(ChatMessage message) =>
        message.Role == ChatRole.System ? new Sdk.SystemChatMessage(message.Text)
        : message.Role == ChatRole.Assistant ? new Sdk.AssistantChatMessage(message.Text)
        : new Sdk.UserChatMessage(message.Text);

    private Sdk.ChatCompletionOptions Options(ChatOptions? options)
    {
        var result = new Sdk.ChatCompletionOptions
        {
            Temperature = options?.Temperature,
            TopP = options?.TopP,
            ResponseFormat = options?.ResponseFormat switch
            {
                // Strict: the endpoint then holds the schema itself, in the subset that TriageAnswer keeps to.
                ChatResponseFormatJson { Schema: { } schema } json => Sdk.ChatResponseFormat.CreateJsonSchemaFormat(json.SchemaName ?? "answer", BinaryData.FromString(schema.GetRawText()), json.SchemaDescription, true),
                ChatResponseFormatJson => Sdk.ChatResponseFormat.CreateJsonObjectFormat(),
                _ => null,
            },
        };
        if (_isOpenAI)
        {
            result.MaxOutputTokenCount = options?.MaxOutputTokens;
            result.StoredOutputEnabled = false; // Mail stays put.
        }
        else if (options?.MaxOutputTokens is { } most)
        {
            // Other endpoints know the older name, and not all of them the newer.
#pragma warning disable SCME0001
            result.Patch.Set("$.max_tokens"u8, most);
#pragma warning restore SCME0001
        }

        foreach (var stop in options?.StopSequences ?? [])
        {
            result.StopSequences.Add(stop);
        }

        return result;
    }
}
