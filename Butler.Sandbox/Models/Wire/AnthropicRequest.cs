using System.Text;
using System.Text.Json;

namespace Butler.Sandbox.Models;

/// <summary>Reads and checks Messages requests (facts/llm-apis.md section 5).</summary>
internal static class AnthropicRequest
{
    /// <summary>The version of facts/llm-apis.md.</summary>
    public const string Version2023 = "2023-06-01";

    /// <summary>The version that the clients of November 2026 speak; what changed is read from their types (docs/sandbox.md).</summary>
    public const string Version2026 = "2026-10-21";

    private static readonly HashSet<string> Known =
    [
        "model", "messages", "max_tokens", "system", "metadata", "stop_sequences", "stream", "thinking", "tool_choice", "tools",
        "service_tier", "cache_control", "output_config", "container", "inference_geo",
    ];

    private static readonly HashSet<string> KnownIn2023 = [.. Known, "temperature", "top_k", "top_p"];

    private static readonly HashSet<string> KnownIn2026 = [.. Known, "diagnostics", "speed", "user_profile_id", "workspace_id"];

    /// <summary>Reads a request.</summary>
    /// <exception cref="ModelError">What Anthropic would refuse.</exception>
    public static ModelRequest Read(JsonElement body, ModelsOptions options, string version)
    {
        var isOld = version != Version2026;
        var known = isOld ? KnownIn2023 : KnownIn2026;
        var model = body.Text("model") ?? throw ModelError.Bad("model: Field required");
        var limit = body.Whole("max_tokens", _ => ModelError.Bad("max_tokens: Input should be a valid integer")) ?? throw ModelError.Bad("max_tokens: Field required");
        if (limit < (isOld ? 1 : 0))
        {
            throw ModelError.Bad($"max_tokens: Input should be greater than or equal to {(isOld ? 1 : 0)}");
        }

        if (body.EnumerateObject().FirstOrDefault(m => !known.Contains(m.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
        {
            throw ModelError.Bad($"{unknown.Name}: Extra inputs are not permitted");
        }

        if (body.Member("temperature") is not null)
        {
            body.Between("temperature", 0, 1, _ => ModelError.Bad("temperature: range: 0..1"));
        }

        if (Array.IndexOf(ModelCatalog.Anthropic, Undated(model)) < 0)
        {
            throw new ModelError(404, "not_found_error", $"model: {model}");
        }

        var system = body.Member("system") is { } given ? Content(given, "system") : "";
        var (inner, users, tokens) = Messages(body, isOld);
        system = inner.Length == 0 ? system : $"{system}\n{inner}";
        tokens += TokenCount.Of(system);
        if (tokens > options.ContextTokens)
        {
            throw TooLong(options.ContextTokens, tokens);
        }

        var tool = Tool(body, out var parameters);
        return new()
        {
            Model = model,
            System = system,
            Users = users,
            InputTokens = tokens,
            MaxTokens = limit,
            Version = version,
            Schema = tool is null ? Format(body) : parameters,
            Tool = tool,
            Stream = body.IsTrue("stream"),
        };
    }

    public static ModelError TooLong(int most, int tokens) => ModelError.Bad($"prompt is too long: {tokens} tokens > {most} maximum");

    /// <summary>Names may end in the day of the snapshot, such as <c>-20251001</c>.</summary>
    private static string Undated(string model) => model.Length > 9 && model[^9] == '-' && model[^8..].All(char.IsAsciiDigit) ? model[..^9] : model;

    private static (string System, List<string> Users, int Tokens) Messages(JsonElement body, bool isOld)
    {
        if (body.Member("messages") is not { ValueKind: JsonValueKind.Array } messages)
        {
            throw ModelError.Bad("messages: Field required");
        }

        if (messages.GetArrayLength() == 0)
        {
            throw ModelError.Bad("messages: at least one message is required");
        }

        var (system, users, tokens, i) = ("", new List<string>(), 3, 0);
        foreach (var message in messages.EnumerateArray())
        {
            var at = $"messages.{i++}";
            var role = message.Text("role");
            if (role == "system" && isOld)
            {
                throw ModelError.Bad("messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role.");
            }

            if (role is not ("user" or "assistant" or "system"))
            {
                throw ModelError.Bad($"{at}.role: Input should be 'user' or 'assistant'");
            }

            if (i == 1 && role == "assistant")
            {
                throw ModelError.Bad("messages: first message must use the \"user\" role");
            }

            var text = Content(message.Member("content") ?? throw ModelError.Bad($"{at}.content: Field required"), at + ".content");
            tokens += TokenCount.Of(text) + 4;
            if (role == "user")
            {
                users.Add(text);
            }

            system += role == "system" ? text : "";
        }

        return (system, users, tokens);
    }

    private static string Content(JsonElement content, string at)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            return content.GetString() is { Length: > 0 } text || at == "system" ? content.GetString()! : throw ModelError.Bad($"{at}: user messages must have non-empty content");
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw ModelError.Bad($"{at}: Input should be a valid string or list");
        }

        var all = new StringBuilder();
        var i = 0;
        foreach (var block in content.EnumerateArray())
        {
            switch (block.Text("type"))
            {
                case "text":
                    var text = block.Text("text") ?? throw ModelError.Bad($"{at}.{i}.text.text: Field required");
                    all.Append(text.Length > 0 ? text : throw ModelError.Bad("messages: text content blocks must be non-empty"));
                    break;
                case "tool_use" or "tool_result" or "image" or "document" or "thinking" or "redacted_thinking":
                    break;
                case null:
                    throw ModelError.Bad($"{at}.{i}.type: Field required");
                case var type:
                    throw ModelError.Bad($"{at}.{i}: Input tag '{type}' found using 'type' does not match any of the expected tags");
            }

            i++;
        }

        return all.ToString();
    }

    private static JsonElement? Format(JsonElement body)
    {
        if (body.Member("output_config")?.Member("format") is not { } format)
        {
            return null;
        }

        if (format.Text("type") != "json_schema")
        {
            throw ModelError.Bad("output_config.format.type: Input should be 'json_schema'");
        }

        var schema = format.Member("schema") ?? throw ModelError.Bad("output_config.format.schema: Field required");
        SchemaRules.CheckAnthropic(schema);
        return schema;
    }

    private static string? Tool(JsonElement body, out JsonElement? parameters)
    {
        parameters = null;
        if (body.Member("tool_choice") is not { } choice || choice.Text("type") is not ("tool" or "any"))
        {
            return null;
        }

        var wanted = choice.Text("name");
        if (body.Member("tools") is { ValueKind: JsonValueKind.Array } tools)
        {
            foreach (var tool in tools.EnumerateArray())
            {
                if (tool.Text("name") is { } name && (wanted is null || wanted == name))
                {
                    parameters = tool.Member("input_schema") ?? throw ModelError.Bad("tools.0.custom.input_schema: Field required");
                    return name;
                }
            }
        }

        throw ModelError.Bad($"Tool '{wanted}' not found in provided tools");
    }
}
