using System.Collections.Frozen;
using System.Reflection;

namespace Butler.Intelligence.Transactions;

/// <summary>What a word or phrase says about money.</summary>
[Flags]
internal enum MoneyWord
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
}

/// <summary>The phrases of <c>money-words.txt</c>, found at a position by their first word.</summary>
internal static class MoneyWords
{
    private static readonly FrozenDictionary<string, Phrase[]> s_phrases = Load();

    private static readonly FrozenDictionary<string, Phrase[]>.AlternateLookup<ReadOnlySpan<char>> s_lookup = s_phrases.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Letters of scripts that put no blanks between words.</summary>
    public static bool IsUnspaced(char c) => c is (>= '\u0E00' and <= '\u0EFF') or (>= '\u3040' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF') or (>= '\uAC00' and <= '\uD7AF') or '々';

    /// <summary>The longest phrase that begins at <paramref name="at"/>, whose first word ends at <paramref name="wordEnd"/>.</summary>
    public static MoneyWord Longest(FoldedText text, int at, int wordEnd, out int end)
    {
        end = wordEnd;
        if (!s_lookup.TryGetValue(text.Slice(at, wordEnd), out var phrases))
        {
            return MoneyWord.None;
        }

        foreach (var phrase in phrases)
        {
            if (StandsAt(text, at, phrase.Text))
            {
                end = at + phrase.Text.Length;
                return phrase.Kinds;
            }
        }

        return MoneyWord.None;
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

    private static bool StandsAt(FoldedText text, int at, string phrase)
    {
        for (var i = 0; i < phrase.Length; i++)
        {
            var c = text[at + i];
            if (c != phrase[i] && !(c == '\n' && phrase[i] == ' ' && at + i < text.Length))
            {
                return false;
            }
        }

        var last = phrase[^1];
        return !char.IsLetter(last) || IsUnspaced(last) || !char.IsLetter(text[at + phrase.Length]) || IsUnspaced(text[at + phrase.Length]);
    }

    private static FrozenDictionary<string, Phrase[]> Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Butler.Intelligence.Transactions.money-words.txt")
            ?? throw new InvalidOperationException("The phrase list money-words.txt is not embedded.");
        using var reader = new StreamReader(stream);
        var kinds = new Dictionary<string, MoneyWord>(StringComparer.Ordinal);
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
                kind = Enum.Parse<MoneyWord>(line.Trim('[', ']'));
                continue;
            }

            foreach (var phrase in line.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                folded.Read(phrase);
                var key = folded.Chars.ToString();
                kinds[key] = kinds.GetValueOrDefault(key) | kind;
            }
        }

        var byWord = new Dictionary<string, List<Phrase>>(StringComparer.Ordinal);
        foreach (var (phrase, what) in kinds)
        {
            folded.Read(phrase);
            var first = phrase[..WordEnd(folded, 0)];
            if (!byWord.TryGetValue(first, out var list))
            {
                byWord[first] = list = [];
            }

            list.Add(new(phrase, what));
        }

        return byWord.ToFrozenDictionary(e => e.Key, e => e.Value.OrderByDescending(p => p.Text.Length).ToArray(), StringComparer.Ordinal);
    }

    private readonly record struct Phrase(string Text, MoneyWord Kinds);
}
