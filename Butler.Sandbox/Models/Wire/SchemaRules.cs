using System.Text.Json;

namespace Butler.Sandbox.Models;

/// <summary>The subsets of JSON Schema that the vendors take (facts/llm-apis.md sections 1 and 5).</summary>
internal static class SchemaRules
{
    private static readonly HashSet<string> NotAtOpenAI =
    [
        "allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "propertyNames", "minProperties", "maxProperties",
        "unevaluatedProperties", "unevaluatedItems", "contains", "minContains", "maxContains", "uniqueItems", "minLength", "maxLength", "prefixItems",
    ];

    private static readonly HashSet<string> AtAnthropic =
    [
        "type", "description", "title", "$ref", "$defs", "definitions", "anyOf", "allOf", "enum", "const", "properties", "required", "additionalProperties", "items", "minItems", "format", "default", "$schema",
    ];

    private static readonly HashSet<string> Formats = ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

    /// <summary>Strict mode: every object closed, all its properties required, nothing outside the subset.</summary>
    /// <exception cref="ModelError">OpenAI would refuse it.</exception>
    public static void CheckOpenAI(JsonElement schema, string name)
    {
        if (schema.Text("type") != "object")
        {
            throw Refused("(), schema must be a JSON Schema of 'type: \"object\"'");
        }

        var properties = 0;
        Walk(schema, "()", 0, (node, at) =>
        {
            foreach (var member in node.EnumerateObject())
            {
                if (NotAtOpenAI.Contains(member.Name))
                {
                    throw Refused($"{at}, '{member.Name}' is not permitted");
                }
            }

            if (!IsObject(node))
            {
                return;
            }

            if (node.Member("additionalProperties") is not { ValueKind: JsonValueKind.False })
            {
                throw Refused($"{at}, 'additionalProperties' is required to be supplied and to be false");
            }

            var names = node.Member("properties") is { ValueKind: JsonValueKind.Object } members ? members.EnumerateObject().Select(m => m.Name).ToList() : [];
            var required = Required(node);
            if (names.Find(n => !required.Contains(n)) is { } missing)
            {
                throw Refused($"{at}, 'required' is required to be supplied and to be an array including every key in properties. Missing '{missing}'");
            }

            if (required.Except(names).FirstOrDefault() is { } extra)
            {
                throw Refused($"{at}, 'required' is required to be supplied and to be an array including every key in properties. Extra required key '{extra}' supplied");
            }

            properties += names.Count;
        }, Refused);
        if (properties > ModelLimits.SchemaProperties)
        {
            throw Refused("(), too many properties");
        }

        ModelError Refused(string said) => ModelError.Bad($"Invalid schema for response_format '{name}': In context={said}.", "response_format");
    }

    /// <summary>What Anthropic's constrained decoding takes; its SDKs move other keywords into descriptions.</summary>
    /// <exception cref="ModelError">Anthropic would refuse it.</exception>
    public static void CheckAnthropic(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            throw Refused("Input should be an object");
        }

        Walk(schema, "", 0, (node, at) =>
        {
            foreach (var member in node.EnumerateObject())
            {
                if (!AtAnthropic.Contains(member.Name))
                {
                    throw Refused($"For '{node.Text("type") ?? "object"}' type, property '{member.Name}' is not supported");
                }
            }

            if (IsObject(node) && node.Member("additionalProperties") is not { ValueKind: JsonValueKind.False })
            {
                throw Refused("For 'object' type, 'additionalProperties' must be explicitly set to false");
            }

            if (node.Member("minItems") is { } least && !(least.TryGetInt32(out var count) && count is 0 or 1))
            {
                throw Refused("For 'array' type, 'minItems' values other than 0 or 1 are not supported");
            }

            if (node.Text("format") is { } format && !Formats.Contains(format))
            {
                throw Refused($"For 'string' type, format '{format}' is not supported");
            }
        }, Refused);

        static ModelError Refused(string said) => ModelError.Bad($"output_config.format.schema: {said}");
    }

    private static void Walk(JsonElement node, string at, int depth, Action<JsonElement, string> check, Func<string, ModelError> refused)
    {
        if (depth > ModelLimits.SchemaDepth)
        {
            throw refused($"{at}, the schema is nested too deeply");
        }

        if (node.ValueKind != JsonValueKind.Object)
        {
            throw refused($"{at}, a schema must be an object");
        }

        check(node, at);
        foreach (var member in node.EnumerateObject())
        {
            switch (member.Name)
            {
                case "properties" or "$defs" or "definitions" when member.Value.ValueKind == JsonValueKind.Object:
                    foreach (var inner in member.Value.EnumerateObject())
                    {
                        Walk(inner.Value, $"('{member.Name}', '{inner.Name}')", depth + 1, check, refused);
                    }

                    break;
                case "items":
                    Walk(member.Value, "('items',)", depth + 1, check, refused);
                    break;
                case "anyOf" or "allOf" when member.Value.ValueKind == JsonValueKind.Array:
                    foreach (var inner in member.Value.EnumerateArray())
                    {
                        Walk(inner, $"('{member.Name}',)", depth + 1, check, refused);
                    }

                    break;
            }
        }
    }

    private static bool IsObject(JsonElement node) => node.Member("properties") is not null
        || (node.Member("type") is { } type && (type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Any(t => t.ValueEquals("object")) : type.ValueKind == JsonValueKind.String && type.ValueEquals("object")));

    private static HashSet<string> Required(JsonElement node) => node.Member("required") is { ValueKind: JsonValueKind.Array } required
        ? [.. required.EnumerateArray().Where(r => r.ValueKind == JsonValueKind.String).Select(r => r.GetString()!)]
        : [];
}
