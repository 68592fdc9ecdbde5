namespace Butler.Intelligence.Model;

/// <summary>The features of one text, in buffers that are used again: distinct hashed indices and named values.</summary>
internal sealed class FeatureVector(int named)
{
    /// <summary>Index space of the hashed features; models with fewer weights mask the index.</summary>
    public const int Bits = 20;

    private readonly ulong[] _seen = new ulong[(1 << Bits) / 64];
    private readonly int[] _words = new int[8_192];
    private readonly int[] _chars = new int[8_192];
    private readonly int[] _shape = new int[256];
    private readonly float[] _named = new float[named];
    private int _wordCount;
    private int _charCount;
    private int _shapeCount;

    public ReadOnlySpan<int> Words => _words.AsSpan(0, _wordCount);

    public ReadOnlySpan<int> Chars => _chars.AsSpan(0, _charCount);

    /// <summary>How the mail is made (<see cref="Butler.Mail.MailShape"/>).</summary>
    public ReadOnlySpan<int> Shape => _shape.AsSpan(0, _shapeCount);

    public Span<float> Named => _named;

    /// <summary>Length normalisation, so that a long mail does not shout louder than a short one.</summary>
    public float WordNorm => _wordCount == 0 ? 0 : 1 / MathF.Sqrt(_wordCount);

    public float CharNorm => _charCount == 0 ? 0 : 1 / MathF.Sqrt(_charCount);

    public float ShapeNorm => _shapeCount == 0 ? 0 : 1 / MathF.Sqrt(_shapeCount);

    public void Clear()
    {
        foreach (var i in Words)
        {
            _seen[i >> 6] = 0;
        }

        foreach (var i in Chars)
        {
            _seen[i >> 6] = 0;
        }

        foreach (var i in Shape)
        {
            _seen[i >> 6] = 0;
        }

        _wordCount = _charCount = _shapeCount = 0;
        Array.Clear(_named);
    }

    public void AddWord(ulong hash)
    {
        if (_wordCount < _words.Length && IsNew(hash, out var index))
        {
            _words[_wordCount++] = index;
        }
    }

    public void AddChars(ulong hash)
    {
        if (_charCount < _chars.Length && IsNew(hash, out var index))
        {
            _chars[_charCount++] = index;
        }
    }

    public void AddShape(ulong hash)
    {
        if (_shapeCount < _shape.Length && IsNew(hash, out var index))
        {
            _shape[_shapeCount++] = index;
        }
    }

    /// <summary>The index of a hash.</summary>
    public static int Index(ulong hash) => (int)(hash >> (64 - Bits));

    private bool IsNew(ulong hash, out int index)
    {
        index = Index(hash);
        ref var cell = ref _seen[index >> 6];
        var bit = 1UL << (index & 63);
        var isNew = (cell & bit) == 0;
        cell |= bit;
        return isNew;
    }
}
