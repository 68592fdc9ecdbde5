using System.Reflection;
using System.Text;

namespace Butler.Intelligence.Embeddings;

/// <summary>
/// The learnt words (Embeddings/words.bin, made by <see cref="Training.WordVectorTrainer"/>): each with its weight and its vector. Words of other languages
/// stand for English ones by a list written by hand (Embeddings/words.txt).
/// </summary>
internal sealed class WordVectors
{
    public const int Size = 96;
    public const uint Magic = 0x31565742; // "BWV1"

    private readonly Dictionary<string, int> _index;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly sbyte[] _vectors;
    private readonly float[] _weights;
    private readonly float[] _scales;
    private readonly string[] _words;
    private readonly int[][] _meanings;

    private WordVectors(int version, string[] words, float[] weights, sbyte[] vectors, IReadOnlyList<(string Word, int[] Means)> others)
    {
        Version = version;
        _words = [.. words, .. others.Select(o => o.Word)];
        _meanings = [.. others.Select(o => o.Means)];
        _index = new(_words.Length, StringComparer.Ordinal);
        _vectors = new sbyte[_words.Length * Size];
        _weights = new float[_words.Length];
        _scales = new float[_words.Length];
        vectors.CopyTo(_vectors, 0);
        weights.CopyTo(_weights, 0);
        for (var i = 0; i < _words.Length; i++)
        {
            if (i >= words.Length)
            {
                Mean(others[i - words.Length].Means, i);
            }

            var sum = 0;
            foreach (var v in _vectors.AsSpan(i * Size, Size))
            {
                sum += v * v;
            }

            _scales[i] = sum == 0 ? 0 : 1 / MathF.Sqrt(sum);
            _index[_words[i]] = i;
        }

        _lookup = _index.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static WordVectors Shared { get; } = Read();

    public int Version { get; }

    public int Count => _words.Length;

    /// <summary>The number of a word in lower case, or of what a usual ending leads back to; -1: not learnt.</summary>
    public int Find(ReadOnlySpan<char> word)
    {
        if (_lookup.TryGetValue(word, out var number))
        {
            return number;
        }

        if (word.Length < 4 || word[^1] is not ('s' or 'd' or 'g'))
        {
            return -1;
        }

        if (word.EndsWith("ies"))
        {
            Span<char> stem = stackalloc char[word.Length - 2];
            word[..^3].CopyTo(stem);
            stem[^1] = 'y';
            return _lookup.TryGetValue(stem, out number) ? number : -1;
        }

        return word[^1] switch
        {
            's' => Try(word[..^1]) ?? (word.EndsWith("es") ? Try(word[..^2]) : null) ?? -1,
            'd' when word[^2] == 'e' => Try(word[..^2]) ?? Try(word[..^1]) ?? -1,
            'g' when word.EndsWith("ing") && word.Length > 5 => Try(word[..^3]) ?? -1,
            _ => -1,
        };
    }

    private int? Try(ReadOnlySpan<char> word) => _lookup.TryGetValue(word, out var number) ? number : null;

    public string Word(int number) => _words[number];

    /// <summary>The English words that a word of another language stands for; none for an English one.</summary>
    public IReadOnlyList<int> Meanings(int number) => number < _words.Length - _meanings.Length ? [] : _meanings[number - (_words.Length - _meanings.Length)];

    /// <summary>How much it says: 0 for the commonest words, 1 for rare ones.</summary>
    public float Weight(int number) => _weights[number];

    /// <summary>Adds a word's vector of length one, times <paramref name="weight"/>.</summary>
    public void Add(int number, float weight, Span<float> target)
    {
        var factor = weight * _scales[number];
        var vector = _vectors.AsSpan(number * Size, Size);
        for (var i = 0; i < vector.Length; i++)
        {
            target[i] += factor * vector[i];
        }
    }

    private void Mean(int[] words, int into)
    {
        Span<float> sum = stackalloc float[Size];
        sum.Clear();
        var weight = 0f;
        foreach (var word in words)
        {
            Add(word, 1, sum);
            weight += _weights[word];
        }

        VectorBytes.Quantise(sum, _vectors.AsSpan(into * Size, Size));
        _weights[into] = words.Length == 0 ? 0 : weight / words.Length;
    }

    private static WordVectors Read()
    {
        var assembly = typeof(WordVectors).Assembly;
        using var stream = assembly.GetManifestResourceStream("Butler.Intelligence.Embeddings.words.bin") ?? throw new InvalidDataException("The word vectors are missing from this build.");
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        if (reader.ReadUInt32() != Magic || reader.ReadInt32() is var version && version <= 0 || reader.ReadInt32() != Size || reader.ReadInt32() is var count && count is < 1 or > 60_000)
        {
            throw new InvalidDataException("The word vectors of this build cannot be read.");
        }

        var (words, weights, vectors) = (new string[count], new float[count], new sbyte[count * Size]);
        for (var i = 0; i < count; i++)
        {
            words[i] = reader.ReadString();
            weights[i] = reader.ReadByte() / 255f;
            stream.ReadExactly(System.Runtime.InteropServices.MemoryMarshal.AsBytes(vectors.AsSpan(i * Size, Size)));
        }

        return new(version, words, weights, vectors, Others(assembly, words));
    }

    /// <summary>Lines of words.txt: English words, a colon, words of other languages that mean the same.</summary>
    private static List<(string Word, int[] Means)> Others(Assembly assembly, string[] words)
    {
        var index = words.Select((w, i) => (w, i)).ToDictionary(p => p.w, p => p.i, StringComparer.Ordinal);
        using var reader = new StreamReader(assembly.GetManifestResourceStream("Butler.Intelligence.Embeddings.words.txt")!);
        var means = new Dictionary<string, HashSet<int>>(StringComparer.Ordinal);
        var order = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || line.StartsWith('#'))
            {
                continue;
            }

            var english = line[..colon].Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(index.ContainsKey).Select(w => index[w]).ToArray();
            foreach (var word in english.Length == 0 && line[0] != '-' ? [] : line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                // What English has itself is read as English.
                if (index.ContainsKey(word))
                {
                    continue;
                }

                if (!means.TryGetValue(word, out var set))
                {
                    means[word] = set = [];
                    order.Add(word);
                }

                set.UnionWith(english);
            }
        }

        return [.. order.Select(w => (w, means[w].Order().ToArray()))];
    }
}
