using System.Collections.Frozen;
using System.Reflection;

namespace Butler.Intelligence.Transactions;

/// <summary>What a word or phrase says about money.</summary>
[Flags]
internal enum MoneyWord : long
{
    None = 0,
    Out = 1,
    In = 1 << 1,
    Refund = 1 << 2,
    Cashback = 1 << 3,
    Balance = 1 << 4,
    Limit = 1 << 5,
    Fee = 1 << 6,
    Tax = 1 << 7,
    Subtotal = 1 << 8,
    Total = 1 << 9,
    Due = 1 << 10,
    Offer = 1 << 11,
    Secret = 1 << 12,
    Failed = 1 << 13,
    Future = 1 << 14,
    Advert = 1 << 15,
    Receipt = 1 << 16,
    Account = 1 << 17,
    Reference = 1 << 18,
    Success = 1 << 19,
    Transaction = 1 << 20,
    Statement = 1 << 21,
    Own = 1 << 22,
    Debtors = 1 << 23,
    Amount = 1 << 24,

    /// <summary>Says by itself that money has left the account.</summary>
    Debited = 1 << 25,

    /// <summary>Says by itself that money has come in.</summary>
    Credited = 1 << 26,

    /// <summary>Money moved, and which way depends on whose account it is.</summary>
    Unclear = 1 << 27,

    /// <summary>Not confirmed yet.</summary>
    Pending = 1 << 28,

    /// <summary>Holds a word of another kind and says nothing: it keeps that word from being read.</summary>
    Neutral = 1 << 29,

    /// <summary>The sender speaks of itself as the one who receives: "we have received".</summary>
    Theirs = 1 << 30,

    /// <summary>Denies: "not", "nicht", "pas". With a verb of money in reach nothing moved.</summary>
    Not = 1L << 31,

    /// <summary>What may, shall or can be: "will", "kann", "va". The verb behind it has not happened.</summary>
    Modal = 1L << 32,

    /// <summary>A noun of moving money: "payment", "Überweisung". Names a movement without saying that it happened.</summary>
    Noun = 1L << 33,

    /// <summary>Past of a passive or perfect: "was", "wurde", "a été". Its verb says what became of the noun before it.</summary>
    Past = 1L << 34,

    /// <summary>What follows is about another case: "if", "falls", "not you".</summary>
    Aside = 1L << 35,
}

/// <summary>
/// The phrases of <c>money-words*.txt</c>, found at a position by their first word. A phrase that ends with <c>*</c> is a stem: its last word
/// may go on, as words do in languages that inflect.
/// </summary>
internal static class MoneyWords
{
    private const int StemKey = 4;

    private static readonly (FrozenDictionary<string, Phrase[]> Words, FrozenDictionary<string, Phrase[]> Stems) s_phrases = Load();

