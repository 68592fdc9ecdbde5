using System.ComponentModel.DataAnnotations;
using System.Diagnostics.Metrics;
using Butler.Data.Search;
using Butler.Intelligence.Embeddings;
using Butler.Progress.Pages;
using Butler.Progress.Reads;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace Butler.Progress.Search;

/// <summary>Section <c>Butler:Search</c>, the part of Progress.</summary>
internal sealed class SearchReadOptions
{
    public const string Section = "Butler:Search";

    /// <summary>Memory for the vectors of the accounts that were searched last.</summary>
    [Range(1024 * 1024, 64L * 1024 * 1024 * 1024)]
    public long CacheBytes { get; set; } = 192L * 1024 * 1024;
}

/// <summary>How long searches take (docs/operations.md).</summary>
internal sealed class SearchReadMetrics : IDisposable
{
    private readonly Meter _meter = new("Butler.Progress");
    private readonly Histogram<double> _duration;

    public SearchReadMetrics() => _duration = _meter.CreateHistogram<double>("search_duration_seconds", "s", "From the query to its results.");

    public void Searched(string mode, TimeSpan duration) => _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("mode", mode));

    public void Dispose() => _meter.Dispose();
}

internal static class SearchSetup
{
    public static void AddSearch(this WebApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<EmbeddingOptions>(EmbeddingOptions.Section);
        builder.Services.AddValidatedOptions<SearchReadOptions>(SearchReadOptions.Section);
        builder.Services.AddSingleton(s => new EmbeddingModels(s.GetRequiredService<IOptions<EmbeddingOptions>>().Value));
        builder.Services.AddSingleton<IQueryModels, QueryModels>();
        builder.Services.AddSingleton(s => new VectorCache(s.GetRequiredService<IOptions<SearchReadOptions>>().Value.CacheBytes, s.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<MailSearch>();
        builder.Services.AddSingleton<SearchReadMetrics>();
        builder.Services.AddSingleton<SearchReader>();
    }

    public static void MapSearch(this WebApplication app)
    {
        app.MapGroup("/api/v1/search").WithTags("mails").ProducesErrors().MapGet("", async (
            string? q, string? from, string? to, string? sender, string? category, string? tag, string? account, string? limit, string? mode,
            HttpContext context, PeopleReader people, SearchReader search, CancellationToken cancellationToken) =>
        {
            var request = SearchRequest.Parse(q, from, to, sender, category, tag, limit, mode);
            var accounts = await people.SelectAsync(Caller.Of(context), account, cancellationToken);
            return await search.SearchAsync([.. accounts.Select(a => a.Id)], request, cancellationToken);
        }).WithSummary("Searches mail by words and by meaning (mode hybrid, words or vectors); q may hold \"phrases\", -excluded words and from:somebody. Passages are plain text with the places to mark.");
        app.MapGet("/search", SearchAsync).ExcludeFromDescription();
    }

    private static async Task<IResult> SearchAsync(
        HttpContext context, string? q, string? from, string? to, string? sender, string? category, string? tag, string? account,
        PeopleReader people, SearchReader search, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var selected = await people.SelectAsync(caller, account, cancellationToken);
        var (results, complaint) = ((SearchBody?)null, (string?)null);
        if (!string.IsNullOrWhiteSpace(q))
        {
            try
            {
                results = await search.SearchAsync([.. selected.Select(a => a.Id)], SearchRequest.Parse(q, from, to, sender, category, tag, null, null), cancellationToken);
            }
            catch (ApiException e) when (e.Status == StatusCodes.Status400BadRequest)
            {
                // A person who types gets their words back with what is wrong about them.
                complaint = e.Message.StartsWith("q must be ", StringComparison.Ordinal) ? $"The search must be {e.Message["q must be ".Length..]}" : e.Message;
            }
        }

        return Views.Page<SearchPage>(new SearchModel(
            await Views.FrameAsync(context, people, "search", cancellationToken), await people.AccountsAsync(caller.UserId, cancellationToken), new(q, from, to, sender, category, tag, account), results, complaint));
    }
}

public sealed record SearchForm(string? Q, string? From, string? To, string? Sender, string? Category, string? Tag, string? Account)
{
    public bool IsNarrowed => new[] { From, To, Sender, Category, Tag, Account }.Any(v => !string.IsNullOrEmpty(v));
}

public sealed record SearchModel(Frame Frame, IReadOnlyList<Account> Accounts, SearchForm Form, SearchBody? Results, string? Complaint);
