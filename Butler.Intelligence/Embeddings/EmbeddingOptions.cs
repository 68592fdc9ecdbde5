using System.ComponentModel.DataAnnotations;

namespace Butler.Intelligence.Embeddings;

/// <summary>Section <c>Butler:Embeddings</c>; the same for the Classifier and Progress.</summary>
public sealed class EmbeddingOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Butler:Embeddings";

    /// <summary>local or openai (any endpoint with <c>/v1/embeddings</c>).</summary>
    [RegularExpression("local|openai")]
    public string Provider { get; set; } = "local";

    /// <summary>The provider's model.</summary>
    [Required]
    public string Model { get; set; } = "text-embedding-3-small";

    /// <summary>Numbers per vector of the provider's model; the local one has 512.</summary>
    [Range(16, 3072)]
    public int Dimensions { get; set; } = 512;

    /// <summary>The provider's address, with its version (…/v1); none: OpenAI's own.</summary>
    public Uri? BaseAddress { get; set; }

    /// <summary>The provider's key.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Texts per call (facts: 2,048 at OpenAI).</summary>
    [Range(1, 2048)]
    public int MaxInputs { get; set; } = 2048;

    /// <summary>Tokens per call (300,000 at OpenAI), counted as two characters each, which no language exceeds by much.</summary>
    [Range(1000, 300_000)]
    public int MaxTokens { get; set; } = 300_000;

    /// <summary>How long a call may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a search waits for the provider's vector of its query before it answers by words alone.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")]
    public TimeSpan QueryTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Whether a provider is asked over the network.</summary>
    public bool IsRemote => Provider != "local";
}
