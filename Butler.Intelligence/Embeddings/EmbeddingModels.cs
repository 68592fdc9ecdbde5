using Microsoft.Extensions.AI;

namespace Butler.Intelligence.Embeddings;

/// <summary>The generators there are: the local one always, and the provider's where one is configured.</summary>
public sealed class EmbeddingModels : IDisposable
{
    /// <summary>Makes the generators that the options ask for.</summary>
    public EmbeddingModels(EmbeddingOptions options)
        : this(options, options is { IsRemote: true } ? new OpenAiEmbeddings(options) : null)
    {
    }

    /// <summary>With a provider's generator of the caller's.</summary>
    public EmbeddingModels(EmbeddingOptions options, IEmbeddingGenerator<string, Embedding<float>>? remote)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        Remote = remote;
        RemoteName = remote is null ? null : $"{options.Provider}:{options.Model}:{options.Dimensions}";
    }

    /// <summary>The options.</summary>
    public EmbeddingOptions Options { get; }

    /// <summary>The one in this process.</summary>
    public LocalEmbeddings Local { get; } = new();

    /// <summary>The provider's, if one is configured.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Remote { get; }

    /// <summary>The name under which its vectors are stored.</summary>
    public string? RemoteName { get; }

    /// <summary>The model whose vectors every mail shall have in the end.</summary>
    public string Wanted => RemoteName ?? LocalEmbeddings.ModelName;

    /// <summary>Vectors of texts by the named model; null when this process has no such model.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Find(string model) => model == LocalEmbeddings.ModelName ? Local : model == RemoteName ? Remote : null;

    /// <summary>What is embedded for a passage: the subject belongs to each.</summary>
    public static string Input(string subject, string text, TextChunk chunk)
    {
        ArgumentNullException.ThrowIfNull(text);
        var passage = text.AsSpan(chunk.Start, chunk.Length);
        // A provider refuses an empty input.
        return string.IsNullOrWhiteSpace(subject) && passage.IsWhiteSpace() ? "-" : string.Concat(subject, "\n\n", passage);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Local.Dispose();
        Remote?.Dispose();
    }
}
