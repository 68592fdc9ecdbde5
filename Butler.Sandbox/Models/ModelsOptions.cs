namespace Butler.Sandbox.Models;

/// <summary>Settings of the chat endpoints, section <c>Sandbox:Models</c>.</summary>
public sealed class ModelsOptions
{
    /// <summary>The key that clients must show; unset: any that is not empty.</summary>
    public string? Key { get; set; }

    /// <summary>Requests a minute that the rate limit headers name.</summary>
    public int RequestsPerMinute { get; set; } = 3_500;

    /// <summary>Tokens a minute that the rate limit headers name.</summary>
    public int TokensPerMinute { get; set; } = 2_000_000;

    /// <summary>Whether calls over these limits are refused with 429.</summary>
    public bool Enforced { get; set; }

    /// <summary>Tokens that a chat request may have, answer included.</summary>
    public int ContextTokens { get; set; } = 128_000;

    /// <summary>How many of the newest calls are kept with what they asked, for tests to read; 0: none.</summary>
    public int KeepCalls { get; set; } = 100;

    /// <summary>What decides which calls meet a fault with a probability.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>Faults that are on from the start.</summary>
    public List<ModelFault> Faults { get; set; } = [];
}
