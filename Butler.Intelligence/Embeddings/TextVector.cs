using System.Numerics.Tensors;
using Butler.Intelligence.Text;

namespace Butler.Intelligence.Embeddings;

/// <summary>
/// The local vector of a text: <see cref="WordVectors.Size"/> numbers for what its words mean, the others for how they are written. Buffers
/// are reused per thread, so nothing is allocated.
/// </summary>
internal sealed class TextVector
{
    public const int Dimensions = 512;

    private const int Written = Dimensions - WordVectors.Size;
    private const int MaxWords = 600;
    private const int Slots = 1024;
    private const int MaxWord = 32;

    // The share of meaning in a cosine, settled on the queries kept for settling (docs/search.md).
    private static readonly float s_meaning = MathF.Sqrt(0.3f), s_writing = MathF.Sqrt(0.7f);

    [ThreadStatic]
    private static TextVector? _reused;

    private readonly ulong[] _keys = new ulong[Slots];
    private readonly int[] _known = new int[Slots];
    private readonly byte[] _lengths = new byte[Slots];
    private readonly float[] _counts = new float[Slots];
    private readonly int[] _used = new int[MaxWords];
    private readonly char[] _words = new char[Slots * MaxWord];
    private int _count;

    public static void Write(ReadOnlySpan<char> text, Span<float> target)
    {
        var vector = _reused ??= new TextVector();
        vector.Run(text, target[..Dimensions]);
    }

    private void Run(ReadOnlySpan<char> text, Span<float> target)
    {
        _count = 0;
        Array.Clear(_keys);
        Read(text);
        target.Clear();
        var meaning = target[..WordVectors.Size];
        var writing = target[WordVectors.Size..];
        var words = WordVectors.Shared;
        foreach (var slot in _used.AsSpan(0, _count))
        {
            var known = _known[slot];
            var often = 1 + MathF.Log(_counts[slot]);
            var weight = known >= 0 ? words.Weight(known) : 1;
            if (known >= 0)
            {
                words.Add(known, often * weight, meaning);
            }

            // Common words say nothing by how they are written either.
            if (weight > 0.05f)
            {
                Spell(_words.AsSpan(slot * MaxWord, _lengths[slot]), _keys[slot], often * weight, writing);
            }
        }

        Normalise(meaning, s_meaning);
        Normalise(writing, s_writing);
    }

    private static void Normalise(Span<float> part, float share)
    {
        var norm = TensorPrimitives.Norm<float>(part);
        if (norm > 0)
        {
            TensorPrimitives.Multiply(part, share / norm, part);
        }
    }

    /// <summary>Counts the words of a text: runs of letters and digits in lower case.</summary>
    private void Read(ReadOnlySpan<char> text)
    {
        Span<char> word = stackalloc char[MaxWord];
        var length = 0;
        for (var i = 0; i <= text.Length && _count < MaxWords; i++)
        {
            var c = i < text.Length ? text[i] : ' ';
            if (char.IsLetterOrDigit(c))
            {
                if (length < MaxWord)
                {
                    word[length] = c < 128 ? (char)(c is >= 'A' and <= 'Z' ? c | 0x20 : c) : char.ToLowerInvariant(c);
                }

                length++;
                continue;
            }

            if (length > 0)
            {
                // Longer runs are codes and links' tails.
                if (length <= MaxWord && (length > 1 || word[0] > 0x2E80))
                {
                    Count(word[..length]);
                }

                length = 0;
            }
        }
    }

    private void Count(ReadOnlySpan<char> word)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in word)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        var key = WordHash.Mix(hash) | 1;
        var slot = (int)(key >> 54);
        while (_keys[slot] != 0 && _keys[slot] != key)
        {
            slot = (slot + 1) & (Slots - 1);
        }

        if (_keys[slot] == key)
        {
            _counts[slot]++;
            return;
        }

        _keys[slot] = key;
        _counts[slot] = 1;
        _known[slot] = WordVectors.Shared.Find(word);
        _lengths[slot] = (byte)word.Length;
        word.CopyTo(_words.AsSpan(slot * MaxWord));
        _used[_count++] = slot;
    }

    /// <summary>A word and its runs of three and four characters, each projected onto four places.</summary>
    private static void Spell(ReadOnlySpan<char> word, ulong key, float weight, Span<float> target)
    {
        Project(key, weight, target);
        if (word.Length < 3)
        {
            return;
        }

        Span<char> edged = stackalloc char[MaxWord + 2];
        edged[0] = '^';
        word.CopyTo(edged[1..]);
        edged[word.Length + 1] = '$';
        edged = edged[..(word.Length + 2)];
        var share = weight * 0.7f / MathF.Sqrt(2 * edged.Length - 5);
        for (var i = 0; i + 3 <= edged.Length; i++)
        {
            var hash = ((((ulong)edged[i] * 0x1000193) + edged[i + 1]) * 0x1000193) + edged[i + 2];
            Project(WordHash.Mix(hash ^ 0x5bd1e995), share, target);
            if (i + 4 <= edged.Length)
            {
                Project(WordHash.Mix((hash * 0x1000193) + edged[i + 3] + 0x9e3779b9), share, target);
            }
        }
    }

    private static void Project(ulong hash, float weight, Span<float> target)
    {
        for (var k = 0; k < 4; k++)
        {
            var bits = (uint)(hash >> (k * 16)) & 0xFFFF;
            var place = (int)((bits >> 1) % Written);
            target[place] += (bits & 1) == 0 ? weight : -weight;
        }
    }
}
