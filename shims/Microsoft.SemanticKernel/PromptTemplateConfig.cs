using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.SemanticKernel;

/// <summary>What <c>config.json</c> says about a prompt.</summary>
public sealed class PromptTemplateConfig
{
    private static readonly JsonSerializerOptions Json = new() { AllowTrailingCommas = true, PropertyNameCaseInsensitive = true, ReadCommentHandling = JsonCommentHandling.Skip };

    /// <summary>Nothing yet.</summary>
    public PromptTemplateConfig()
    {
    }

    /// <summary>Only a template.</summary>
    public PromptTemplateConfig(string template) => Template = template;

    /// <summary>The one template format.</summary>
    public static string SemanticKernelTemplateFormat => "semantic-kernel";

    /// <summary>The function's name.</summary>
    [JsonPropertyName("name")]
    public string? Name { get; set; }

    /// <summary>What the function does.</summary>
    [JsonPropertyName("description")]
    public string? Description { get; set; }

    /// <summary>The template's format.</summary>
    [JsonPropertyName("template_format")]
    public string TemplateFormat { get; set; } = SemanticKernelTemplateFormat;

    /// <summary>The template.</summary>
    [JsonPropertyName("template")]
    public string Template { get; set; } = "";

    /// <summary>The variables.</summary>
    [JsonPropertyName("input_variables")]
    public List<InputVariable> InputVariables { get; set; } = [];

    /// <summary>What comes out.</summary>
    [JsonPropertyName("output_variable")]
    public OutputVariable? OutputVariable { get; set; }

    /// <summary>Settings by service id.</summary>
    [JsonPropertyName("execution_settings")]
    public Dictionary<string, PromptExecutionSettings> ExecutionSettings { get; set; } = [];

    /// <summary>Whether what functions return goes into the prompt as it is.</summary>
    [JsonPropertyName("allow_dangerously_set_content")]
    public bool AllowDangerouslySetContent { get; set; }

    /// <summary>Settings for any service.</summary>
    [JsonIgnore]
    public PromptExecutionSettings? DefaultExecutionSettings => ExecutionSettings.GetValueOrDefault(PromptExecutionSettings.DefaultServiceId);

    /// <summary>Reads a <c>config.json</c>.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static PromptTemplateConfig FromJson(string json)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(json);
        try
        {
            return JsonSerializer.Deserialize<PromptTemplateConfig>(json, Json) ?? throw new ArgumentException("Unable to deserialize PromptTemplateConfig from the specified JSON.", nameof(json));
        }
        catch (JsonException e)
        {
            throw new ArgumentException("Unable to deserialize PromptTemplateConfig from the specified JSON.", nameof(json), e);
        }
    }

    /// <summary>Adds settings for the service that they name, else for the named one, else for any.</summary>
    /// <exception cref="ArgumentException">There are some.</exception>
    public void AddExecutionSettings(PromptExecutionSettings settings, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var key = serviceId ?? settings.ServiceId ?? PromptExecutionSettings.DefaultServiceId;
        if (!ExecutionSettings.TryAdd(key, settings))
        {
            throw new ArgumentException($"Execution settings for service id '{key}' already exists.", nameof(serviceId));
        }
    }
}
