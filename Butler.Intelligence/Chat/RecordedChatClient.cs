using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace Butler.Intelligence.Chat;

/// <summary>
/// The innermost layer: each call with its time, tokens and cost, as a span after OpenTelemetry's conventions for generative AI. Prompts
/// and answers are not in it, whatever the environment says, unless <see cref="ChatSettings.CaptureContent"/> does. Here also ends
/// whatever an SDK throws: outside there are only <see cref="ChatException"/>s.
/// </summary>
internal sealed class RecordedChatClient(IChatClient inner, ProviderState state, ChatSettings settings, ChatMetrics metrics, TimeProvider time) : ChatLayer(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var provider = state.Settings;
        using var span = ChatMetrics.Source.StartActivity($"chat {provider.Model}", ActivityKind.Client);
        span?.SetTag("gen_ai.operation.name", "chat");
        span?.SetTag("gen_ai.provider.name", provider.Kind == "compatible" ? "openai" : provider.Kind);
        span?.SetTag("gen_ai.request.model", provider.Model);
        span?.SetTag("gen_ai.request.max_tokens", options?.MaxOutputTokens);
        span?.SetTag("butler.provider", state.Name);
        if (settings.CaptureContent)
        {
            span?.SetTag("gen_ai.input.messages", string.Join("\n\n", messages.Select(m => m.Text)));
        }

        var started = time.GetTimestamp();
        ChatResponse? response = null;
        ChatFault? fault = null;
        try
        {
            // Neither the activity of an SDK nor its baggage: what it adds of its own is not ours to vouch for.
            response = await InnerClient.GetResponseAsync(messages, ChatRequest.Stripped(options), cancellationToken);
            fault = Fault(response);
            return response;
        }
        catch (Exception e)
        {
            var own = Own(e);
            fault = own?.Fault ?? (e is OperationCanceledException ? ChatFault.Timeout : ChatFault.ServerError);
            if (own is null && e is OperationCanceledException)
            {
                throw;
            }

            throw own is not null && ReferenceEquals(own, e) ? own : own is null ? new ChatException(state.Name, ChatFault.ServerError, inner: e) : new ChatException(own.Provider, own.Fault, own.Status, own.RetryAt, e);
        }
        finally
        {
            var usage = response?.Usage;
            var (read, written, cached) = (usage?.InputTokenCount ?? 0, usage?.OutputTokenCount ?? 0, usage?.CachedInputTokenCount ?? 0);
            var call = new ChatCall(state.Name, provider.Model, time.GetElapsedTime(started), read, written, provider.Cost(read, Math.Min(cached, read), written), fault);
            ChatRequest.Of(options)?.Calls.Add(call);
            metrics.Called(call);
            if (response is not null)
            {
                state.Answered();
                span?.SetTag("gen_ai.response.model", response.ModelId);
                span?.SetTag("gen_ai.response.finish_reasons", response.FinishReason?.Value);
                span?.SetTag("gen_ai.usage.input_tokens", read);
                span?.SetTag("gen_ai.usage.output_tokens", written);
                if (settings.CaptureContent)
                {
                    span?.SetTag("gen_ai.output.messages", response.Text);
                }
            }
            else if (fault is { } f)
            {
                state.Failed(f);
                span?.SetTag("error.type", f.Name());
                span?.SetStatus(ActivityStatusCode.Error);
            }

            span?.SetTag("butler.cost", call.Cost.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>An answer that is none.</summary>
    private static ChatFault? Fault(ChatResponse response) =>
        response.FinishReason == ChatFinishReason.ContentFilter || response.Messages.Any(m => m.Contents.OfType<ErrorContent>().Any()) ? ChatFault.Refusal
        : response.FinishReason == ChatFinishReason.Length ? ChatFault.Cut
        : null;

    private static ChatException? Own(Exception? error)
    {
        for (var depth = 0; error is not null && depth < 8; depth++, error = error.InnerException)
        {
            if (error is ChatException own)
            {
                return own;
            }
        }

        return null;
    }
}
