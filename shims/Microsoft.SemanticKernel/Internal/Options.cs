using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Microsoft.SemanticKernel.Internal;

/// <summary>Settings as the chat client takes them; what it has no name for goes along as additional properties.</summary>
internal static class Options
{
    public static ChatOptions? Of(PromptExecutionSettings? settings)
    {
        if (settings is null)
        {
            return null;
        }

        var options = new ChatOptions { ModelId = settings.ModelId };
        foreach (var (name, value) in settings.ExtensionData ?? new Dictionary<string, object>())
        {
            switch (name.ToLowerInvariant())
            {
                case "temperature":
                    options.Temperature = Number(name, value);
                    break;
                case "top_p":
                    options.TopP = Number(name, value);
                    break;
                case "top_k":
                    options.TopK = Whole(name, value);
                    break;
                case "max_tokens" or "max_completion_tokens" or "max_output_tokens":
                    options.MaxOutputTokens = Whole(name, value);
                    break;
                case "seed":
                    options.Seed = Whole(name, value);
                    break;
                case "frequency_penalty":
                    options.FrequencyPenalty = Number(name, value);
                    break;
                case "presence_penalty":
                    options.PresencePenalty = Number(name, value);
                    break;
                case "stop_sequences":
                    options.StopSequences = Texts(name, value);
                    break;
                case "response_format":
                    options.ResponseFormat = Format(value);
                    break;
                default:
                    (options.AdditionalProperties ??= [])[name] = value;
                    break;
            }
        }

        return options;
    }

    private static float? Number(string name, object? value) => value switch
    {
        null or JsonElement { ValueKind: JsonValueKind.Null } => null,
        JsonElement { ValueKind: JsonValueKind.Number } number => number.GetSingle(),
        JsonElement { ValueKind: JsonValueKind.String } text => Number(name, text.GetString()),
        JsonElement => throw Bad(name),
        _ => Convert<float>(name, () => System.Convert.ToSingle(value, CultureInfo.InvariantCulture)),
    };

    private static int? Whole(string name, object? value) => value switch
    {
        null or JsonElement { ValueKind: JsonValueKind.Null } => null,
        JsonElement { ValueKind: JsonValueKind.Number } number => number.TryGetInt32(out var whole) ? whole : throw Bad(name),
        JsonElement { ValueKind: JsonValueKind.String } text => Whole(name, text.GetString()),
        JsonElement => throw Bad(name),
        _ => Convert(name, () => System.Convert.ToInt32(value, CultureInfo.InvariantCulture)),
    };

    private static List<string>? Texts(string name, object? value) => value switch
    {
        null => null,
        JsonElement { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(e => e.GetString() ?? throw Bad(name))],
        IEnumerable<string> list => [.. list],
        _ => throw Bad(name),
    };

    /// <summary><c>text</c>, <c>json_object</c>, a type, a schema, or the wire's object around one.</summary>
    private static ChatResponseFormat? Format(object? value)
    {
        switch (value)
        {
            case null or JsonElement { ValueKind: JsonValueKind.Null }:
                return null;
            case ChatResponseFormat format:
                return format;
            case Type type:
                return ChatResponseFormat.ForJsonSchema(type);
            case string text:
                return Named(text);
            case JsonElement { ValueKind: JsonValueKind.String } text:
                return Named(text.GetString());
            case JsonElement { ValueKind: JsonValueKind.Object } element:
                var kind = element.TryGetProperty("type", out var type2) && type2.ValueKind == JsonValueKind.String ? type2.GetString() : null;
                return kind is "text" or "json_object" ? Named(kind)
                    : kind == "json_schema" && element.TryGetProperty("json_schema", out var named) && named.TryGetProperty("schema", out var schema)
                        ? ChatResponseFormat.ForJsonSchema(schema, named.TryGetProperty("name", out var name) ? name.GetString() : null, named.TryGetProperty("description", out var said) ? said.GetString() : null)
                        : ChatResponseFormat.ForJsonSchema(element);
            default:
                throw Bad("response_format");
        }
    }

    private static ChatResponseFormat Named(string? name) => name switch
    {
        "text" => ChatResponseFormat.Text,
        "json_object" => ChatResponseFormat.Json,
        _ => throw Bad("response_format"),
    };

    private static T Convert<T>(string name, Func<T> convert)
    {
        try
        {
            return convert();
        }
        catch (Exception e) when (e is FormatException or InvalidCastException or OverflowException)
        {
            throw Bad(name);
        }
    }

    private static KernelException Bad(string name) => new($"The execution setting '{name}' has a value that does not fit.");
}
