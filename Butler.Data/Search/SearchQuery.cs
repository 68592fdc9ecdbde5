using System.Text;

namespace Butler.Data.Search;

/// <summary>How a search looks for mail.</summary>
public enum SearchMode
{
    /// <summary>By words and by meaning, fused.</summary>
    Hybrid,

    /// <summary>By words only.</summary>
    Words,

    /// <summary>By meaning only.</summary>
    Vectors,
}

/// <summary>A part of the query that cannot be read. Its message is for the caller and repeats nothing of the query.</summary>
public sealed class SearchQueryException(string message) : Exception(message);

/// <summary>
/// What stands in the search box: words, "phrases", -excluded words or -"phrases", and from:somebody. Words rank; the others decide.
/// </summary>
/// <param name="Words">Words that hits should have.</param>
/// <param name="Phrases">Words that stand together in every hit.</param>
/// <param name="Excluded">Words or phrases of no hit.</param>
/// <param name="Senders">Parts of the sender's name or address.</param>
public sealed record SearchQuery(IReadOnlyList<string> Words, IReadOnlyList<string> Phrases, IReadOnlyList<string> Excluded, IReadOnlyList<string> Senders)
{
    /// <summary>Characters of a query.</summary>
    public const int MaxLength = 500;

    /// <summary>Words, phrases and the others together.</summary>
    public const int MaxParts = 24;

    /// <summary>What is searched for by meaning; empty when the query has only conditions.</summary>
    public string Text => string.Join(' ', Words.Concat(Phrases));

    /// <summary>Reads a query.</summary>
    /// <exception cref="SearchQueryException">It is empty, too long, has too many parts, or a quotation mark without its other half.</exception>
    public static SearchQuery Parse(string? query)
    {
        if (string.IsNullOrWhiteSpace(query))
        {
            throw new SearchQueryException("what to search for");
        }

        if (query.Length > MaxLength)
        {
            throw new SearchQueryException($"at most {MaxLength} characters");
        }

        var parsed = new Parts();
        var at = 0;
        var text = DbText.Clean(query.Normalize(NormalizationForm.FormC), MaxLength * 2).Replace('“', '"').Replace('”', '"').Replace('„', '"');
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var excluded = text[at] == '-' && at + 1 < text.Length && !char.IsWhiteSpace(text[at + 1]);
            at += excluded ? 1 : 0;
            var sender = !excluded && text.AsSpan(at).StartsWith("from:", StringComparison.OrdinalIgnoreCase);
            at += sender ? 5 : 0;
            var quoted = at < text.Length && text[at] == '"';
            var end = quoted ? text.IndexOf('"', at + 1) : at;
            if (quoted && end < 0)
            {
                throw new SearchQueryException("complete: a quotation mark lacks its other half");
            }

            while (!quoted && end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] != '"')
            {
                end++;
            }

            var part = (quoted ? text[(at + 1)..end] : text[at..end]).Trim();
            at = quoted ? end + 1 : end;
            if (part.Any(char.IsLetterOrDigit))
            {
                (excluded ? parsed.Excluded : sender ? parsed.Senders : quoted ? parsed.Phrases : parsed.Words).Add(part);
            }
        }

        if (parsed.Count > MaxParts)
        {
            throw new SearchQueryException($"of at most {MaxParts} words, phrases and conditions");
        }

        return parsed is { Words.Count: 0, Phrases.Count: 0, Senders.Count: 0 }
            ? throw new SearchQueryException("at least one word, phrase or sender to search for")
            : new(parsed.Words, parsed.Phrases, parsed.Excluded, parsed.Senders);
    }

    private sealed class Parts
    {
        public List<string> Words { get; } = [];

        public List<string> Phrases { get; } = [];

        public List<string> Excluded { get; } = [];

        public List<string> Senders { get; } = [];

        public int Count => Words.Count + Phrases.Count + Excluded.Count + Senders.Count;
    }
}

/// <summary>What is asked beside the query.</summary>
/// <param name="Since">Received at or after.</param>
/// <param name="Until">Received before.</param>
/// <param name="Sender">A part of the sender's name or address.</param>
/// <param name="Category">The verdict's category.</param>
/// <param name="Tag">A tag.</param>
/// <param name="Limit">Hits at most.</param>
/// <param name="Mode">How to look.</param>
public sealed record SearchFilter(DateTimeOffset? Since, DateTimeOffset? Until, string? Sender, string? Category, string? Tag, int Limit, SearchMode Mode);
