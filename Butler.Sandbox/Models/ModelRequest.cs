using System.Text.Json;

namespace Butler.Sandbox.Models;

/// <summary>A chat request after its vendor's format was read.</summary>
internal sealed class ModelRequest
{
    public required string Model { get; init; }

    /// <summary>System and developer messages.</summary>
    public string System { get; init; } = "";

    /// <summary>User messages, the newest last.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>The newest user message.</summary>
    public string User => Users.Count > 0 ? Users[^1] : "";

    public int InputTokens { get; init; }

    /// <summary>Most tokens of the answer; null: no bound.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>The schema that the answer must fit, or a tool's parameters; null: prose.</summary>
    public JsonElement? Schema { get; init; }

    /// <summary>The tool that must be called; null: none.</summary>
    public string? Tool { get; init; }

    /// <summary>OpenAI's old JSON mode: any object.</summary>
    public bool AnyJson { get; init; }

    public bool Stream { get; init; }

    /// <summary>OpenAI: whether the stream ends with a chunk of usage.</summary>
    public bool StreamUsage { get; init; }

    public int Choices { get; init; } = 1;

    /// <summary>Anthropic's API version; empty at OpenAI.</summary>
    public string Version { get; init; } = "";
}

/// <summary>Why an answer ended.</summary>
internal enum EndReason
{
    Stop,
    Length,
    Refusal,
    ContentFilter,
}

/// <summary>What the model says.</summary>
internal sealed record ModelAnswer(string Text, EndReason End, int OutputTokens)
{
    /// <summary>Left out by the fault of that name.</summary>
    public bool NoUsage { get; init; }

    /// <summary>Left out by the fault of that name.</summary>
    public bool NoChoices { get; init; }
}
