using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Models;

/// <summary>POST /v1/embeddings (facts/llm-apis.md section 3).</summary>
internal static class Embeddings
{
    /// <summary>Reads a request and answers it.</summary>
    /// <exception cref="ModelError">What OpenAI would refuse.</exception>
    public static (JsonObject Answer, int Tokens, int Inputs) Answer(JsonElement body, bool own)
    {
        var model = body.Text("model") is { Length: > 0 } name ? name : throw ModelError.Bad("you must provide a model parameter");
        if (own && Array.IndexOf(ModelCatalog.OpenAIEmbeddings, model) < 0)
        {
            throw new ModelError(404, "invalid_request_error", $"The model `{model}` does not exist or you do not have access to it.", "model_not_found");
        }

        var size = ModelCatalog.Dimensions(model);
        var dimensions = body.Whole("dimensions", OpenAIRequest.Type("dimensions")) ?? size;
        if (own && body.Member("dimensions") is not null && !model.StartsWith("text-embedding-3", StringComparison.Ordinal))
        {
            throw ModelError.Bad("This model does not support specifying dimensions.", "dimensions");
        }

        if (dimensions < 1 || dimensions > size)
        {
            throw ModelError.Bad($"Invalid value for 'dimensions' = {dimensions}. Must be between 1 and {size}.", "dimensions");
        }

        var base64 = body.Text("encoding_format") switch
        {
            null or "float" => false,
            "base64" => true,
            var other => throw ModelError.Bad($"Invalid value for 'encoding_format': '{other}'. Supported values are 'float' and 'base64'.", "encoding_format"),
        };
        var inputs = Inputs(body);
        var counts = inputs.ConvertAll(TokenCount.Of);
        if (counts.Exists(c => c > ModelLimits.EmbeddingTokens))
        {
            throw ModelError.Bad($"This model's maximum context length is {ModelLimits.EmbeddingTokens} tokens, however you requested {counts.Max()} tokens. Please reduce your prompt.", "input", "context_length_exceeded");
        }

        var tokens = counts.Sum();
        if (tokens > ModelLimits.EmbeddingRequestTokens)
        {
            throw ModelError.Bad($"Requested {tokens} tokens, max {ModelLimits.EmbeddingRequestTokens} tokens per request", "input", "max_tokens_per_request");
        }

        var data = new JsonArray();
        for (var i = 0; i < inputs.Count; i++)
        {
            var vector = WordVector.Of(inputs[i], size, dimensions);
            data.Add(new JsonObject { ["object"] = "embedding", ["index"] = i, ["embedding"] = base64 ? Base64(vector) : new JsonArray([.. vector.Select(v => (JsonNode)v)]) });
        }

        return (new()
        {
            ["object"] = "list",
            ["data"] = data,
            ["model"] = model,
            ["usage"] = new JsonObject { ["prompt_tokens"] = tokens, ["total_tokens"] = tokens },
        }, tokens, inputs.Count);
    }

    private static List<string> Inputs(JsonElement body)
    {
        var inputs = new List<string>();
        switch (body.Member("input"))
        {
            case { ValueKind: JsonValueKind.String } text:
                inputs.Add(text.GetString()!);
                break;
            case { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() > 0 && list[0].ValueKind == JsonValueKind.Number:
                inputs.Add(Tokens(list));
                break;
            case { ValueKind: JsonValueKind.Array } list:
                if (list.GetArrayLength() > ModelLimits.EmbeddingInputs)
                {
                    throw ModelError.Bad($"'$.input' is invalid. The input array has {list.GetArrayLength()} items, more than {ModelLimits.EmbeddingInputs}.", "input");
                }

                inputs.AddRange(list.EnumerateArray().Select(i => i.ValueKind switch
                {
                    JsonValueKind.String => i.GetString()!,
                    JsonValueKind.Array => Tokens(i),
                    _ => throw Invalid,
                }));
                break;
            case null:
                throw ModelError.Bad("Missing required parameter: 'input'.", "input", "missing_required_parameter");
        }

        return inputs.Count > 0 && !inputs.Exists(i => i.Length == 0) ? inputs : throw Invalid;
    }

    private static ModelError Invalid => ModelError.Bad("'$.input' is invalid. Please check the API reference: the input must be a string that is not empty, or an array of such.", "input");

    // Token numbers stand for words of the same name: as many letters as the count needs.
    private static string Tokens(JsonElement list) => string.Concat(list.EnumerateArray().Select(t =>
        t.ValueKind == JsonValueKind.Number && t.TryGetInt32(out var number) && number >= 0 ? $"{number % 1000:D3} " : throw Invalid));

    private static string Base64(float[] vector)
    {
        var bytes = new byte[vector.Length * 4];
        for (var i = 0; i < vector.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * 4), vector[i]);
        }

        return Convert.ToBase64String(bytes);
    }
}

/// <summary>
/// A vector of a text's words: texts that share words lie near each other, and the same text always gives the same numbers.
/// It knows no meaning; it is there to drive clients, not to measure search.
/// </summary>
internal static class WordVector
{
    private const int PerWord = 8;

    public static float[] Of(string text, int size, int dimensions)
    {
        var vector = new float[size];
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && char.IsLetterOrDigit(text[i]))
            {
                start = start < 0 ? i : start;
                continue;
            }

            if (start >= 0)
            {
                Add(vector, Ids.Hash(text[start..i].ToLowerInvariant()));
                start = -1;
            }
        }

        // A text without words is still a unit vector.
        Add(vector, Ids.Hash("text"), 0.1f);

        // As OpenAI describes it: a shorter vector is the beginning of the long one, made a unit again.
        var shortened = vector.AsSpan(0, dimensions).ToArray();
        var length = MathF.Sqrt(shortened.Sum(v => v * v));
        if (length == 0)
        {
            shortened[0] = length = 1;
        }

        return Array.ConvertAll(shortened, v => v / length);
    }

    private static void Add(float[] vector, ulong seed, float weight = 1)
    {
        for (var i = 0; i < PerWord; i++)
        {
            seed = Ids.Mix(seed);
            vector[(seed >> 8) % (ulong)vector.Length] += (seed & 1) == 0 ? weight : -weight;
        }
    }
}