    private static readonly FrozenDictionary<string, Phrase[]>.AlternateLookup<ReadOnlySpan<char>> s_words = s_phrases.Words.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenDictionary<string, Phrase[]>.AlternateLookup<ReadOnlySpan<char>> s_stems = s_phrases.Stems.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Letters of scripts that put no blanks between words.</summary>
    public static bool IsUnspaced(char c) => c is (>= '\u0E00' and <= '\u0EFF') or (>= '\u3040' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF') or (>= '\uAC00' and <= '\uD7AF') or '々';

    /// <summary>The longest phrase that begins at <paramref name="at"/>, whose first word ends at <paramref name="wordEnd"/>.</summary>
    public static MoneyWord Longest(FoldedText text, int at, int wordEnd, out int end) => Longest(text, at, wordEnd, out end, int.MaxValue);

    /// <summary>The longest that ends by <paramref name="limit"/>.</summary>
    public static MoneyWord Longest(FoldedText text, int at, int wordEnd, out int end, int limit)
    {
        end = wordEnd;
        var found = default(Phrase);
        if (s_words.TryGetValue(text.Slice(at, wordEnd), out var phrases))
        {
            found = First(text, at, phrases, limit);
        }

        if (wordEnd - at >= StemKey && s_stems.TryGetValue(text.Slice(at, at + StemKey), out var stems) && First(text, at, stems, limit) is { Text: not null } stem && !(found.Text?.Length >= stem.Text.Length))
        {
            found = stem;
        }

        if (found.Text is null)
        {
            return MoneyWord.None;
        }

        end = at + found.Text.Length;
        while (found.IsStem && char.IsLetter(text[end]))
        {
            end++;
        }

        return found.Kinds;
    }

    private static Phrase First(FoldedText text, int at, Phrase[] longestFirst, int limit)
    {
        foreach (var phrase in longestFirst)
        {
            if (at + phrase.Text.Length <= limit && StandsAt(text, at, phrase))
            {
                return phrase;
            }
        }

        return default;
    }

    /// <summary>The end of the word at <paramref name="at"/>: one letter where words are not spaced, else the run of letters.</summary>
    public static int WordEnd(FoldedText text, int at)
    {
        if (IsUnspaced(text[at]))
        {
            return at + 1;
        }

        var i = at;
        while (char.IsLetter(text[i]) && !IsUnspaced(text[i]))
        {
            i++;
        }

        return i;
    }

    private static bool StandsAt(FoldedText text, int at, Phrase sought)
    {
        var phrase = sought.Text;
        for (var i = 0; i < phrase.Length; i++)
        {
            var c = text[at + i];
            // A phrase may be wrapped, but a line that begins with a capital is another cell.
            if (c != phrase[i] && !(c == '\n' && phrase[i] == ' ' && at + i < text.Length && !char.IsUpper(text.Original(at + i + 1))))
            {
                return false;
            }
        }

        var last = phrase[^1];
        return sought.IsStem || !char.IsLetter(last) || IsUnspaced(last) || !char.IsLetter(text[at + phrase.Length]) || IsUnspaced(text[at + phrase.Length]);
    }

    private static (FrozenDictionary<string, Phrase[]> Words, FrozenDictionary<string, Phrase[]> Stems) Load()
    {
        var kinds = new Dictionary<string, MoneyWord>(StringComparer.Ordinal);
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.Contains(".Transactions.money-words", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            Read(reader, kinds);
        }

        var words = new Dictionary<string, List<Phrase>>(StringComparer.Ordinal);
        var stems = new Dictionary<string, List<Phrase>>(StringComparer.Ordinal);
        var folded = new FoldedText();
        foreach (var (phrase, what) in kinds)
        {
            var isStem = phrase[^1] == '*';
            var text = isStem ? phrase[..^1] : phrase;
            folded.Read(text);
            var first = text[..MoneyWords.WordEnd(folded, 0)];
            var isKeyed = isStem && first.Length == text.Length;
            var (by, key) = isKeyed ? (stems, first[..StemKey]) : (words, first);
            if (!by.TryGetValue(key, out var list))
            {
                by[key] = list = [];
            }

            list.Add(new(text, what, isStem));
        }

        return (Freeze(words), Freeze(stems));
    }

    private static void Read(StreamReader reader, Dictionary<string, MoneyWord> kinds)
    {
        var kind = MoneyWord.None;
        var folded = new FoldedText();
        while (reader.ReadLine() is { } raw)
        {
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] == '[')
            {
                // "[Out Noun]": both.
                kind = line.Trim('[', ']').Split(' ').Aggregate(MoneyWord.None, (all, name) => all | Enum.Parse<MoneyWord>(name));
                continue;
            }

            foreach (var phrase in line.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                folded.Read(phrase);
                var key = folded.Chars.ToString();
                kinds[key] = kinds.GetValueOrDefault(key) | kind;
            }
        }
    }

    private static FrozenDictionary<string, Phrase[]> Freeze(Dictionary<string, List<Phrase>> by) =>
        by.ToFrozenDictionary(e => e.Key, e => e.Value.OrderByDescending(p => p.Text.Length).ToArray(), StringComparer.Ordinal);

    private readonly record struct Phrase(string Text, MoneyWord Kinds, bool IsStem);
}
