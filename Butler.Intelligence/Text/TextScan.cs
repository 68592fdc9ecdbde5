using System.Numerics;

namespace Butler.Intelligence.Text;

/// <summary>A sentence: where it stands in its text, its words, and what the phrase list found in it.</summary>
internal struct Sentence
{
    public bool InSubject;
    public int Start;
    public int End;
    public int TokenFrom;
    public int TokenTo;
    public bool IsQuestion;
    public uint Cues;
    public byte Numbers;
    public byte Money;
    public byte Dates;
    public double RequestScore;

    public readonly bool Has(Cue cue) => (Cues & (1u << (int)cue)) != 0;

    public readonly int Words => TokenTo - TokenFrom;
}

/// <summary>
/// One pass over subject and new text: words as hashes, sentences, phrases, and counts of signs. Buffers are reused per
/// thread, so reading a mail allocates nothing. Limits: <see cref="MaxChars"/> characters, <see cref="MaxTokens"/> words.
/// </summary>
internal sealed class TextScan
{
    /// <summary>Characters read of the text: what a mail wants is said early, and time per mail stays bounded.</summary>
    public const int MaxChars = 5_000;

    /// <summary>Words kept of subject and text.</summary>
    public const int MaxTokens = 1_000;

    private const double ForeignShare = 0.15;
    private const double ForeignSpamShare = 0.6;
    private const int MaxSentences = 160;
    private const int MaxSubject = 300;

    /// <summary>Stand-ins for what must not be learnt word by word: links, addresses, sums of money.</summary>
    public static readonly ulong UrlToken = WordHash.Of("<url>"), AddressToken = WordHash.Of("<address>"), MoneyToken = WordHash.Of("<money>");

    [ThreadStatic]
    private static TextScan? _reused;

    private readonly ulong[] _hashes = new ulong[MaxTokens];
    private readonly Sentence[] _sentences = new Sentence[MaxSentences];
    private readonly int[] _cueCounts = new int[32];
    private readonly string?[] _cuePhrases = new string?[32];
    private int _sentenceCount;
    private int _cueAt;

    public int TokenCount { get; private set; }

    public int SubjectTokens { get; private set; }

    public int Links { get; private set; }

    public int Money { get; private set; }

    public int Exclamations { get; private set; }

    public int Questions { get; private set; }

    public int UpperLetters { get; private set; }

    public int Letters { get; private set; }

    public int ForeignSigns { get; private set; }

    /// <summary>The language, set by <see cref="SentenceScorer"/>.</summary>
    public string Language { get; set; } = LanguageGuess.Unknown;

    /// <summary>How much hashed words count: what was learnt is English, other words only collide with it.</summary>
    public double WordShare => Language is "en" or LanguageGuess.Unknown ? 1 : ForeignShare;

    /// <summary>How much they count for spam: advertisers share names, sums and habits of spelling across languages.</summary>
    public double SpamShare => Language is "en" or LanguageGuess.Unknown ? 1 : ForeignSpamShare;

    public ReadOnlySpan<ulong> Tokens => _hashes.AsSpan(0, TokenCount);

    public Span<Sentence> Sentences => _sentences.AsSpan(0, _sentenceCount);

    public int CueCount(Cue cue) => _cueCounts[(int)cue];

    public string? CuePhrase(Cue cue) => _cuePhrases[(int)cue];

    /// <summary>Scans with this thread's buffers; the result is good until the thread's next call.</summary>
    public static TextScan Of(string subject, string text)
    {
        var scan = _reused ??= new TextScan();
        scan.Run(subject, text);
        return scan;
    }

    private void Run(string subject, string text)
    {
        TokenCount = Links = Money = Exclamations = Questions = UpperLetters = Letters = ForeignSigns = 0;
        _sentenceCount = 0;
        _cueAt = 0;
        Array.Clear(_cueCounts);
        Array.Clear(_cuePhrases);
        Read(subject.AsSpan(0, Math.Min(subject.Length, MaxSubject)), inSubject: true);
        SubjectTokens = TokenCount;
        Read(text.AsSpan(0, Math.Min(text.Length, MaxChars)), inSubject: false);
    }

    private void Read(ReadOnlySpan<char> text, bool inSubject)
    {
        var sentence = new Sentence { InSubject = inSubject, Start = -1, TokenFrom = TokenCount };
        var lineStart = 0;
        var i = 0;
        var lastEnd = 0;
        while (i < text.Length)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                var newlines = 0;
                var from = i;
                while (i < text.Length && char.IsWhiteSpace(text[i]))
                {
                    newlines += text[i] == '\n' ? 1 : 0;
                    i++;
                }

                if (newlines > 0)
                {
                    // A single line end inside a paragraph is only wrapping; after a short line or before a list item it is an end.
                    if (newlines > 1 || from - lineStart < 45 || (i < text.Length && IsBullet(text, i)))
                    {
                        Close(ref sentence, lastEnd, inSubject);
                    }

                    lineStart = i;
                }

                continue;
            }

            var end = i;
            while (end < text.Length && !char.IsWhiteSpace(text[end]))
            {
                end++;
            }

