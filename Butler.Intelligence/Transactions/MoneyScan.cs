namespace Butler.Intelligence.Transactions;

/// <summary>A word or phrase about money, where it stands.</summary>
internal readonly record struct MoneyCue(int Start, int End, MoneyWord Kinds, int Sentence, int Line);

/// <summary>A sentence or table cell of a text (folded positions).</summary>
internal struct MoneySentence
{
    public int Start;
    public int End;
    public int CueFrom;
    public int CueTo;

    /// <summary>Begins with "if" and the like: what it says has not happened.</summary>
    public bool IsConditional;
}

/// <summary>
/// One pass over subject and text: phrases, sums of money, sentences, lines, hints to countries. The subject is the first sentence.
/// Buffers are reused per thread.
/// </summary>
internal sealed partial class MoneyScan
{
    private const int MaxCues = 2_000;
    private const int MaxAmounts = 300;
    private const int NearName = 500;

    [ThreadStatic]
    private static MoneyScan? _reused;

    private readonly List<MoneyCue> _cues = new(256);
    private readonly List<Amount> _amounts = new(64);
    private readonly List<MoneySentence> _sentences = new(128);
    private readonly List<int> _lines = new(128);
    private readonly Dictionary<string, int> _countries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _codes = new(StringComparer.Ordinal);
    private readonly List<(string Country, int At)> _names = new(16);

    public FoldedText Text { get; } = new();

    /// <summary>Where the text begins in <see cref="FoldedText.Source"/>; before it stands the subject.</summary>
    public int TextOffset { get; private set; }

    public int SubjectEnd { get; private set; }

    public IReadOnlyList<MoneyCue> Cues => _cues;

    public IReadOnlyList<Amount> Amounts => _amounts;

    public IReadOnlyList<MoneySentence> Sentences => _sentences;

    public Dictionary<string, int> Countries => _countries;

