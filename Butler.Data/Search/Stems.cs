using System.Collections.Concurrent;
using Npgsql;

namespace Butler.Data.Search;

/// <summary>
/// The stems of words, as PostgreSQL's dictionaries say them, remembered: words come again and again, and asking is the dear part. Safe for
/// several threads.
/// </summary>
public sealed class Stems
{
    /// <summary>Characters of the longest word with a stem.</summary>
    public const int MaxLength = 40;

    // Of each language; some 10 MB. When it is full it begins again: what is common is soon back.
    private const int MaxWords = 60_000;

    private static readonly Dictionary<string, string> s_none = [];

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, string>> _languages = new(StringComparer.Ordinal);

    /// <summary>Asks for the stems of those words that are not known yet.</summary>
    /// <param name="connection">Any connection: dictionaries are everybody's.</param>
    /// <param name="language">ISO 639-1.</param>
    /// <param name="words">In small letters.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The stems of all of them, empty where a word says nothing; nothing at all for a language without stems.</returns>
    public async Task<IReadOnlyDictionary<string, string>> LearnAsync(NpgsqlConnection connection, string language, IEnumerable<string> words, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (Dictionary(language) is not { } dictionary)
        {
            return s_none;
        }

        var stems = _languages.GetOrAdd(language, _ => new(StringComparer.Ordinal));
        string[] unknown = [.. words.Where(w => !stems.ContainsKey(w)).Distinct()];
        if (unknown.Length == 0)
        {
            return stems;
        }

        // Words of Latin letters in Russian text are English, as in PostgreSQL's own configuration.
        await using var command = new NpgsqlCommand("""
            SELECT w, coalesce((ts_lexize((CASE WHEN $2 = 'russian_stem' AND w ~ '^[a-z]' THEN 'english_stem' ELSE $2 END)::regdictionary, w))[1], '') FROM unnest($1::text[]) w
            """, connection)
        { Parameters = { new() { Value = unknown }, new() { Value = dictionary } } };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            stems[row.GetString(0)] = row.GetString(1);
        }

        if (stems.Count > MaxWords)
        {
            _languages.TryRemove(new(language, stems));
        }

        return stems;
    }

    private static string? Dictionary(string language) => language switch
    {
        "en" => "english_stem",
        "de" => "german_stem",
        "fr" => "french_stem",
        "es" => "spanish_stem",
        "it" => "italian_stem",
        "nl" => "dutch_stem",
        "pt" => "portuguese_stem",
        "sv" => "swedish_stem",
        "da" => "danish_stem",
        "no" => "norwegian_stem",
        "fi" => "finnish_stem",
        "ru" => "russian_stem",
        "tr" => "turkish_stem",
        _ => null,
    };
}
