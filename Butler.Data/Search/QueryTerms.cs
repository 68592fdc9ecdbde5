using System.Globalization;
using Npgsql;

namespace Butler.Data.Search;

/// <summary>What hits should have.</summary>
/// <param name="Words">What the index is asked, as PostgreSQL writes it.</param>
/// <param name="Check">What the index cannot decide, to be checked in the documents it names; null: nothing.</param>
internal readonly record struct WordCondition(string Words, string? Check);

/// <summary>Writes the words of a query as PostgreSQL's <c>tsquery</c>, by the same cutting and stems as the index.</summary>
internal sealed class QueryTerms
{
    private readonly List<IReadOnlyDictionary<string, string>> _stems = [];

    private QueryTerms()
    {
    }

    /// <summary>Learns the stems of a query's words in these languages, the query's own first.</summary>
    public static async Task<QueryTerms> LearnAsync(NpgsqlConnection connection, Stems stems, IReadOnlyList<string> languages, IEnumerable<string> words, CancellationToken cancellationToken)
    {
        var terms = new QueryTerms();
        List<string> cut = [.. words.SelectMany(w => Cut(w).SelectMany(g => g.Parts)).Where(p => p.Letters).Select(p => p.Word)];
        foreach (var language in languages)
        {
            terms._stems.Add(await stems.LearnAsync(connection, language, cut, cancellationToken));
        }

        return terms;
    }

    /// <summary>A word as it stands or by its stems; null where it says nothing in the query's language.</summary>
    public string? Term(string word)
    {
        var groups = Telling(word).Select(Group).ToList();
        return groups.Count == 0 ? null : string.Join(" & ", groups);
    }

    /// <summary>The same for looking up: of a compound, as it stands, and apart from it its words side by side; none where it says nothing.</summary>
    public List<WordCondition> Conditions(string word)
    {
        var groups = Telling(word).ToList();
        if (groups.All(g => g.Parts.Count == 1))
        {
            return groups.Count == 0 ? [] : [new(string.Join(" & ", groups.Select(Group)), null)];
        }

        return groups is [{ Compound: { } compound, Parts: var parts }]
            ? [new(Quote(compound), null), new($"{Side(parts, "&")} & !{Quote(compound)}", Side(parts, "<->"))]
            : [new(string.Join(" & ", groups.Select(Loose)), string.Join(" & ", groups.Select(Group)))];
    }

    /// <summary>As <see cref="Term"/>, but what the index alone can decide: words of a compound anywhere.</summary>
    public string Anywhere(string word) => string.Join(" & ", Telling(word).Select(Loose));

    /// <summary>A word as it stands, however common; null where there is none.</summary>
    public static string? Plain(string word)
    {
        var words = Cut(word).SelectMany(g => g.Parts).Select(p => Quote(p.Word)).ToList();
        return words.Count == 0 ? null : string.Join(" & ", words);
    }

    /// <summary>What every hit must have: phrases, senders, and none of the excluded. Null: nothing is asked.</summary>
    public string? Required(IEnumerable<string> phrases, IEnumerable<string> senders, IEnumerable<string> excluded)
    {
        var all = phrases.Select(Phrase)
            // Each word of it in the sender, as a beginning.
            .Concat(senders.Select(s => string.Join(" & ", Cut(s).SelectMany(g => g.Parts).Select(p => $"{Quote(p.Word)}:*B"))))
            .Concat(excluded.Select(e => e.Any(char.IsWhiteSpace) ? Phrase(e) : Term(e) ?? Plain(e)).Where(e => !string.IsNullOrEmpty(e)).Select(e => $"!({e})"))
            .Where(p => !string.IsNullOrEmpty(p)).Select(p => $"({p})").ToList();
        return all.Count == 0 ? null : string.Join(" & ", all);
    }

    // What a word is cut into that says something in the query's language.
    private IEnumerable<(string? Compound, List<(string Word, bool Letters)> Parts)> Telling(string word) => Cut(word).Where(g => g.Parts.Count > 1 || !IsCommon(g.Parts[0]));

    private string Group((string? Compound, List<(string Word, bool Letters)> Parts) group)
    {
        if (group.Parts.Count == 1)
        {
            return Alternatives(group.Parts[0]);
        }

        var parts = Side(group.Parts, "<->");
        return group.Compound is { } compound ? $"({Quote(compound)} | {parts})" : parts;
    }

    private string Loose((string? Compound, List<(string Word, bool Letters)> Parts) group) =>
        group.Parts.Count == 1 ? Alternatives(group.Parts[0]) : group.Compound is { } compound ? $"({Quote(compound)} | {Side(group.Parts, "&")})" : Side(group.Parts, "&");

    private static string Side(List<(string Word, bool Letters)> parts, string sign) => $"({string.Join($" {sign} ", parts.Select(p => Quote(p.Word)))})";

    private string Alternatives((string Word, bool Letters) word)
    {
        var forms = new List<string> { word.Word };
        if (word.Letters)
        {
            foreach (var stems in _stems)
            {
                if (stems.TryGetValue(word.Word, out var stem) && stem.Length > 0 && !forms.Contains(stem))
                {
                    forms.Add(stem);
                }
            }
        }

        return forms.Count == 1 ? Quote(forms[0]) : $"({string.Join(" | ", forms.Select(Quote))})";
    }

    private bool IsCommon((string Word, bool Letters) word) => word.Letters && _stems.Count > 0 && _stems[0].TryGetValue(word.Word, out var stem) && stem.Length == 0;

    private static string? Phrase(string text)
    {
        var cutter = new WordCutter(text);
        var phrase = "";
        var last = 0;
        while (cutter.Next())
        {
            phrase += (last == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" <{cutter.Position - last}> ")) + Quote(Lower(cutter.Word));
            last = cutter.Position;
        }

        return last == 0 ? null : phrase;
    }

    /// <summary>What belongs together in a word: an address is one compound, <c>and/or</c> are two words.</summary>
    private static List<(string? Compound, List<(string Word, bool Letters)> Parts)> Cut(string text)
    {
        var groups = new List<(string? Compound, List<(string, bool)> Parts)>();
        var cutter = new WordCutter(text);
        while (cutter.Next())
        {
            if (!cutter.Continues || groups.Count == 0)
            {
                groups.Add((cutter.Compound.Length > 0 ? Lower(cutter.Compound) : null, []));
            }

            groups[^1].Parts.Add((Lower(cutter.Word), cutter.IsLetters));
        }

        return groups;
    }

    private static string Lower(ReadOnlySpan<char> word)
    {
        Span<char> lower = stackalloc char[WordCutter.MaxLength];
        return new(lower[..word.ToLowerInvariant(lower)]);
    }

    /// <summary>Words have letters, digits and the signs of compounds only; quoted all the same.</summary>
    private static string Quote(string word) => $"'{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";
}
