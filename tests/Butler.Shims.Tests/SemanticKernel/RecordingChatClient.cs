using Microsoft.Extensions.AI;

namespace Butler.Shims.Tests.SemanticKernel;

/// <summary>Answers with a text and keeps what it was asked.</summary>
internal sealed class RecordingChatClient(string answer = "fine", string? model = null) : IChatClient
{
    public List<ChatMessage> Messages { get; private set; } = [];

    public ChatOptions? Options { get; private set; }

    public int Calls { get; private set; }

    public Func<CancellationToken, Task>? Before { get; set; }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        (Messages, Options, Calls) = ([.. messages], options, Calls + 1);
        if (Before is not null)
        {
            await Before(cancellationToken);
        }

        return new(new ChatMessage(ChatRole.Assistant, answer)) { Usage = new() { InputTokenCount = 7 }, FinishReason = ChatFinishReason.Stop };
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata(defaultModelId: model) : null;

    public void Dispose()
    {
    }
}
