namespace Butler.Sandbox.Models;

/// <summary>Whose wire format an endpoint speaks.</summary>
public enum ModelVendor
{
    /// <summary>OpenAI's.</summary>
    OpenAI,

    /// <summary>Anthropic's.</summary>
    Anthropic,
}

/// <summary>The models that the vendors' own endpoints know (facts/llm-apis.md section 8), and the sandbox's own name.</summary>
internal static class ModelCatalog
{
    /// <summary>A name that no vendor has: what <c>./butler up</c> configures, so that a verdict's record says who judged.</summary>
    public const string Own = "butler-sandbox";

    public static readonly string[] OpenAIChat =
    [
        "gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna", "gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano", "gpt-5.2", "gpt-5.1", "gpt-5", "gpt-5-mini", "gpt-5-nano",
        "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4o", "gpt-4o-mini", "o3", "o4-mini", Own,
    ];

    public static readonly string[] OpenAIEmbeddings = ["text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"];

    public static readonly string[] Anthropic =
    [
        "claude-sonnet-5", "claude-fable-5", "claude-mythos-5", "claude-opus-5", "claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6", "claude-sonnet-4-6",
        "claude-haiku-4-5", "claude-opus-4-5", "claude-sonnet-4-5", Own,
    ];

    /// <summary>The o-series refuses <c>max_tokens</c> and any temperature but 1.</summary>
    public static bool IsReasoning(string model) => model.Length > 1 && model[0] == 'o' && char.IsAsciiDigit(model[1]);

    /// <summary>How many numbers a vector of this model has by default.</summary>
    public static int Dimensions(string model) => model.EndsWith("3-large", StringComparison.Ordinal) ? 3_072 : 1_536;
}
