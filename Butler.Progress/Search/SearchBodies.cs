using System.Globalization;
using Butler.Data.Search;
using Butler.Progress.Reads;
using Butler.ServiceDefaults.Errors;

namespace Butler.Progress.Search;

/// <summary>A piece of a text to be marked, in UTF-16 characters of the text it belongs to.</summary>
public sealed record Highlight(int Start, int Length);

/// <summary>The passage that a hit shows.</summary>
/// <param name="Text">Plain text, never HTML.</param>
/// <param name="Start">Where it begins in the mail's text.</param>
/// <param name="Highlights">What of it fits the query.</param>
public sealed record SearchPassage(string Text, int Start, IReadOnlyList<Highlight> Highlights);

/// <summary>A hit's place in one of the lists.</summary>
/// <param name="Place">From 1.</param>
/// <param name="Score">Words: the weight of the words found; meaning: the cosine. Not comparable with each other.</param>
/// <param name="Model">What made the vectors; null for words.</param>
public sealed record SearchPart(int Place, double Score, string? Model);

/// <summary>A hit.</summary>
public sealed record SearchItem(MailItem Mail, bool Sent, SearchPassage Passage, IReadOnlyList<Highlight> SubjectHighlights, double Score, SearchPart? Words, SearchPart? Vectors);

/// <summary>The body of <c>GET /api/v1/search</c>.</summary>
/// <param name="Mode">How was searched.</param>
/// <param name="Complete">False when a part of the mail could not be searched by meaning, because its model did not answer.</param>
/// <param name="Results">Best first.</param>
public sealed record SearchBody(string Mode, bool Complete, IReadOnlyList<SearchItem> Results);

/// <summary>What a search is asked for.</summary>
internal sealed record SearchRequest(SearchQuery Query, SearchFilter Filter)
{
    private const int MaxSender = 200;

    public static SearchRequest Parse(string? q, string? from, string? to, string? sender, string? category, string? tag, string? limit, string? mode)
    {
        var mails = MailQuery.Parse(category, tag, null, null);
        if (sender?.Length > MaxSender)
        {
            throw ApiErrors.InvalidParameter("sender", $"at most {MaxSender} characters");
        }

        var (since, until) = (Date("from", from, false), Date("to", to, true));
        if (since >= until)
        {
            throw ApiErrors.InvalidParameter("from", "before \"to\"");
        }

        var how = mode switch
        {
            null or "" or "hybrid" => SearchMode.Hybrid,
            "words" => SearchMode.Words,
            "vectors" => SearchMode.Vectors,
            _ => throw ApiErrors.InvalidParameter("mode", "hybrid, words or vectors", mode),
        };
        var number = ApiErrors.Number("limit", limit, 20, 1, 100);
        try
        {
            return new(SearchQuery.Parse(q), new(since, until, string.IsNullOrWhiteSpace(sender) ? null : sender.Trim(), mails.Category, mails.Tag, number, how));
        }
        catch (SearchQueryException e)
        {
            throw ApiErrors.InvalidParameter("q", e.Message);
        }
    }

    /// <summary>A day counts whole: "to" a day means to its end.</summary>
    private static DateTimeOffset? Date(string field, string? value, bool end)
    {
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        if (DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1900 and < 9999)
        {
            return new DateTimeOffset(day.AddDays(end ? 1 : 0).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        }

        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment) && moment.Year is > 1900 and < 9999
            ? moment
            : throw ApiErrors.InvalidParameter(field, "a day (2026-11-21) or a moment (2026-11-21T09:00:00Z)", value);
    }
}
