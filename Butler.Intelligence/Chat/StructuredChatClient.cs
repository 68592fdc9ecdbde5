using Microsoft.Extensions.AI;

namespace Butler.Intelligence.Chat;

/// <summary>
/// Lets only answers pass that fit: a refusal or a cut answer fails at once, one that does not fit its type is sent back once with the
/// error named. Where the endpoint knows no JSON schema, the schema stands in the prompt.
/// </summary>
internal sealed class StructuredChatClient(IChatClient inner, string provider, JsonSupport json) : ChatLayer(inner)
{
    /// <summary>Of an answer that is shown to the model again.</summary>
    private const int MaxShown = 4_000;

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var conversation = messages.ToList();
        var asked = options;
        if (json != JsonSupport.Schema && options?.ResponseFormat is ChatResponseFormatJson { Schema: { } schema })
        {
            conversation.Insert(0, new(ChatRole.System, $"Answer with one JSON object and nothing else. It must fit this JSON schema:\n{schema}"));
            asked = options.Clone();
            asked.ResponseFormat = json == JsonSupport.Object ? ChatResponseFormat.Json : null;
        }

        var check = ChatRequest.Of(options)?.Check;
        var response = Whole(await InnerClient.GetResponseAsync(conversation, asked, cancellationToken));
        if (check is null || check(response.Text) is not { } error)
        {
            return response;
        }

        var text = response.Text;
        conversation.Add(new(ChatRole.Assistant, text.Length == 0 ? "(empty)" : text.Length > MaxShown ? text[..MaxShown] : text));
        conversation.Add(new(ChatRole.User, $"This answer was rejected: {error} Answer again, with the JSON object only."));
        response = Whole(await InnerClient.GetResponseAsync(conversation, asked, cancellationToken));
        return check(response.Text) is null ? response : throw new ChatException(provider, ChatFault.InvalidAnswer);
    }

    private ChatResponse Whole(ChatResponse response) =>
        response.FinishReason == ChatFinishReason.ContentFilter || response.Messages.Any(m => m.Contents.OfType<ErrorContent>().Any()) ? throw new ChatException(provider, ChatFault.Refusal)
        : response.FinishReason == ChatFinishReason.Length ? throw new ChatException(provider, ChatFault.Cut)
        : response;
}
