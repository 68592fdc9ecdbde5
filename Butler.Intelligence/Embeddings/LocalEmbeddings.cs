using Microsoft.Extensions.AI;

namespace Butler.Intelligence.Embeddings;

/// <summary>
/// Embeddings in this process, without network or downloads (docs/search.md says how good): one half of a vector is the weighted mean of
/// learnt word vectors, the other a fixed random projection of words and runs of characters, which finds names, numbers and misspelt words.
/// </summary>
public sealed class LocalEmbeddings : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Numbers per vector.</summary>
    public const int Dimensions = TextVector.Dimensions;

    /// <summary>The name under which the vectors are stored: another way of making them gets another name.</summary>
    public static string ModelName { get; } = $"butler-words-{WordVectors.Shared.Version}-{Dimensions}";

    private static readonly EmbeddingGeneratorMetadata s_metadata = new("local", null, ModelName, Dimensions);

    /// <summary>The vector of one text, written to <paramref name="target"/>; of length one, or zero when the text says nothing.</summary>
    public static void Embed(ReadOnlySpan<char> text, Span<float> target) => TextVector.Write(text, target);

    /// <inheritdoc />
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var result = new GeneratedEmbeddings<Embedding<float>>();
        foreach (var value in values)
        {
            var vector = new float[Dimensions];
            Embed(value, vector);
            result.Add(new Embedding<float>(vector) { ModelId = ModelName });
        }

        return Task.FromResult(result);
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null : serviceType == typeof(EmbeddingGeneratorMetadata) ? s_metadata : serviceType?.IsInstanceOfType(this) == true ? this : null;

    /// <inheritdoc />
    public void Dispose()
    {
        // Nothing is held.
    }
}
