using System.Text.Json;
using System.Text.Json.Nodes;

namespace Butler.Sandbox.Models;

/// <summary>Answers, streams and errors in Anthropic's shape.</summary>
internal static class AnthropicWriter
{
    public static JsonObject Answer(ModelRequest request, ModelAnswer answer, string id)
    {
        var message = Head(request, id);
        if (!answer.NoChoices && answer.Text.Length > 0)
        {
            message["content"] = new JsonArray(request.Tool is null
                ? new JsonObject { ["type"] = "text", ["text"] = answer.Text }
                : new JsonObject { ["type"] = "tool_use", ["id"] = "toolu_" + id, ["name"] = request.Tool, ["input"] = Input(answer.Text) });
        }

        message["stop_reason"] = Reason(request, answer);
        if (IsNew(request) && Reason(request, answer) == "refusal")
        {
            message["stop_details"] = Details();
        }

        if (!answer.NoUsage)
        {
            message["usage"] = Usage(request, request.InputTokens, answer.OutputTokens);
        }

        return message;
    }

    /// <summary>The events of a stream, message_stop included.</summary>
    public static IEnumerable<(string Name, JsonObject Data)> Events(ModelRequest request, ModelAnswer answer, string id)
    {
        var start = Head(request, id);
        if (!answer.NoUsage)
        {
            start["usage"] = Usage(request, request.InputTokens, 1);
        }

        yield return Event("message_start", new() { ["message"] = start });
        if (!answer.NoChoices && answer.Text.Length > 0)
        {
            yield return Event("content_block_start", new()
            {
                ["index"] = 0,
                ["content_block"] = request.Tool is null
                    ? new JsonObject { ["type"] = "text", ["text"] = "" }
                    : new JsonObject { ["type"] = "tool_use", ["id"] = "toolu_" + id, ["name"] = request.Tool, ["input"] = new JsonObject() },
            });
            yield return Event("ping", []);
            foreach (var piece in Pieces.Of(answer.Text))
            {
                yield return Event("content_block_delta", new()
                {
                    ["index"] = 0,
                    ["delta"] = request.Tool is null
                        ? new JsonObject { ["type"] = "text_delta", ["text"] = piece }
                        : new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = piece },
                });
            }

            yield return Event("content_block_stop", new() { ["index"] = 0 });
        }

        var delta = new JsonObject { ["stop_reason"] = Reason(request, answer), ["stop_sequence"] = null };
        if (IsNew(request))
        {
            delta["container"] = null;
            delta["stop_details"] = Reason(request, answer) == "refusal" ? Details() : null;
        }

        var end = new JsonObject { ["delta"] = delta };
        if (!answer.NoUsage)
        {
            end["usage"] = new JsonObject { ["output_tokens"] = answer.OutputTokens };
        }

        yield return Event("message_delta", end);
        yield return Event("message_stop", []);
    }

    public static JsonObject Error(ModelError error, string requestId)
    {
        var inner = new JsonObject { ["type"] = error.Type, ["message"] = error.Message };
        if (error.Code is { } code)
        {
            inner["details"] = new JsonObject { ["error_code"] = code };
        }

        return new() { ["type"] = "error", ["error"] = inner, ["request_id"] = requestId };
    }

    public static JsonObject Models()
    {
        var data = new JsonArray();
        foreach (var model in ModelCatalog.Anthropic)
        {
            data.Add(new JsonObject { ["type"] = "model", ["id"] = model, ["display_name"] = model, ["created_at"] = "2026-01-01T00:00:00Z" });
        }

        return new() { ["data"] = data, ["has_more"] = false, ["first_id"] = ModelCatalog.Anthropic[0], ["last_id"] = ModelCatalog.Anthropic[^1] };
    }

    private static (string Name, JsonObject Data) Event(string name, JsonObject rest)
    {
        rest.Insert(0, "type", name);
        return (name, rest);
    }

    private static JsonObject Head(ModelRequest request, string id)
    {
        var head = new JsonObject
        {
            ["id"] = "msg_" + id,
            ["type"] = "message",
            ["role"] = "assistant",
            ["model"] = request.Model,
            ["content"] = new JsonArray(),
            ["stop_reason"] = null,
            ["stop_sequence"] = null,
        };
        if (IsNew(request))
        {
            head["container"] = null;
            head["diagnostics"] = null;
            head["stop_details"] = null;
        }

        return head;
    }

    private static JsonObject Usage(ModelRequest request, int input, int output)
    {
        var usage = new JsonObject
        {
            ["input_tokens"] = input,
            ["output_tokens"] = output,
            ["cache_creation_input_tokens"] = 0,
            ["cache_read_input_tokens"] = 0,
            ["service_tier"] = "standard",
        };
        if (IsNew(request))
        {
            foreach (var name in (string[])["cache_creation", "inference_geo", "output_tokens_details", "server_tool_use", "speed"])
            {
                usage[name] = null;
            }
        }

        return usage;
    }

    private static JsonObject Details() => new() { ["type"] = "refusal", ["category"] = null, ["explanation"] = null };

    private static bool IsNew(ModelRequest request) => request.Version == AnthropicRequest.Version2026;

    // A tool's input is an object on the wire: one that a fault broke arrives empty.
    private static JsonNode Input(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return new JsonObject();
        }
    }

    private static string Reason(ModelRequest request, ModelAnswer answer) => answer.End switch
    {
        EndReason.Length => "max_tokens",
        EndReason.Refusal or EndReason.ContentFilter => "refusal",
        _ => request.Tool is null ? "end_turn" : "tool_use",
    };
}
