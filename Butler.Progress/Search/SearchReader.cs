using System.Diagnostics;
using Butler.Data.Search;
using Butler.Progress.Reads;
using Npgsql;

namespace Butler.Progress.Search;

/// <summary>Searches as the caller, and reads of the hits only what the caller may read: deleted and expired mail is never among them.</summary>
internal sealed class SearchReader(MailSearch search, VisibleData data, SearchReadMetrics metrics) : ISearchReads
{
    // Hits that are gone since they were indexed leave room.
    private const int Spare = 20;

    public Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken) => data.ReadAsync(read, cancellationToken);

    public async Task<SearchBody> SearchAsync(Guid[] accounts, SearchRequest request, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var hits = await search.SearchAsync(this, accounts, request.Query, request.Filter with { Limit = request.Filter.Limit + Spare }, cancellationToken);
        var results = hits.Hits.Count == 0
            ? []
            : (await data.ReadAsync(c => ShowAsync(c, accounts, hits, cancellationToken), cancellationToken)).Take(request.Filter.Limit).ToList();
        var mode = request.Filter.Mode.ToString().ToLowerInvariant();
        metrics.Searched(mode, Stopwatch.GetElapsedTime(started));
        return new(mode, hits.UnansweredModels.Count == 0, results);
    }

    private static async Task<List<SearchItem>> ShowAsync(NpgsqlConnection connection, Guid[] accounts, SearchHits hits, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"""
            SELECT e.id, l.provider_message_id, e.provider_user_id, e.from_name, e.from_address, e.subject, e.received_at, v.category, v.confidence, v.reasoning, v.summary,
              (SELECT coalesce(array_agg(t.tag ORDER BY t.tag), '{"{}"}') FROM email_tags t WHERE t.mail_id = e.id AND t.expires_at > now()),
              (SELECT r.state FROM replies r WHERE r.mail_id = e.id AND r.expires_at > now() LIMIT 1), s.direction = 'out', left(e.new_text, {SearchIndex.MaxText})
            FROM emails e
            JOIN mail_state s ON s.id = e.id AND s.deleted_at IS NULL
            JOIN ledger l ON l.id = e.id
            LEFT JOIN LATERAL (SELECT category, confidence, reasoning, summary FROM verdicts WHERE mail_id = e.id AND expires_at > now() ORDER BY revision DESC LIMIT 1) v ON true
            WHERE e.id = ANY ($1) AND e.provider_user_id = ANY ($2) AND e.expires_at > now()
            """, connection)
        { Parameters = { new() { Value = hits.Hits.Select(h => h.MailId).ToArray() }, new() { Value = accounts } } };
        var order = hits.Hits.Select((h, i) => (h, i)).ToDictionary(p => p.h.MailId, p => p.i);
        var items = new List<(int Place, SearchItem Item)>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var place = order[row.GetGuid(0)];
            var hit = hits.Hits[place];
            string? Text(int i) => row.IsDBNull(i) ? null : row.GetString(i);
            var mail = new MailItem(
                row.GetGuid(0), row.GetString(1), row.GetGuid(2), Text(3), Text(4), row.GetString(5), row.GetFieldValue<DateTimeOffset>(6), Text(7),
                row.IsDBNull(8) ? null : Math.Round(row.GetFloat(8), 3), Text(9), Text(10), row.GetFieldValue<string[]>(11), Text(12));
            items.Add((place, new(
                mail, row.GetBoolean(13), Marking.Passage(row.GetString(14), hit.Passage is { } p ? (p.Start, p.Length) : null, hits.Terms), Marking.Of(mail.Subject, hits.Terms),
                Math.Round(hit.Score, 6), hit.WordPlace is { } w ? new(w, Math.Round(hit.WordScore ?? 0, 4), null) : null,
                hit.VectorPlace is { } v ? new(v, Math.Round(hit.Passage?.Score ?? 0, 4), hit.Model) : null)));
        }

        return [.. items.OrderBy(i => i.Place).Select(i => i.Item)];
    }
}
