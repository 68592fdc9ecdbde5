using System.Text.Json.Serialization;

namespace Microsoft.SemanticKernel;

/// <summary>A variable of a prompt.</summary>
public sealed class InputVariable
{
    /// <summary>Its name.</summary>
    [JsonPropertyName("name")]
    public string Name { get; set; } = "";

    /// <summary>What it is.</summary>
    [JsonPropertyName("description")]
    public string Description { get; set; } = "";

    /// <summary>Its value where no argument is given.</summary>
    [JsonPropertyName("default")]
    public object? Default { get; set; }

    /// <summary>Whether it must be given; said to models, not enforced.</summary>
    [JsonPropertyName("is_required")]
    public bool IsRequired { get; set; } = true;

    /// <summary>The schema of its value.</summary>
    [JsonPropertyName("json_schema")]
    public string? JsonSchema { get; set; }

    /// <summary>Whether its value goes into the prompt as it is. False: it is HTML-encoded, so it cannot end a message or begin one.</summary>
    [JsonPropertyName("allow_dangerously_set_content")]
    public bool AllowDangerouslySetContent { get; set; }
}

/// <summary>What a prompt gives.</summary>
public sealed class OutputVariable
{
    /// <summary>What it is.</summary>
    [JsonPropertyName("description")]
    public string Description { get; set; } = "";

    /// <summary>Its schema.</summary>
    [JsonPropertyName("json_schema")]
    public string? JsonSchema { get; set; }
}
