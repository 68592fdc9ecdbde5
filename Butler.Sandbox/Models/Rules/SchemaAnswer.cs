using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Butler.Sandbox.Models;

/// <summary>Fills a schema from what was read: by the names of members first, by their types else.</summary>
internal sealed class SchemaAnswer(JsonElement root, Reading reading)
{
    private const int MostItems = 3;

    /// <summary>A schema that names itself twice would grow without end.</summary>
    private const int MostValues = 10_000;

    private int _values;

    public string Write() => (Value(root, "", 0) ?? new JsonObject()).ToJsonString(ModelServer.Json);

    public static string Category(Reading reading) => reading.IsSpam ? "spam" : reading.NeedsReply ? "needs_reply" : "informational";

    private JsonNode? Value(JsonElement schema, string name, int depth)
    {
        if (depth > ModelLimits.SchemaDepth * 2 || ++_values > MostValues || schema.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (schema.Text("$ref") is { } reference)
        {
            return Resolve(reference) is { } target ? Value(target, name, depth + 1) : null;
        }

        if (schema.Member("const") is { } constant)
        {
            return JsonNode.Parse(constant.GetRawText());
        }

        if (schema.Member("enum") is { ValueKind: JsonValueKind.Array } values)
        {
            return Choose(values, name);
        }

        if ((schema.Member("anyOf") ?? schema.Member("oneOf")) is { ValueKind: JsonValueKind.Array } options)
        {
            return OneOf(options.EnumerateArray().ToList(), name, depth);
        }

        if (schema.Member("allOf") is { ValueKind: JsonValueKind.Array } parts && parts.GetArrayLength() > 0)
        {
            return Value(parts[0], name, depth + 1);
        }

        var (type, nullable) = Type(schema);
        return type switch
        {
            "object" => Object(schema, depth),
            "array" => Array(schema, name, depth),
            "boolean" => Boolean(name),
            "integer" or "number" => Number(schema, name, type == "integer", nullable),
            "null" => null,
            _ => Text(schema, name, nullable),
        };
    }

    private JsonObject Object(JsonElement schema, int depth)
    {
        var all = new JsonObject();
        if (schema.Member("properties") is { ValueKind: JsonValueKind.Object } properties)
        {
            foreach (var property in properties.EnumerateObject())
            {
                all[property.Name] = Value(property.Value, property.Name, depth + 1);
            }
        }

        return all;
    }

    private JsonArray Array(JsonElement schema, string name, int depth)
    {
        var all = new JsonArray();
        if (schema.Member("items") is not { } items)
        {
            return all;
        }

        var least = schema.Member("minItems") is { } min && min.TryGetInt32(out var wanted) ? Math.Min(wanted, 100) : 0;
        if (items.Member("enum") is { ValueKind: JsonValueKind.Array } values)
        {
            var known = reading.Tags.ToHashSet(StringComparer.Ordinal);
            foreach (var value in values.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String && known.Contains(v.GetString()!)).Take(MostItems))
            {
                all.Add(JsonNode.Parse(value.GetRawText()));
            }
        }
        else if (name.Contains("tag", StringComparison.OrdinalIgnoreCase) && Type(items).Name == "string")
        {
            foreach (var tag in reading.Tags.Take(MostItems))
            {
                all.Add((JsonNode)tag);
            }
        }
        else if (reading.Amount is not null && Type(items).Name == "object" && Mentions(name, "transaction", "payment", "item"))
        {
            all.Add(Value(items, name, depth + 1));
        }

        while (all.Count < least)
        {
            all.Add(Value(items, name, depth + 1));
        }

        return all;
    }

    private JsonNode? Choose(JsonElement values, string name)
    {
        var texts = values.EnumerateArray().ToList();
        var category = Category(reading);
        var found = texts.Find(v => v.ValueKind == JsonValueKind.String && Same(v.GetString()!, category));
        if (found.ValueKind == JsonValueKind.Undefined && Mentions(name, "currency") && reading.Currency is { } currency)
        {
            found = texts.Find(v => v.ValueKind == JsonValueKind.String && v.GetString() == currency);
        }

        if (found.ValueKind == JsonValueKind.Undefined)
        {
            found = texts.Where(v => v.ValueKind == JsonValueKind.String).OrderByDescending(v => reading.Mentions(v.GetString()!)).FirstOrDefault(texts.Count > 0 ? texts[0] : default);
        }

        return found.ValueKind == JsonValueKind.Undefined ? null : JsonNode.Parse(found.GetRawText());
    }