    /// <summary>Names of countries and towns far from every sum, which a footer may list: they settle no dollar.</summary>
    public Dictionary<string, int> FarNames { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Codes => _codes;

    public static MoneyScan Of(string subject, string text)
    {
        var scan = _reused ??= new MoneyScan();
        scan.Run(subject, text);
        return scan;
    }

    public int LineOf(int position)
    {
        var found = _lines.BinarySearch(position);
        return found >= 0 ? found : ~found - 1;
    }

    public int LineStart(int line) => _lines[line];

    public int LineEnd(int line) => line + 1 < _lines.Count ? _lines[line + 1] - 1 : Text.Length;

    public int SentenceOf(int position)
    {
        var low = 0;
        var high = _sentences.Count - 1;
        while (low < high)
        {
            var mid = (low + high + 1) / 2;
            if (_sentences[mid].Start <= position)
            {
                low = mid;
            }
            else
            {
                high = mid - 1;
            }
        }

        return low;
    }

    private void Run(string subject, string text)
    {
        _cues.Clear();
        _amounts.Clear();
        _sentences.Clear();
        _lines.Clear();
        _countries.Clear();
        _codes.Clear();
        _names.Clear();
        Text.Read(subject + "\n" + text);
        TextOffset = subject.Length + 1;
        SubjectEnd = Text.Chars.IndexOf('\n') is >= 0 and var cut && subject.Length > 0 ? cut : 0;
        Lines();
        Cut();
        Words();
        Attach();
        Sums();
        Names();
    }

    private void Names()
    {
        FarNames.Clear();
        foreach (var (country, at) in _names)
        {
            if (!_amounts.Any(a => Math.Abs(a.Start - at) <= NearName))
            {
                FarNames[country] = FarNames.GetValueOrDefault(country) + 1;
            }
        }
    }

    private void Lines()
    {
        _lines.Add(0);
        for (var i = 0; i < Text.Length; i++)
        {
            if (Text[i] == '\n')
            {
                _lines.Add(i + 1);
            }
        }
    }

    private void Cut()
    {
        var start = 0;
        var lineStart = 0;
        for (var i = 0; i < Text.Length; i++)
        {
            var c = Text[i];
            var ends = c switch
            {
                '\n' => i == SubjectEnd || !Continues(i, lineStart),
                '。' or '！' or '？' => true,
                '!' or '?' => true,
                '.' => EndsSentence(i, start),
                _ => false,
            };
            if (c == '\n')
            {
                lineStart = i + 1;
            }

            if (ends)
            {
                Close(start, i + 1);
                start = i + 1;
            }
        }

        Close(start, Text.Length);
    }

    private void Close(int start, int end)
    {
        while (start < end && Text[start] is ' ' or '\n')
        {
            start++;
        }

        if (start < end)
        {
            var s = Text.Slice(start, Math.Min(end, start + 24));
            var conditional = s.StartsWith("if ") || s.StartsWith("in case ") || s.StartsWith("wenn ") || s.StartsWith("falls ") || s.StartsWith("si ") || s.StartsWith("once ")
                || s.StartsWith("when ") || s.StartsWith("unless ") || s.StartsWith("should you ") || s.StartsWith("als u ") || s.StartsWith("pokud ") || s.StartsWith("jesli ") || s.StartsWith("om du ") || s.StartsWith("hvis ");
            _sentences.Add(new MoneySentence { Start = start, End = end, IsConditional = conditional });
        }
    }

    // A wrapped line goes on where it is long and the next begins in small letters.
    private bool Continues(int i, int lineStart) => i - lineStart >= 40 && i + 1 < Text.Length && (char.IsLower(Text.Original(i + 1)) || char.IsAsciiDigit(Text[i + 1]) || Text[i + 1] is '$' or '€' or '£' or '₹');

    private bool EndsSentence(int i, int start)
    {
        var next = Text[i + 1];
        if (next is ' ' or '\n')
        {
            var after = Text.Original(i + 2);
            if (char.IsLower(after) || char.IsAsciiDigit(Text[i - 1]) && char.IsAsciiDigit(Text[i + 2]) && next == ' ' && i - start < 4)
            {
                return false;
            }

            var from = i;
            while (from > start && char.IsLetter(Text[from - 1]))
            {
                from--;
            }

            var word = Text.Slice(from, i);
            return word.Length != 1 && word is not ("rs" or "no" or "ac" or "acct" or "acc" or "cr" or "dr" or "avl" or "avail" or "ref" or "mr" or "mrs" or "ms" or "amt" or "tel" or "nr" or "inr" or "approx" or "st" or "kc" or "iban" or "tk" or "aval" or "ca" or "bzw" or "inkl" or "incl" or "intl" or "vs" or "clr");
        }

        // "successful.Available balance": a blank was forgotten.
        return char.IsUpper(Text.Original(i + 1)) && i - start > 12 && (char.IsLower(Text.Original(i - 1)) && char.IsLower(Text.Original(i - 2)) && char.IsLower(Text.Original(i - 3)) || char.IsAsciiDigit(Text[i - 1]) && char.IsAsciiDigit(Text[i - 2]));
    }

    private void Words()
    {
        var sentence = 0;
        for (var i = 0; i < Text.Length && _cues.Count < MaxCues;)
        {
            if (!char.IsLetter(Text[i]))
            {
                i++;
                continue;
            }

            var end = MoneyWords.WordEnd(Text, i);
            var kinds = MoneyWords.Longest(Text, i, end, out var to);
            if (end - i is > 1 and <= 16 && Country.TryOf(Text.Slice(i, end), out var country, out var votes))
            {
                _countries[country] = _countries.GetValueOrDefault(country) + votes;
                if (votes < Country.Sure)
                {
                    _names.Add((country, i));
                }
            }

            if (kinds != MoneyWord.None)
            {
                while (sentence + 1 < _sentences.Count && _sentences[sentence + 1].Start <= i)
                {
                    sentence++;
                }

                _cues.Add(new(i, to, kinds, sentence, LineOf(i)));
                i = to;
            }
            else
            {
                i = end;
            }
        }
    }

    private void Attach()
    {
        var cue = 0;
        for (var s = 0; s < _sentences.Count; s++)
        {
            var sentence = _sentences[s];
            sentence.CueFrom = cue;
            while (cue < _cues.Count && _cues[cue].Sentence <= s)
            {
                cue++;
            }

            sentence.CueTo = cue;
            _sentences[s] = sentence;
        }
    }
}
