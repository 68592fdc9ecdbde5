using Microsoft.Extensions.AI;

namespace Butler.Intelligence.Chat;

/// <summary>One call of a provider, answered or not: what was used and what it cost.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Model">The model that was asked.</param>
/// <param name="Latency">How long it took.</param>
/// <param name="InputTokens">Tokens read.</param>
/// <param name="OutputTokens">Tokens written.</param>
/// <param name="Cost">By the configured prices.</param>
/// <param name="Fault">Why it gave no answer; null: it did.</param>
public sealed record ChatCall(string Provider, string Model, TimeSpan Latency, long InputTokens, long OutputTokens, decimal Cost, ChatFault? Fault);

/// <summary>What a caller hands to the pipeline beside the messages; it never leaves the process.</summary>
public sealed class ChatRequest
{
    /// <summary>Its name among the additional properties of <see cref="ChatOptions"/>.</summary>
    public const string Key = "butler.request";

    /// <summary>Checks an answer: null, or what does not fit, in words that may be sent to the model. Null: any text will do.</summary>
    public Func<string, string?>? Check { get; init; }

    /// <summary>Whether the caller can come back: then a short rate limit is waited for instead of passed over.</summary>
    public bool CanWait { get; init; }

    /// <summary>The calls that were made for it, in order.</summary>
    public IList<ChatCall> Calls { get; } = [];

    internal static ChatRequest? Of(ChatOptions? options) => options?.AdditionalProperties is { } properties && properties.TryGetValue(Key, out var value) ? value as ChatRequest : null;

    /// <summary>The options as they may go to an SDK.</summary>
    internal static ChatOptions Stripped(ChatOptions? options)
    {
        var copy = options?.Clone() ?? new ChatOptions();
        copy.AdditionalProperties?.Remove(Key); // Clone copies the dictionary too.
        return copy;
    }
}
