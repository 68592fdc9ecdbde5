using System.Text;
using System.Text.Json;

namespace Butler.Sandbox.Models;

/// <summary>Reads and checks chat completion requests (facts/llm-apis.md section 1).</summary>
internal static class OpenAIRequest
{
    private static readonly HashSet<string> Known =
    [
        "model", "messages", "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "metadata",
        "modalities", "moderation", "n", "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort", "response_format",
        "safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user",
        "verbosity", "web_search_options",
    ];

    private static readonly HashSet<string> Roles = ["system", "developer", "user", "assistant", "tool", "function"];

    /// <summary>Reads a request.</summary>
    /// <param name="body">The request's JSON.</param>
    /// <param name="own">Whether OpenAI itself answers; compatible servers know other models and overlook members that they do not know.</param>
    /// <param name="options">The size of the context.</param>
    /// <exception cref="ModelError">What OpenAI would refuse.</exception>
    public static ModelRequest Read(JsonElement body, bool own, ModelsOptions options)
    {
        var model = body.Text("model") is { Length: > 0 } name ? name : throw ModelError.Bad("you must provide a model parameter");
        if (own && Array.IndexOf(ModelCatalog.OpenAIChat, model) < 0)
        {
            throw new ModelError(404, "invalid_request_error", $"The model `{model}` does not exist or you do not have access to it.", "model_not_found");
        }

        if (own && body.EnumerateObject().FirstOrDefault(m => !Known.Contains(m.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
        {
            throw ModelError.Bad($"Unknown parameter: '{unknown.Name}'.", unknown.Name, "unknown_parameter");
        }

        var (system, users, letters) = Messages(body);
        var limit = body.Whole("max_completion_tokens", Type("max_completion_tokens"));
        if (body.Whole("max_tokens", Type("max_tokens")) is { } old)
        {
            if (ModelCatalog.IsReasoning(model))
            {
                throw ModelError.Bad("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter");
            }

            limit = limit is null ? old : throw ModelError.Bad("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "max_tokens", "invalid_parameter_combination");
        }

        if (limit < 1)
        {
            throw ModelError.Bad("Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1.", "max_completion_tokens", "integer_below_min_value");
        }

        var temperature = body.Between("temperature", 0, 2, Type("temperature"));
        if (ModelCatalog.IsReasoning(model) && temperature is not (null or 1))
        {
            throw NoTemperature;
        }

        body.Between("top_p", 0, 1, Type("top_p"));
        var stream = body.IsTrue("stream");
        if (!stream && body.Member("stream_options") is not null)
        {
            throw ModelError.Bad("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
        }

        var (schema, anyJson) = Format(body, system, users);
        var tool = Tool(body, out var parameters);
        var tokens = letters + (limit ?? 0);
        if (tokens > options.ContextTokens)
        {
            throw TooLong(options.ContextTokens, tokens);
        }

        var choices = body.Whole("n", Type("n")) ?? 1;
        return new()
        {
            Model = model,
            System = system,
            Users = users,
            InputTokens = letters,
            MaxTokens = limit,
            Schema = tool is null ? schema : parameters,
            Tool = tool,
            AnyJson = anyJson,
            Stream = stream,
            StreamUsage = body.Member("stream_options") is { } streamOptions && streamOptions.IsTrue("include_usage"),
            Choices = choices is >= 1 and <= ModelLimits.Choices ? choices : throw ModelError.Bad($"Invalid 'n': expected 1 to {ModelLimits.Choices}.", "n"),
        };
    }

    public static ModelError NoTemperature => ModelError.Bad("Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1) value is supported.", "temperature", "unsupported_value");

    public static ModelError TooLong(int most, int tokens) => ModelError.Bad(
        $"This model's maximum context length is {most} tokens. However, your messages resulted in {tokens} tokens. Please reduce the length of the messages.", "messages", "context_length_exceeded");

    /// <summary>An error about a member's type.</summary>
    public static Func<string, ModelError> Type(string param) => said => ModelError.Bad($"Invalid type for '{param}': {said}.", param, "invalid_type");

    private static (string System, List<string> Users, int Tokens) Messages(JsonElement body)
    {
        if (body.Member("messages") is not { ValueKind: JsonValueKind.Array } messages)
        {
            throw ModelError.Bad("Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
        }

        if (messages.GetArrayLength() == 0)
        {
            throw ModelError.Bad("Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.", "messages", "empty_array");
        }

        var (system, users, tokens, i) = (new StringBuilder(), new List<string>(), 3, 0);
        foreach (var message in messages.EnumerateArray())
        {
            var at = $"messages[{i++}]";
            var role = message.Text("role") ?? throw ModelError.Bad($"Missing required parameter: '{at}.role'.", at + ".role", "missing_required_parameter");
            if (!Roles.Contains(role))
            {
                throw ModelError.Bad($"Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.", at + ".role", "invalid_value");
            }

            var text = Content(message, role, at);
            tokens += TokenCount.Of(text) + 4;
            switch (role)
            {
                case "system" or "developer":
                    system.Append(system.Length > 0 ? "\n" : "").Append(text);
                    break;
                case "user":
                    users.Add(text);
                    break;
            }
        }

        return (system.ToString(), users, tokens);
    }

    private static string Content(JsonElement message, string role, string at)
    {
        switch (message.Member("content"))
        {
            case { ValueKind: JsonValueKind.String } text:
                return text.GetString()!;
            case { ValueKind: JsonValueKind.Array } parts:
                return string.Concat(parts.EnumerateArray().Select((part, i) => part.Text("type") switch
                {
                    "text" => part.Text("text") ?? throw ModelError.Bad($"Missing required parameter: '{at}.content[{i}].text'.", $"{at}.content[{i}].text", "missing_required_parameter"),
                    "refusal" when role == "assistant" => part.Text("refusal") ?? "",
                    "image_url" or "input_audio" or "file" when role == "user" => "",
                    var type => throw ModelError.Bad($"Invalid value: '{type}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'.", $"{at}.content[{i}].type", "invalid_value"),
                }));
            case null when role is "assistant" or "function":
                return message.Member("tool_calls")?.GetRawText() ?? "";
            case null:
                throw ModelError.Bad($"Invalid value for 'content': expected a string, got null.", at + ".content", "invalid_type");
            default:
                throw ModelError.Bad($"Invalid type for '{at}.content': expected one of a string or array of objects.", at + ".content", "invalid_type");
        }
    }

    private static (JsonElement? Schema, bool AnyJson) Format(JsonElement body, string system, List<string> users)
    {
        if (body.Member("response_format") is not { } format)
        {
            return (null, false);
        }

        switch (format.Text("type"))
        {
            case "text":
                return (null, false);
            case "json_object":
                return system.Contains("json", StringComparison.OrdinalIgnoreCase) || users.Exists(u => u.Contains("json", StringComparison.OrdinalIgnoreCase)) ? (null, true)
                    : throw ModelError.Bad("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", "messages");
            case "json_schema":
                var named = format.Member("json_schema") ?? throw Missing("response_format.json_schema");
                var name = named.Text("name") ?? throw Missing("response_format.json_schema.name");
                if (name.Length is 0 or > ModelLimits.SchemaName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
                {
                    throw ModelError.Bad($"Invalid 'response_format.json_schema.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$' of at most {ModelLimits.SchemaName} characters.", "response_format.json_schema.name", "invalid_value");
                }

                var schema = named.Member("schema") ?? throw Missing("response_format.json_schema.schema");
                if (named.IsTrue("strict"))
                {
                    SchemaRules.CheckOpenAI(schema, name);
                }

                return (schema, false);
            case var type:
                throw ModelError.Bad($"Invalid value: '{type}'. Supported values are: 'json_object', 'json_schema', and 'text'.", "response_format.type", "invalid_value");
        }

        static ModelError Missing(string param) => ModelError.Bad($"Missing required parameter: '{param}'.", param, "missing_required_parameter");
    }

    private static string? Tool(JsonElement body, out JsonElement? parameters)
    {
        parameters = null;
        if (body.Member("tool_choice") is not { } choice || body.Member("tools") is not { ValueKind: JsonValueKind.Array } tools)
        {
            return null;
        }

        var wanted = choice.Member("function")?.Text("name");
        if (wanted is null && !(choice.ValueKind == JsonValueKind.String && choice.GetString() == "required"))
        {
            return null;
        }

        foreach (var function in tools.EnumerateArray().Select(t => t.Member("function")).OfType<JsonElement>())
        {
            if (function.Text("name") is { } name && (wanted is null || wanted == name))
            {
                parameters = function.Member("parameters");
                return name;
            }
        }

        throw ModelError.Bad($"Tool choice '{wanted}' not found in 'tools' parameter.", "tool_choice", "invalid_value");
    }
}
