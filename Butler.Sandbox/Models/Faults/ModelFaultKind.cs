namespace Butler.Sandbox.Models;

/// <summary>What a fault of a chat endpoint does.</summary>
public enum ModelFaultKind
{
    /// <summary>The connection is reset before an answer.</summary>
    Dead,

    /// <summary>No answer until the client gives up.</summary>
    Hang,

    /// <summary>Half of the answer is sent, then the connection is reset.</summary>
    Cut,

    /// <summary>The answer's headers come late by <see cref="ModelFault.Seconds"/>.</summary>
    Slow,

    /// <summary>Every chunk of a stream, and the second half of another answer, comes late by <see cref="ModelFault.Seconds"/>.</summary>
    SlowChunks,

    /// <summary>429 with Retry-After of <see cref="ModelFault.Seconds"/>.</summary>
    RateLimited,

    /// <summary>The same 429 without Retry-After.</summary>
    RateLimitedBare,

    /// <summary>429 whose rate limit headers alone say when to come back: nothing is left, and full again after <see cref="ModelFault.Seconds"/>.</summary>
    RateLimitedByHeaders,

    /// <summary>429 insufficient_quota; at Anthropic 402 billing_error.</summary>
    OutOfCredit,

    /// <summary>429 of a monthly cap, without Retry-After: Anthropic's enforced_spend_limit_reached; OpenAI's insufficient_quota.</summary>
    SpendCap,

    /// <summary>500.</summary>
    ServerError,

    /// <summary>503; OpenAI's "Slow Down".</summary>
    Unavailable,

    /// <summary>504; Anthropic's timeout_error.</summary>
    GatewayTimeout,

    /// <summary>529 overloaded_error.</summary>
    Overloaded,

    /// <summary>401.</summary>
    Unauthorized,

    /// <summary>403.</summary>
    Forbidden,

    /// <summary>404 of an unknown model.</summary>
    ModelNotFound,

    /// <summary>400 because the prompt is too long.</summary>
    ContextTooLong,

    /// <summary>400 because this model takes no temperature.</summary>
    NoTemperature,

    /// <summary>200; prose where JSON was asked for.</summary>
    Prose,

    /// <summary>200; the JSON asked for between words and a code fence.</summary>
    Fenced,

    /// <summary>200; JSON that does not fit the schema.</summary>
    WrongShape,

    /// <summary>200; JSON that fits, whose proposed transactions bear a sum that the mail does not say. Without any, one is made up.</summary>
    InventedAmount,

    /// <summary>200; the model refuses.</summary>
    Refusal,

    /// <summary>200; OpenAI's finish_reason content_filter with half a text; Anthropic's refusal with half a text.</summary>
    ContentFilter,

    /// <summary>200; the answer ends in its middle: finish_reason length, stop_reason max_tokens.</summary>
    CutOff,

    /// <summary>200; the text is cut JSON although the end reason says it is whole.</summary>
    BrokenJson,

    /// <summary>200; the body is no JSON at all.</summary>
    InvalidBody,

    /// <summary>200; <c>choices</c> or <c>content</c> is empty.</summary>
    EmptyChoices,

    /// <summary>200; without usage.</summary>
    MissingUsage,

    /// <summary>A stream ends in good order without <c>data: [DONE]</c> or message_stop.</summary>
    NoDone,

    /// <summary>A stream of 200 turns into <c>event: error</c>.</summary>
    StreamError,
}

/// <summary>A fault that is switched on.</summary>
/// <param name="Endpoint"><c>openai</c>, <c>anthropic</c>, the first part of an OpenAI-compatible base path; <c>*</c>: all.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Operation">Only <c>chat</c>, <c>messages</c>, <c>embeddings</c> or <c>models</c>; <c>*</c>: all.</param>
/// <param name="Probability">How often, 0 to 1, decided by <see cref="ModelsOptions.Seed"/>.</param>
/// <param name="Count">For how many calls; null: until cleared.</param>
/// <param name="Skip">How many calls it lets pass before.</param>
/// <param name="Lasts">For how many seconds of the sandbox's clock; null: until cleared.</param>
/// <param name="Marker">Only calls whose body contains this.</param>
/// <param name="Seconds">Length of a delay, or what Retry-After says.</param>
public sealed record ModelFault(
    string Endpoint,
    ModelFaultKind Kind,
    string Operation = "*",
    double Probability = 1,
    int? Count = null,
    int Skip = 0,
    double? Lasts = null,
    string? Marker = null,
    double Seconds = 1);
