using System.Globalization;
using System.Text.Json.Nodes;

namespace Butler.Sandbox.Models;

/// <summary>Answers, streams and errors in OpenAI's shape.</summary>
internal static class OpenAIWriter
{
    public static JsonObject Answer(ModelRequest request, ModelAnswer answer, string id, long created)
    {
        var choices = new JsonArray();
        for (var i = 0; i < (answer.NoChoices ? 0 : request.Choices); i++)
        {
            choices.Add(new JsonObject
            {
                ["index"] = i,
                ["message"] = Message(request, answer, id),
                ["logprobs"] = null,
                ["finish_reason"] = Reason(request, answer),
            });
        }

        var all = Head("chat.completion", request, id, created, choices);
        if (!answer.NoUsage)
        {
            all["usage"] = Usage(request, answer);
        }

        return all;
    }

    /// <summary>The data lines of a stream, without <c>[DONE]</c>.</summary>
    public static IEnumerable<JsonObject> Chunks(ModelRequest request, ModelAnswer answer, string id, long created)
    {
        if (!answer.NoChoices)
        {
            yield return Chunk(request, id, created, new() { ["role"] = "assistant", ["content"] = request.Tool is null && answer.End != EndReason.Refusal ? "" : null, ["refusal"] = null }, null);
            var first = true;
            foreach (var piece in Pieces.Of(answer.Text))
            {
                yield return Chunk(request, id, created, answer.End == EndReason.Refusal ? new() { ["refusal"] = piece } : request.Tool is null ? new() { ["content"] = piece } : ToolDelta(request, piece, id, first), null);
                first = false;
            }

            yield return Chunk(request, id, created, [], Reason(request, answer));
        }

        if (request.StreamUsage && !answer.NoUsage)
        {
            var last = Head("chat.completion.chunk", request, id, created, []);
            last["usage"] = Usage(request, answer);
            yield return last;
        }
    }

    public static JsonObject Error(ModelError error) => new()
    {
        ["error"] = new JsonObject { ["message"] = error.Message, ["type"] = error.Type, ["param"] = error.Param, ["code"] = error.Code },
    };

    public static JsonObject Models(bool own, long created)
    {
        var data = new JsonArray();
        foreach (var model in own ? ModelCatalog.OpenAIChat.Concat(ModelCatalog.OpenAIEmbeddings) : [ModelCatalog.Own])
        {
            data.Add(new JsonObject { ["id"] = model, ["object"] = "model", ["created"] = created, ["owned_by"] = "butler-sandbox" });
        }

        return new() { ["object"] = "list", ["data"] = data };
    }

    private static JsonObject Message(ModelRequest request, ModelAnswer answer, string id)
    {
        var message = new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = answer.End == EndReason.Refusal || request.Tool is not null ? null : answer.Text,
            ["refusal"] = answer.End == EndReason.Refusal ? answer.Text : null,
            ["annotations"] = new JsonArray(),
        };
        if (request.Tool is not null && answer.End != EndReason.Refusal)
        {
            message["tool_calls"] = new JsonArray(new JsonObject
            {
                ["id"] = "call_" + id,
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = request.Tool, ["arguments"] = answer.Text },
            });
        }

        return message;
    }

    private static JsonObject ToolDelta(ModelRequest request, string piece, string id, bool first)
    {
        var call = new JsonObject { ["index"] = 0 };
        var function = new JsonObject { ["arguments"] = piece };
        if (first)
        {
            call["id"] = "call_" + id;
            call["type"] = "function";
            function["name"] = request.Tool;
        }

        call["function"] = function;
        return new() { ["tool_calls"] = new JsonArray(call) };
    }

    private static JsonObject Chunk(ModelRequest request, string id, long created, JsonObject delta, string? reason)
    {
        var chunk = Head("chat.completion.chunk", request, id, created, [new JsonObject { ["index"] = 0, ["delta"] = delta, ["logprobs"] = null, ["finish_reason"] = reason }]);
        if (request.StreamUsage)
        {
            chunk["usage"] = null;
        }

        return chunk;
    }

    private static JsonObject Head(string kind, ModelRequest request, string id, long created, JsonArray choices) => new()
    {
        ["id"] = "chatcmpl-" + id,
        ["object"] = kind,
        ["created"] = created,
        ["model"] = request.Model,
        ["choices"] = choices,
        ["service_tier"] = "default",
        ["system_fingerprint"] = "fp_butler_sandbox",
    };

    private static JsonObject Usage(ModelRequest request, ModelAnswer answer) => new()
    {
        ["prompt_tokens"] = request.InputTokens,
        ["completion_tokens"] = answer.OutputTokens,
        ["total_tokens"] = request.InputTokens + answer.OutputTokens,
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = 0, ["audio_tokens"] = 0, ["cache_write_tokens"] = 0 },
        ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 0, ["audio_tokens"] = 0, ["accepted_prediction_tokens"] = 0, ["rejected_prediction_tokens"] = 0 },
    };

    private static string Reason(ModelRequest request, ModelAnswer answer) => answer.End switch
    {
        EndReason.Length => "length",
        EndReason.ContentFilter => "content_filter",
        EndReason.Stop when request.Tool is not null => "tool_calls",
        _ => "stop",
    };
}

/// <summary>How a text is cut for a stream.</summary>
internal static class Pieces
{
    private const int Letters = 12;

    public static IEnumerable<string> Of(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = Math.Min(text.Length, at + Letters);
            end -= end < text.Length && char.IsHighSurrogate(text[end - 1]) ? 1 : 0;
            yield return text[at..end];
            at = end;
        }
    }

    /// <summary>An id that counts up, of the length that the vendors' have.</summary>
    public static string Id(long number) => number.ToString("D24", CultureInfo.InvariantCulture);
}