    private JsonNode? OneOf(List<JsonElement> options, string name, int depth)
    {
        var isNullable = options.Exists(o => o.Text("type") == "null");
        var first = options.Find(o => o.Text("type") != "null");
        return first.ValueKind == JsonValueKind.Undefined || (isNullable && Unknown(first, name)) ? null : Value(first, name, depth + 1);
    }

    private JsonNode Boolean(string name) => Mentions(name, "spam", "junk") ? reading.IsSpam : Mentions(name, "reply", "answer", "respon", "question", "request", "action") && reading.NeedsReply;

    private JsonNode? Number(JsonElement schema, string name, bool whole, bool nullable)
    {
        double? known = Mentions(name, "confidence", "probability", "score", "certainty") ? reading.Confidence
            : Mentions(name, "amount", "total", "price", "sum") ? (double?)reading.Amount : null;
        if (known is null && nullable)
        {
            return null;
        }

        var value = known ?? 0;
        value = Bound(schema, "maximum") is { } most && value > most ? most : value;
        value = Bound(schema, "minimum") is { } least && value < least ? least : value;
        return whole ? (JsonNode)(long)Math.Round(value) : value;
    }

    private JsonNode? Text(JsonElement schema, string name, bool nullable)
    {
        if (nullable && Unknown(schema, name))
        {
            return null;
        }

        return schema.Text("format") switch
        {
            "date" => reading.Date ?? "2026-01-01",
            "date-time" => (reading.Date ?? "2026-01-01") + "T00:00:00Z",
            "time" => "00:00:00Z",
            "duration" => "PT0S",
            "email" => "nobody@example.org",
            "uri" => "https://example.org/",
            "uuid" => "00000000-0000-4000-8000-000000000000",
            "ipv4" => "192.0.2.1",
            "ipv6" => "2001:db8::1",
            "hostname" => "example.org",
            _ when Mentions(name, "category", "label", "class") => Category(reading),
            _ when Mentions(name, "reason", "explanation", "why") => reading.Reason,
            _ when Mentions(name, "subject", "title") => reading.Subject.Length > 0 ? reading.Subject : reading.Summary,
            _ when Mentions(name, "currency") => reading.Currency ?? "",
            _ when Mentions(name, "amount", "total", "price") => reading.Amount?.ToString(CultureInfo.InvariantCulture) ?? "",
            _ when Mentions(name, "date") => reading.Date ?? "",
            _ when Mentions(name, "language") => "en",
            _ when Mentions(name, "merchant") => reading.Merchant,
            _ when Mentions(name, "account", "reference") => "",
            _ when Mentions(name, "sender", "from") => reading.Field("From"),
            _ => reading.Summary,
        };
    }

    private bool Unknown(JsonElement schema, string name) =>
        Mentions(name, "amount", "total", "price") ? reading.Amount is null
        : Mentions(name, "currency") ? reading.Currency is null
        : Mentions(name, "date") || schema.Text("format") is "date" or "date-time" ? reading.Date is null
        : false;

    private JsonElement? Resolve(string reference)
    {
        if (reference == "#")
        {
            return root;
        }

        JsonElement? at = root;
        foreach (var part in reference.StartsWith("#/", StringComparison.Ordinal) ? reference[2..].Split('/') : [])
        {
            at = at?.Member(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
        }

        return at;
    }

    private static (string? Name, bool Nullable) Type(JsonElement schema) => schema.Member("type") switch
    {
        { ValueKind: JsonValueKind.String } one => (one.GetString(), false),
        { ValueKind: JsonValueKind.Array } many => (many.EnumerateArray().Select(t => t.GetString()).FirstOrDefault(t => t != "null"), many.EnumerateArray().Any(t => t.ValueEquals("null"))),
        _ => (schema.Member("properties") is null ? "string" : "object", false),
    };

    private static double? Bound(JsonElement schema, string name) => schema.Member(name) is { ValueKind: JsonValueKind.Number } bound ? bound.GetDouble() : null;

    private static bool Mentions(string name, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (name.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Same(string value, string category) =>
        value.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal)
            .Equals(category.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
}
