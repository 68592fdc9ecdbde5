using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Embeddings;
using CallOptions = OpenAI.Embeddings.EmbeddingGenerationOptions;

namespace Butler.Intelligence.Embeddings;

/// <summary>
/// OpenAI's embeddings by its own SDK, or any endpoint that speaks the same. Calls are cut to the limits of the options. Nothing is retried
/// here: retrying is the message's (DESIGN section 5).
/// </summary>
public sealed class OpenAiEmbeddings : IEmbeddingGenerator<string, Embedding<float>>
{
    private const int MaxChars = 8_000;

    private readonly EmbeddingClient _client;
    private readonly EmbeddingOptions _options;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>Makes one; nothing is called yet.</summary>
    public OpenAiEmbeddings(EmbeddingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        var client = new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0), NetworkTimeout = options.Timeout };
        if (options.BaseAddress is { } address)
        {
            client.Endpoint = address;
        }

        // Endpoints on one's own machine want no key, and the SDK takes no empty one.
        _client = new EmbeddingClient(options.Model, new ApiKeyCredential(string.IsNullOrEmpty(options.ApiKey) ? "none" : options.ApiKey), client);
        _metadata = new EmbeddingGeneratorMetadata(options.Provider, options.BaseAddress, options.Model, options.Dimensions);
    }

    /// <inheritdoc />
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, Microsoft.Extensions.AI.EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var result = new GeneratedEmbeddings<Embedding<float>>();
        foreach (var call in Calls(values))
        {
            var answer = await _client.GenerateEmbeddingsAsync(call, new CallOptions { Dimensions = _options.Dimensions }, cancellationToken).ConfigureAwait(false);
            var vectors = answer.Value;
            if (vectors.Count != call.Count || vectors.Any(v => v.ToFloats().Length != _options.Dimensions))
            {
                throw new InvalidDataException($"The endpoint answered {vectors.Count} vectors for {call.Count} texts, or not of {_options.Dimensions} numbers.");
            }

            foreach (var vector in vectors.OrderBy(v => v.Index))
            {
                result.Add(new Embedding<float>(vector.ToFloats()) { ModelId = _options.Model });
            }
        }

        return result;
    }

    private IEnumerable<List<string>> Calls(IEnumerable<string> values)
    {
        var call = new List<string>();
        var tokens = 0;
        foreach (var value in values)
        {
            var text = value.Length <= MaxChars ? value : value[..MaxChars];
            var size = (text.Length / 2) + 1;
            if (call.Count > 0 && (call.Count == _options.MaxInputs || tokens + size > _options.MaxTokens))
            {
                yield return call;
                call = [];
                tokens = 0;
            }

            call.Add(text);
            tokens += size;
        }

        if (call.Count > 0)
        {
            yield return call;
        }
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata : serviceType?.IsInstanceOfType(this) == true ? this : null;

    /// <inheritdoc />
    public void Dispose()
    {
        // The SDK's client owns nothing that must be given back.
    }
}
