using System.Text.Json.Nodes;

namespace Butler.Sandbox.Models;

/// <summary>The sandbox's "model": rules, no network, the same answer to the same request.</summary>
internal static class RuleModel
{
    /// <summary>The answer's text: JSON by the schema when there is one, else a short text.</summary>
    public static string Answer(ModelRequest request)
    {
        var reading = new Reading(MailText.In(request));
        return (request.Schema ?? PromptSchema.In(request)) is { } schema ? new SchemaAnswer(schema, reading).Write()
            : request.AnyJson || request.Tool is not null ? Triage(reading)
            : AsksForJson(request) ? Triage(reading)
            : reading.Summary;
    }

    /// <summary>What a model says that was asked for JSON and forgot.</summary>
    public static string Prose(ModelRequest request) => "Sure! Here is what I found. " + new Reading(MailText.In(request)).Reason + " Let me know if you would like the answer in another form.";

    // Servers without structured output are asked for JSON in words.
    private static bool AsksForJson(ModelRequest request) =>
        request.System.Contains("JSON", StringComparison.Ordinal) || request.User.Contains("JSON", StringComparison.Ordinal);

    private static string Triage(Reading reading) => new JsonObject
    {
        ["category"] = SchemaAnswer.Category(reading),
        ["confidence"] = reading.Confidence,
        ["reasoning"] = reading.Reason,
        ["summary"] = reading.Summary,
        ["tags"] = new JsonArray([.. reading.Tags.Take(3).Select(t => (JsonNode)t)]),
    }.ToJsonString(ModelServer.Json);
}
