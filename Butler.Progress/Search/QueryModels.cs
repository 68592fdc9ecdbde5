using System.ClientModel;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Butler.Data.Search;
using Butler.Intelligence;
using Butler.Intelligence.Embeddings;

namespace Butler.Progress.Search;

/// <summary>The models of this process as a search needs them. A provider that is slow or away costs one short wait, then words answer alone for a while.</summary>
internal sealed partial class QueryModels(EmbeddingModels models, TimeProvider time, ILogger<QueryModels> logger) : IQueryModels
{
    private const int MaxKept = 200;
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<string, sbyte[]> _kept = new();
    private long? _failedAt;

    public async Task<sbyte[]?> EmbedAsync(string model, string text, CancellationToken cancellationToken)
    {
        if (models.Find(model) is not { } generator)
        {
            return null;
        }

        if (ReferenceEquals(generator, models.Local))
        {
            return Bytes((await generator.GenerateAsync([QueryWords.Expand(text)], null, cancellationToken))[0].Vector);
        }

        // Kept by hash: what somebody searches for is theirs.
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{model}\n{text}")));
        if (_kept.TryGetValue(key, out var known))
        {
            return known;
        }

        if (_failedAt is { } at && time.GetElapsedTime(at) < s_pause)
        {
            return null;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(models.Options.QueryTimeout);
        try
        {
            var vector = Bytes((await generator.GenerateAsync([text], null, patience.Token))[0].Vector);
            if (_kept.Count >= MaxKept)
            {
                _kept.Clear();
            }

            return _kept[key] = vector;
        }
        catch (Exception e) when (e is ClientResultException or HttpRequestException or InvalidDataException or AggregateException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            _failedAt = time.GetTimestamp();
            LogSilent(e.GetType().Name);
            return null;
        }
    }

    public bool IsWeak(string model) => model == LocalEmbeddings.ModelName;

    public IReadOnlyList<(string Word, float Weight)> Alternatives(string word) => QueryWords.Alternatives(word);

    public float Weight(string word) => QueryWords.Weight(word);

    public string Language(string text) => LanguageGuess.Of(text);

    private static sbyte[] Bytes(ReadOnlyMemory<float> vector)
    {
        var bytes = new sbyte[vector.Length];
        VectorBytes.Quantise(vector.Span, bytes);
        return bytes;
    }

    [LoggerMessage(6101, LogLevel.Information, "The embedding provider does not answer searches: {Reason}")]
    private partial void LogSilent(string reason);
}
