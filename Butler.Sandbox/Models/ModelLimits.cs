namespace Butler.Sandbox.Models;

/// <summary>The vendors' own bounds (facts/llm-apis.md sections 1 to 6), and those against hostile input.</summary>
internal static class ModelLimits
{
    /// <summary>Largest request of Anthropic's Messages; larger ones get 413.</summary>
    public const long AnthropicBytes = 32 * 1024 * 1024;

    /// <summary>Inputs in one embeddings request.</summary>
    public const int EmbeddingInputs = 2_048;

    /// <summary>Tokens in one input of an embeddings request.</summary>
    public const int EmbeddingTokens = 8_192;

    /// <summary>Tokens in all inputs of an embeddings request.</summary>
    public const int EmbeddingRequestTokens = 300_000;

    /// <summary>Letters in the name of a schema.</summary>
    public const int SchemaName = 64;

    /// <summary>Nesting of a schema (OpenAI's guide to structured outputs).</summary>
    public const int SchemaDepth = 10;

    /// <summary>Properties of a schema in all (same guide).</summary>
    public const int SchemaProperties = 5_000;

    /// <summary>Choices of one answer.</summary>
    public const int Choices = 8;

    /// <summary>Longest delay of a fault, in seconds.</summary>
    public const double DelaySeconds = 86_400;

    /// <summary>Scripted answers and faults that wait at once.</summary>
    public const int Scripts = 100_000;
}
