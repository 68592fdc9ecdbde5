using System.Text.Json.Serialization;

namespace Microsoft.SemanticKernel;

/// <summary>Settings for a service. Those that only some services have are in <see cref="ExtensionData"/>.</summary>
public class PromptExecutionSettings
{
    /// <summary>The key of settings for any service.</summary>
    public static string DefaultServiceId => "default";

    /// <summary>The service that they are for.</summary>
    [JsonPropertyName("service_id")]
    public string? ServiceId { get; set => field = Checked(value); }

    /// <summary>The model.</summary>
    [JsonPropertyName("model_id")]
    public string? ModelId { get; set => field = Checked(value); }

    /// <summary>All others, by the names that the wire has: <c>temperature</c>, <c>max_tokens</c>, <c>response_format</c>.</summary>
    [JsonExtensionData]
    public IDictionary<string, object>? ExtensionData { get; set => field = Checked(value); }

    /// <summary>Whether it can be changed no more.</summary>
    [JsonIgnore]
    public bool IsFrozen { get; private set; }

    /// <summary>Lets nothing be changed any more.</summary>
    public virtual void Freeze()
    {
        if (!IsFrozen)
        {
            ExtensionData = ExtensionData is null ? null : new System.Collections.ObjectModel.ReadOnlyDictionary<string, object>(ExtensionData);
            IsFrozen = true;
        }
    }

    /// <summary>A copy that can be changed.</summary>
    public virtual PromptExecutionSettings Clone() => new()
    {
        ServiceId = ServiceId,
        ModelId = ModelId,
        ExtensionData = ExtensionData is null ? null : new Dictionary<string, object>(ExtensionData),
    };

    /// <summary>Throws when it is frozen.</summary>
    /// <exception cref="InvalidOperationException">It is.</exception>
    protected void ThrowIfFrozen()
    {
        if (IsFrozen)
        {
            throw new InvalidOperationException("PromptExecutionSettings are frozen and cannot be modified.");
        }
    }

    private T Checked<T>(T value)
    {
        ThrowIfFrozen();
        return value;
    }
}
