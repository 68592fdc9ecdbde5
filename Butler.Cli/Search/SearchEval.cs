using Butler.Data.Ingest;
using Butler.Data.Search;
using Butler.Intelligence.Evaluation;

namespace Butler.Cli.Search;

/// <summary>Scores search with PostgreSQL as it is, not with a copy of its ranking in memory.</summary>
internal static class SearchEval
{
    /// <summary>The rows of an evaluation; none when the folder has no mails to search in.</summary>
    public static async Task<IReadOnlyList<EvaluationRow>> RowsAsync(string folder, CancellationToken cancellationToken)
    {
        var evaluation = new SearchEvaluation(folder);
        if (evaluation.Queries.Count == 0)
        {
            return [];
        }

        await using var stage = new SearchStage(Path.Combine(Path.GetTempPath(), $"butler-eval-search-{Environment.ProcessId}"), TimeProvider.System);
        await stage.StartAsync(cancellationToken);
        var ids = await stage.StoreAsync(evaluation.Mails.Select(Stored), cancellationToken);
        await stage.IndexAsync(ids, cancellationToken);
        await stage.ExecuteAsync("VACUUM ANALYZE email_search", cancellationToken);
        var numbers = ids.Select((id, i) => (id, i)).ToDictionary(p => p.id, p => p.i);
        return await evaluation.RowsAsync(["hybrid", "words", "vectors"], async (mode, query) =>
        {
            var hits = await stage.SearchAsync(query, Enum.Parse<SearchMode>(mode, ignoreCase: true), 10, cancellationToken);
            return [.. hits.Hits.Select(h => numbers[h.MailId])];
        }, cancellationToken);
    }

    public static StoredMail Stored(SearchDocument mail) => new()
    {
        Id = Guid.Empty,
        ProviderUserId = Guid.Empty,
        ThreadId = "t",
        ReceivedAt = mail.Date ?? DateTimeOffset.UnixEpoch,
        FromName = mail.FromName,
        FromAddress = mail.FromAddress,
        Subject = mail.Subject,
        NewText = mail.Text,
        Language = mail.Language,
    };
}
