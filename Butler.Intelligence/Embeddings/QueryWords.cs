namespace Butler.Intelligence.Embeddings;

/// <summary>Other words for the words of a query: the right spelling of one that nobody knows, and the English for one of another language.</summary>
public static class QueryWords
{
    private const int MaxWord = 24;
    private const int MinMisspelt = 5;
    private const float Misspelt = 0.7f;
    private const float Translated = 0.4f;

    /// <summary>At most three, each with what it counts beside the word itself.</summary>
    public static IReadOnlyList<(string Word, float Weight)> Alternatives(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        if (word.Length is < 3 or > MaxWord || !word.All(char.IsLetter))
        {
            return [];
        }

        var lower = word.ToLowerInvariant();
        var words = WordVectors.Shared;
        var number = words.Find(lower);
        if (number >= 0)
        {
            return [.. words.Meanings(number).Take(3).Select(m => (words.Word(m), Translated))];
        }

        return lower.Length < MinMisspelt ? [] : [.. Nearest(lower).Select(n => (words.Word(n), Misspelt))];
    }

    /// <summary>How much a word says: 0 for the commonest words, 1 for rare and unknown ones.</summary>
    public static float Weight(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        var number = WordVectors.Shared.Find(word.ToLowerInvariant());
        return number < 0 ? 1 : WordVectors.Shared.Weight(number);
    }

    /// <summary>A query with the other words for its words, for the local model, which knows only what it has learnt.</summary>
    public static string Expand(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var more = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SelectMany(Alternatives).Select(a => a.Word).Distinct(StringComparer.Ordinal).ToList();
        return more.Count == 0 ? text : $"{text} {string.Join(' ', more)}";
    }

    /// <summary>Known words one letter away (one wrong, missing, too many, or two exchanged), the commonest first; at most two.</summary>
    private static IEnumerable<int> Nearest(string word)
    {
        var words = WordVectors.Shared;
        var found = new List<int>();
        for (var i = 0; i < words.Count; i++)
        {
            var other = words.Word(i);
            if (Math.Abs(other.Length - word.Length) <= 1 && words.Weight(i) > 0.05f && IsNear(word, other))
            {
                found.Add(i);
            }
        }

        return found.OrderByDescending(i => words.Word(i)[0] == word[0]).ThenBy(words.Weight).Take(2);
    }

    internal static bool IsNear(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        var start = a.CommonPrefixLength(b);
        a = a[start..];
        b = b[start..];
        while (a.Length > 0 && b.Length > 0 && a[^1] == b[^1])
        {
            a = a[..^1];
            b = b[..^1];
        }

        return (a.Length <= 1 && b.Length <= 1) || (a.Length == 2 && b.Length == 2 && a[0] == b[1] && a[1] == b[0]);
    }
}