            if (sentence.Start < 0)
            {
                sentence.Start = i;
            }

            ReadRun(text[i..end], ref sentence);
            lastEnd = end;
            if (EndsSentence(text[i..end], out var question))
            {
                sentence.IsQuestion |= question;
                Questions += question ? 1 : 0;
                Close(ref sentence, end, inSubject);
            }

            i = end;
        }

        Close(ref sentence, lastEnd, inSubject);
    }

    private void Close(ref Sentence sentence, int end, bool inSubject)
    {
        if (sentence.Start >= 0 && TokenCount > sentence.TokenFrom && _sentenceCount < MaxSentences)
        {
            sentence.End = end;
            sentence.TokenTo = TokenCount;
            FindCues(ref sentence);
            _sentences[_sentenceCount++] = sentence;
        }

        sentence = new Sentence { InSubject = inSubject, Start = -1, TokenFrom = TokenCount };
    }

    private void FindCues(ref Sentence sentence)
    {
        var tokens = _hashes.AsSpan(0, sentence.TokenTo);
        _cueAt = Math.Max(_cueAt, sentence.TokenFrom);
        for (var at = _cueAt; at < sentence.TokenTo;)
        {
            var kinds = CueLexicon.Longest(tokens, at, out var words, out var phrase);
            sentence.Cues |= kinds;
            for (var rest = kinds; rest != 0; rest &= rest - 1)
            {
                var kind = BitOperations.TrailingZeroCount(rest);
                _cueCounts[kind]++;
                _cuePhrases[kind] ??= phrase;
            }

            at += Math.Max(1, words);
        }

        _cueAt = sentence.TokenTo;
    }

    private void ReadRun(ReadOnlySpan<char> run, ref Sentence sentence)
    {
        if (run.Length > 6 && (run.Contains("://", StringComparison.Ordinal) || run.StartsWith("www.", StringComparison.OrdinalIgnoreCase)))
        {
            Links++;
            Add(UrlToken);
            return;
        }

        var at = run.IndexOf('@');
        if (at > 0 && run[at..].Contains('.'))
        {
            Add(AddressToken);
            return;
        }

        if (run.IndexOfAny("$€£¥₹%") is var sign && sign >= 0 && run[sign] != '%' && run.IndexOfAnyInRange('0', '9') >= 0)
        {
            Money++;
            sentence.Money++;
            Add(MoneyToken);
            return;
        }

        var start = -1;
        for (var i = 0; i <= run.Length; i++)
        {
            var c = i < run.Length ? run[i] : ' ';
            if (char.IsLetterOrDigit(c) || (start >= 0 && i + 1 < run.Length && c is '\'' or '\u2019' or '-' && char.IsLetter(run[i + 1])))
            {
                start = start < 0 ? i : start;
                continue;
            }

            if (start >= 0)
            {
                AddWord(run[start..i], ref sentence);
                start = -1;
            }

            Exclamations += c == '!' ? 1 : 0;
            if (c == '%' && i > 0 && char.IsDigit(run[i - 1]))
            {
                Add(WordHash.Of("%"));
            }
        }
    }

    private void AddWord(ReadOnlySpan<char> word, ref Sentence sentence)
    {
        var digits = 0;
        foreach (var c in word)
        {
            if (c is >= 'A' and <= 'Z')
            {
                UpperLetters++;
                Letters++;
            }
            else if (c is >= 'a' and <= 'z')
            {
                Letters++;
            }
            else if (c is >= '0' and <= '9')
            {
                digits++;
            }
            else if (c > 127)
            {
                Letters++;
                ForeignSigns++;
            }
        }

        if (digits > 0)
        {
            sentence.Numbers++;
        }

        sentence.Dates += DateWords.Is(word) ? (byte)1 : (byte)0;
        Add(WordHash.Of(word.Length > 40 ? word[..40] : word));
    }

    private void Add(ulong hash)
    {
        if (TokenCount < MaxTokens)
        {
            _hashes[TokenCount++] = hash;
        }
    }

    private static bool EndsSentence(ReadOnlySpan<char> run, out bool question)
    {
        question = false;
        var i = run.Length - 1;
        while (i > 0 && run[i] is '"' or '\'' or ')' or ']' or '\u201D' or '\u2019' or '*')
        {
            i--;
        }

        switch (run[i])
        {
            case '?' or '？':
                question = true;
                return true;
            case '!' or '。' or '！' or '…':
                question = i > 0 && run[..i].Contains('?');
                return true;
            case '.':
                // "Dr.", "z.B.", "J." end no sentence; nor does an inner dot as in "e.g.".
                return i > 1 && !run[..i].Contains('.') && !Abbreviations.Is(run[..i]);
            default:
                return false;
        }
    }

    private static bool IsBullet(ReadOnlySpan<char> text, int i) =>
        text[i] is '-' or '*' or '•' or '–' or '·' or '>'
        || (char.IsAsciiDigit(text[i]) && i + 1 < text.Length && text[i + 1] is '.' or ')');
}
