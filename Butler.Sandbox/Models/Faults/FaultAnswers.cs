using System.Text.Json;
using System.Text.Json.Nodes;

namespace Butler.Sandbox.Models;

/// <summary>What faults make of an answer that arrives as 200.</summary>
internal static class FaultAnswers
{
    public static ModelAnswer Apply(ModelFaultKind? kind, ModelRequest request, ModelAnswer answer)
    {
        ModelAnswer Says(string text, EndReason end = EndReason.Stop) => answer with { Text = text, End = end, OutputTokens = TokenCount.Of(text) };
        var half = answer.Text[..(answer.Text.Length / 2)];
        return kind switch
        {
            ModelFaultKind.Prose => Says(RuleModel.Prose(request)),
            ModelFaultKind.Fenced => Says($"Here is the JSON you asked for:\n```json\n{answer.Text}\n```\n"),
            ModelFaultKind.WrongShape => Says("{\"category\":\"of no kind\",\"certainty\":\"high\"}"),
            ModelFaultKind.InventedAmount => Says(Invent(answer.Text)),
            ModelFaultKind.Refusal => Says("I'm sorry, but I can't help with that request.", EndReason.Refusal),
            ModelFaultKind.ContentFilter => Says(half, EndReason.ContentFilter),
            ModelFaultKind.CutOff => Says(half, EndReason.Length),
            ModelFaultKind.BrokenJson => Says(half),
            ModelFaultKind.EmptyChoices => answer with { NoChoices = true },
            ModelFaultKind.MissingUsage => answer with { NoUsage = true },
            _ => answer,
        };
    }

    /// <summary>A sum that no mail of the samples says, under the answer's own "transactions".</summary>
    private static string Invent(string text)
    {
        if (Parsed(text) is not JsonObject answer)
        {
            return text;
        }

        if (answer["transactions"] is not JsonArray { Count: > 0 } lines)
        {
            answer["transactions"] = lines =
            [
                new JsonObject { ["amount"] = "", ["currency"] = "EUR", ["direction"] = "out", ["merchant"] = "", ["date"] = "", ["account"] = "", ["reference"] = "" },
            ];
        }

        foreach (var line in lines.OfType<JsonObject>())
        {
            line["amount"] = "748213.59";
        }

        return answer.ToJsonString(ModelServer.Json);
    }

    private static JsonNode? Parsed(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null; // A scripted answer may be anything.
        }
    }
}
