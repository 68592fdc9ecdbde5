using Butler.Intelligence.Embeddings;

namespace Butler.Progress.Search;

/// <summary>Finds the passage of a text that shows why it was found, and what of it to mark.</summary>
internal static class Marking
{
    private const int Shown = 320;
    private const int Before = 80;
    private const int MinStem = 4;

    /// <summary>The passage that is nearest by meaning or, where none is, the one with most of the words; cut to what a list shows.</summary>
    public static SearchPassage Passage(string text, (int Start, int Length)? nearest, IReadOnlyList<string> terms)
    {
        var words = Words(terms);
        var chunk = nearest is { } span && span.Start >= 0 && span.Start + span.Length <= text.Length
            ? new TextChunk(span.Start, span.Length)
            : TextChunks.Of(text).MaxBy(c => Find(text.AsSpan(c.Start, c.Length), words).DistinctBy(h => Fold(text.AsSpan(c.Start + h.Start, h.Length))).Count());
        var inside = Find(text.AsSpan(chunk.Start, chunk.Length), words);
        var (from, length) = Cut(text, chunk, inside.Count > 0 ? inside[0].Start : 0);
        return new(text.Substring(from, length), from, Find(text.AsSpan(from, length), words));
    }

    /// <summary>What of a short text fits the words.</summary>
    public static List<Highlight> Of(string text, IReadOnlyList<string> terms) => Find(text, Words(terms));

    private static (int From, int Length) Cut(string text, TextChunk chunk, int first)
    {
        if (chunk.Length <= Shown)
        {
            return (chunk.Start, chunk.Length);
        }

        var from = chunk.Start + Math.Clamp(first - Before, 0, chunk.Length - Shown);
        var end = chunk.Start + chunk.Length;
        if (from > chunk.Start)
        {
            var space = text.AsSpan(from, Before / 2).IndexOfAny(' ', '\n');
            from += space < 0 ? 0 : space + 1;
        }

        var to = Math.Min(end, from + Shown);
        if (to < end)
        {
            var space = text.AsSpan(to - (Before / 2), Before / 2).LastIndexOfAny(' ', '\n');
            to = space < 0 ? to : to - (Before / 2) + space;
        }

        from += from < text.Length && char.IsLowSurrogate(text[from]) ? 1 : 0;
        to -= to > from && char.IsHighSurrogate(text[to - 1]) ? 1 : 0;
        return (from, to - from);
    }

    private static List<string> Words(IReadOnlyList<string> terms)
    {
        var words = new List<string>();
        foreach (var term in terms)
        {
            var at = 0;
            while (Next(term, ref at, out var start))
            {
                var word = Fold(term.AsSpan(start, at - start));
                if (word.Length > 1)
                {
                    words.Add(word);
                }
            }
        }

        return words;
    }

    private static List<Highlight> Find(ReadOnlySpan<char> text, List<string> words)
    {
        var found = new List<Highlight>();
        var at = 0;
        while (Next(text, ref at, out var start))
        {
            foreach (var word in words)
            {
                if (Fits(text[start..at], word))
                {
                    found.Add(new(start, at - start));
                    break;
                }
            }
        }

        return found;
    }

    /// <summary>The next run of letters and digits.</summary>
    private static bool Next(ReadOnlySpan<char> text, ref int at, out int start)
    {
        while (at < text.Length && !char.IsLetterOrDigit(text[at]))
        {
            at++;
        }

        start = at;
        while (at < text.Length && char.IsLetterOrDigit(text[at]))
        {
            at++;
        }

        return at > start;
    }

    /// <summary>The same word, or one with the same beginning and another ending of up to three letters.</summary>
    private static bool Fits(ReadOnlySpan<char> text, string word)
    {
        if (Math.Abs(text.Length - word.Length) > 3)
        {
            return false;
        }

        var same = 0;
        while (same < text.Length && same < word.Length && char.ToLowerInvariant(text[same]) == word[same])
        {
            same++;
        }

        return (same == word.Length && same == text.Length) || (same >= MinStem && same >= word.Length - 3 && text.Length - same <= 3 && same * 3 >= word.Length * 2);
    }

    private static string Fold(ReadOnlySpan<char> word) => word.ToString().ToLowerInvariant();
}
