using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Butler.Data.Search;

/// <summary>The words of one mail, and the <c>tsvector</c> they make, as PostgreSQL receives it (see <c>tsvectorrecv</c> in its sources). One thread.</summary>
internal sealed class MailWords
{
    /// <summary>Of recipients and attachments, in characters.</summary>
    public const int MaxRecipients = 8192;

    private const int MaxPositions = 255;
    private const int MaxPosition = 16383;

    // PostgreSQL takes 1 MiB for words and positions together; a word is 64 characters of at most 3 bytes.
    private const int MaxBytes = 900 * 1024;

    private readonly Dictionary<string, Word> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Word>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly List<string> _stemmed = [];
    private int _position;
    private int _bytes;

    private MailWords() => _lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Words that may have a stem in the mail's language.</summary>
    public IReadOnlyList<string> Stemmed => _stemmed;

    /// <summary>The word that stands for an account, so that the index itself answers only for it. No text has a word that begins with @.</summary>
    public static string Scope(Guid account) => string.Concat("@", account.ToString().AsSpan(24));

    /// <summary>Whether a mail is one of the 32nd part in which common words are looked for (butler_search_words): by its id, whose last byte is by chance.</summary>
    public static bool InSample(Guid mail)
    {
        Span<byte> bytes = stackalloc byte[16];
        mail.TryWriteBytes(bytes, bigEndian: true, out _);
        return bytes[15] % 32 == 0;
    }

    /// <summary>Reads a mail.</summary>
    /// <param name="mail">The mail.</param>
    /// <param name="withText">False: only what says who wrote it.</param>
    public static MailWords Of(MailToIndex mail, bool withText)
    {
        var words = new MailWords();
        words.Add(mail.Subject, Weight.A, stems: true);
        words.Add($"{mail.FromName} {mail.FromAddress}", Weight.B, stems: false);
        words.Add(mail.Recipients.Length > MaxRecipients ? mail.Recipients.AsSpan(0, MaxRecipients) : mail.Recipients, Weight.C, stems: false);
        if (withText)
        {
            words.Add(mail.Text, Weight.D, stems: true);
        }

        words.Slot(Scope(mail.ProviderUserId));
        if (InSample(mail.Id))
        {
            words.Slot(Scope(mail.ProviderUserId) + "+");
        }

        return words;
    }

    /// <summary>The finished vector.</summary>
    /// <param name="stems">Of the words that have one; empty: it says nothing.</param>
    public byte[] ToVector(IReadOnlyDictionary<string, string> stems)
    {
        foreach (var word in _stemmed)
        {
            if (stems.TryGetValue(word, out var stem) && stem.Length > 0)
            {
                Slot(stem);
            }
        }

        // In the order of their bytes, as the server keeps them: then it need not sort.
        var words = new (ulong Start, string Text, Word Word)[_words.Count];
        var count = 0;
        Span<byte> start = stackalloc byte[8];
        foreach (var (text, word) in _words)
        {
            start.Clear();
            Utf8.FromUtf16(text, start, out _, out _);
            words[count++] = (BinaryPrimitives.ReadUInt64BigEndian(start), text, word);
        }

        Array.Sort(words, static (a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : string.CompareOrdinal(a.Text, b.Text));
        var vector = new byte[4 + _bytes];
        BinaryPrimitives.WriteInt32BigEndian(vector, words.Length);
        var at = 4;
        foreach (var (_, text, word) in words)
        {
            at += Encoding.UTF8.GetBytes(text, vector.AsSpan(at)) + 1;
            BinaryPrimitives.WriteUInt16BigEndian(vector.AsSpan(at), (ushort)word.Count);
            at += 2;
            for (var i = 0; i < word.Count; i++, at += 2)
            {
                BinaryPrimitives.WriteUInt16BigEndian(vector.AsSpan(at), word.Positions[i]);
            }
        }

        return vector;
    }

    private void Add(ReadOnlySpan<char> text, Weight weight, bool stems)
    {
        var cutter = new WordCutter(text);
        Span<char> lower = stackalloc char[WordCutter.MaxLength];
        while (cutter.Next())
        {
            var place = Math.Min(_position + cutter.Position, MaxPosition);
            Note(lower[..cutter.Word.ToLowerInvariant(lower)], place, weight, stems && cutter.IsLetters);
            if (cutter.Compound.Length > 0)
            {
                Note(lower[..cutter.Compound.ToLowerInvariant(lower)], place, weight, stems: false);
            }
        }

        _position += cutter.Position;
    }

    private void Note(ReadOnlySpan<char> word, int place, Weight weight, bool stems)
    {
        if (!_lookup.TryGetValue(word, out var known))
        {
            known = Slot(word.ToString());
            if (known is null)
            {
                return;
            }
        }

        if (stems && !known.HasStem && word.Length <= Stems.MaxLength)
        {
            known.HasStem = true;
            _stemmed.Add(word.ToString());
        }

        if (known.Count < MaxPositions && known.Last < place && _bytes < MaxBytes)
        {
            known.Add((ushort)((int)weight << 14 | place));
            _bytes += 2;
        }
    }

    private Word? Slot(string word)
    {
        if (_words.TryGetValue(word, out var known))
        {
            return known;
        }

        if (_bytes > MaxBytes)
        {
            return null;
        }

        _bytes += Encoding.UTF8.GetByteCount(word) + 3;
        return _words[word] = new Word();
    }

    private enum Weight
    {
        D = 0,
        C = 1,
        B = 2,
        A = 3,
    }

    private sealed class Word
    {
        public ushort[] Positions { get; private set; } = [];

        public int Count { get; private set; }

        public int Last => Count == 0 ? 0 : Positions[Count - 1] & MaxPosition;

        public bool HasStem { get; set; }

        public void Add(ushort position)
        {
            if (Count == Positions.Length)
            {
                var grown = new ushort[Math.Max(2, Count * 2)];
                Positions.CopyTo(grown, 0);
                Positions = grown;
            }

            Positions[Count++] = position;
        }
    }
}
