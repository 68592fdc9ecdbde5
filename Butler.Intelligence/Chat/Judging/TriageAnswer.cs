using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using Butler.Intelligence.Transactions;

namespace Butler.Intelligence.Chat.Judging;

/// <summary>A chat model's answer about one mail, as it must come.</summary>
/// <param name="Category">needs_reply, informational or spam.</param>
/// <param name="Confidence">0 to 1.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Summary">One or two sentences.</param>
/// <param name="Tags">Of Butler's set and the owner's.</param>
public sealed record TriageAnswer(string Category, double Confidence, string Reason, string Summary, IReadOnlyList<string> Tags)
{
    private const int MaxText = 16 * 1024;
    private const int MaxReason = 300;
    private const int MaxFew = 12;
    private const int MaxField = 200;

    /// <summary>Movements of money that the mail tells of, as the model proposes them: nothing of them holds before it was found in the mail (docs/transactions.md).</summary>
    public IReadOnlyList<TransactionProposal> Transactions { get; init => field = value ?? []; } = []; // An answer without them binds as null.

    private static readonly JsonElement s_schema = MakeSchema(Tagger.All);

    /// <summary>The schema that endpoints get: the strict subset that both vendors hold (every property required, no others, closed sets as enum).</summary>
    /// <param name="own">The owner's tags, which may be given beside Butler's.</param>
    public static JsonElement SchemaFor(OwnTags own)
    {
        ArgumentNullException.ThrowIfNull(own);
        return own.All.Count == 0 ? s_schema : MakeSchema(own.Allowed);
    }

    /// <summary>
    /// Binds an answer. Its text is data from a stranger by way of a model: the category and the tags come from closed sets, texts are one line of bounded length,
    /// the confidence is within its range. Null with the reason where it does not fit. A tag that is neither Butler's nor the owner's is dropped.
    /// </summary>
    /// <param name="text">The answer.</param>
    /// <param name="own">The owner's tags; null: none.</param>
    public static (TriageAnswer? Answer, string? Error) Read(string text, OwnTags? own = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxText)
        {
            return (null, "It is far too long.");
        }

        TriageAnswer? raw;
        try
        {
            raw = JsonSerializer.Deserialize(Unfenced(text), TriageAnswerJson.Default.TriageAnswer);
        }
        catch (JsonException e)
        {
            return (null, e.Path is { Length: > 1 and < 40 } path ? $"It does not fit the schema at {path}." : "It is not one JSON object of the schema.");
        }

        if (raw is null)
        {
            return (null, "It is null.");
        }

        if (!CategoryNames.TryParse(raw.Category, out _))
        {
            return (null, "category must be needs_reply, informational or spam.");
        }

        if (!double.IsFinite(raw.Confidence) || raw.Confidence is < 0 or > 1)
        {
            return (null, "confidence must be a number from 0 to 1.");
        }

        if (raw.Tags.Count > MaxFew)
        {
            return (null, $"tags must be at most {Tagger.MaxTags}.");
        }

        return (new(raw.Category, Math.Clamp(raw.Confidence, 0.01, 0.99), OneLine(raw.Reason, MaxReason), OneLine(raw.Summary, Summarizer.MaxLength),
            [.. raw.Tags.Where(t => t is not null && (Tagger.All.Contains(t) || own?.Knows(t) is true)).Distinct().Take(Tagger.MaxTags)])
        {
            Transactions = [.. raw.Transactions.Where(t => t is not null).Take(TransactionReader.MaxLines).Select(OneLine)],
        }, null);
    }

    private static TransactionProposal OneLine(TransactionProposal line)
    {
        static string? Field(string? value) => value is null ? null : OneLine(value, MaxField);
        return new()
        {
            Amount = Field(line.Amount),
            Currency = Field(line.Currency),
            Direction = Field(line.Direction),
            Merchant = Field(line.Merchant),
            Date = Field(line.Date),
            Account = Field(line.Account),
            Reference = Field(line.Reference),
        };
    }

    /// <summary>As it is kept for a replay.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TriageAnswerJson.Default.TriageAnswer);

    /// <summary>Never prints what the model wrote about a mail.</summary>
    public override string ToString() => Category;

    // Models without a schema like to fence their JSON; that alone is forgiven.
    private static ReadOnlySpan<char> Unfenced(string text)
    {
        var span = text.AsSpan().Trim();
        if (span.StartsWith("```") && span.EndsWith("```") && span.Length > 6)
        {
            span = span[3..^3];
            var line = span.IndexOf('\n');
            span = line >= 0 && !span[..line].Contains('{') ? span[(line + 1)..] : span;
        }

        return span;
    }

    private static string OneLine(string text, int max)
    {
        var result = new StringBuilder(Math.Min(text.Length, max + 1));
        foreach (var rune in text.EnumerateRunes())
        {
            var space = Rune.IsWhiteSpace(rune) || Rune.IsControl(rune);
            if (!space || (result.Length > 0 && result[^1] != ' '))
            {
                _ = space ? result.Append(' ') : result.Append(rune.ToString());
            }

            if (result.Length > max)
            {
                result.Length = max - 1;
                result.Length -= char.IsHighSurrogate(result[^1]) ? 1 : 0;
                return result.Append('…').ToString();
            }
        }

        return result.ToString().TrimEnd();
    }

    private static JsonElement MakeSchema(IReadOnlyList<string> allowed)
    {
        var schema = TriageAnswerJson.Default.TriageAnswer.GetJsonSchemaAsNode(new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) =>
            {
                if (node is JsonObject part)
                {
                    if (context.PropertyInfo is null && part.ContainsKey("properties"))
                    {
                        part["additionalProperties"] = false;
                        part["required"] = new JsonArray([.. part["properties"]!.AsObject().Select(p => (JsonNode)p.Key)]);
                    }

                    // What the mail does not say is empty, not null: one type per member is what every endpoint takes.
                    if (context.PropertyInfo?.DeclaringType == typeof(TransactionProposal))
                    {
                        part["type"] = "string";
                        if (context.PropertyInfo.Name == "direction")
                        {
                            part["enum"] = new JsonArray("out", "in", "refund");
                        }
                    }

                    if (context.PropertyInfo?.Name == "category")
                    {
                        part["enum"] = new JsonArray([.. Enum.GetValues<Category>().Select(c => (JsonNode)c.Name())]);
                    }
                    else if (context.PropertyInfo?.Name == "tags" && part["items"] is JsonObject items)
                    {
                        items["enum"] = new JsonArray([.. allowed.Select(t => (JsonNode)t)]);
                    }
                }

                return node;
            },
        });
        return JsonSerializer.SerializeToElement(schema, TriageAnswerJson.Default.JsonNode);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, MaxDepth = 8)]
[JsonSerializable(typeof(TriageAnswer))]
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class TriageAnswerJson : JsonSerializerContext;
