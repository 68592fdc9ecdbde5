using Butler.Data.Ingest;
using Butler.ServiceDefaults.Errors;
using Npgsql;

namespace Butler.Progress.Reads;

/// <summary>Reads the ledger of accounts that the caller was checked for: what is recorded, and where one mail is.</summary>
internal sealed class LedgerReader(VisibleData data)
{
    private static readonly string[] s_open = ["listed", "stored"];

    /// <summary>A mail's state as it is shown: expired from the moment it expires, though its row is closed as that a little later.</summary>
    public const string State = "CASE WHEN expires_at <= now() THEN 'expired' ELSE state END";

    /// <summary>Counts by state and week.</summary>
    public async Task<LedgerBody> CountAsync(Guid account, CancellationToken cancellationToken)
    {
        var rows = await data.ReadAsync($"""
            SELECT {State}, date_trunc('week', received_at AT TIME ZONE 'UTC')::date, count(*) FROM ledger WHERE provider_user_id = $1 GROUP BY 1, 2 ORDER BY 2 DESC NULLS FIRST, 1
            """, [new() { Value = account }], async row =>
        {
            var counts = new List<(string State, DateOnly? Week, long Count)>();
            while (await row.ReadAsync(cancellationToken))
            {
                counts.Add((row.GetString(0), row.IsDBNull(1) ? null : row.GetFieldValue<DateOnly>(1), row.GetInt64(2)));
            }

            return counts;
        }, cancellationToken);
        var states = rows.GroupBy(r => r.State).ToDictionary(g => g.Key, g => g.Sum(r => r.Count));
        var weeks = rows.GroupBy(r => r.Week).Select(g => new LedgerWeek(g.Key, g.Sum(r => r.Count), g.ToDictionary(r => r.State, r => r.Count))).ToList();
        var audits = await AuditsAsync([account], cancellationToken);
        return new(account, states.Values.Sum(), s_open.Sum(s => states.GetValueOrDefault(s)), states, weeks, AuditCounts.Recorded(states), audits.GetValueOrDefault(account));
    }

    /// <summary>For the page: what is recorded of each account, and its newest audit.</summary>
    public async Task<Dictionary<Guid, Completeness>> CompletenessAsync(Guid[] accounts, CancellationToken cancellationToken)
    {
        var counts = await data.ReadAsync($"SELECT provider_user_id, {State}, count(*) FROM ledger WHERE provider_user_id = ANY ($1) GROUP BY 1, 2", [new() { Value = accounts }], async row =>
        {
            var rows = new List<(Guid Account, string State, long Count)>();
            while (await row.ReadAsync(cancellationToken))
            {
                rows.Add((row.GetGuid(0), row.GetString(1), row.GetInt64(2)));
            }

            return rows.ToLookup(r => r.Account);
        }, cancellationToken);
        var audits = await AuditsAsync(accounts, cancellationToken);
        return accounts.Where(counts.Contains).ToDictionary(a => a, a => new Completeness(
            AuditCounts.Recorded(counts[a].ToDictionary(c => c.State, c => c.Count)), audits.GetValueOrDefault(a)));
    }

    /// <summary>Where one mail is: 404 when the ledger does not know it.</summary>
    public Task<LedgerMailBody> FindAsync(Guid account, string emailId, CancellationToken cancellationToken) =>
        data.ReadAsync(async connection =>
        {
            LedgerMailBody mail;
            var steps = new List<LedgerStep>();
            await using (var command = new NpgsqlCommand($"""
                SELECT id, provider_message_id, {State}, reason, attempts, not_before, sync_id, received_at, correlation_id, listed_at, stored_at, closed_at, expires_at
                FROM ledger WHERE provider_user_id = $1 AND provider_message_id = $2
                """, connection)
            { Parameters = { new() { Value = account }, new() { Value = emailId } } })
            await using (var row = await command.ExecuteReaderAsync(cancellationToken))
            {
                if (!await row.ReadAsync(cancellationToken))
                {
                    throw ApiErrors.NotFound("mail");
                }

                DateTimeOffset? Time(int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
                var (state, reason) = (row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3));
                mail = new(
                    row.GetGuid(0), row.GetString(1), account, state, Words(state, reason), reason, row.GetInt16(4), s_open.Contains(state) ? Time(5) : null,
                    row.IsDBNull(6) ? null : row.GetGuid(6), Time(7), row.GetGuid(8), steps);
                steps.Add(new(Time(9)!.Value, "listed", null));
                if (Time(10) is { } stored)
                {
                    steps.Add(new(stored, "stored", null));
                }

                if (Time(11) is { } closed && state == "done")
                {
                    steps.Add(new(closed, "done", null));
                }

                if (state == "expired" && (Time(12) ?? Time(11)) is { } expired)
                {
                    steps.Add(new(expired, "expired", null));
                }
            }

            await using (var command = new NpgsqlCommand("SELECT created_at, kind, note FROM ledger_events WHERE ledger_id = $1 ORDER BY id LIMIT 200", connection) { Parameters = { new() { Value = mail.MailId } } })
            await using (var row = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await row.ReadAsync(cancellationToken))
                {
                    steps.Add(new(row.GetFieldValue<DateTimeOffset>(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2)));
                }
            }

            // Stable: what has one time stands in the order it was added.
            return mail with { History = [.. steps.OrderBy(s => s.At)] };
        }, cancellationToken);

    private static string Words(string state, string? reason) => state switch
    {
        "listed" => "Found; it waits to be fetched.",
        "stored" => "Fetched; it waits for its verdict.",
        "done" => "Read and judged.",
        "skipped" => reason == "sent" ? "Skipped: the owner sent it." : reason == "draft" ? "Skipped: it is a draft." : $"Skipped: {reason}.",
        "gone" => "Gone: it was deleted where it lay.",
        "dead" => "Failed, and given up until somebody tries it again.",
        _ => "Expired: its account's retention is over, and its content is erased here.",
    };

    private Task<Dictionary<Guid, AuditSummary>> AuditsAsync(Guid[] accounts, CancellationToken cancellationToken) =>
        data.ReadAsync("""
            SELECT DISTINCT ON (a.provider_user_id) a.provider_user_id, a.id, a.status, a.repair, a.at_provider, a.done, a.skipped, a.gone, a.dead, a.expired, a.open, a.missing, a.unlisted, a.deleted, a.repaired,
              a.retried, a.error, a.created_at, a.completed_at, p.provider
            FROM audits a JOIN provider_users p ON p.id = a.provider_user_id WHERE a.provider_user_id = ANY ($1) ORDER BY a.provider_user_id, a.created_at DESC
            """, [new() { Value = accounts }], async row =>
        {
            var audits = new Dictionary<Guid, AuditSummary>();
            while (await row.ReadAsync(cancellationToken))
            {
                var counts = new AuditCounts(
                    row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt64(13),
                    row.GetInt64(14), row.GetInt64(15));
                var status = row.GetString(2);
                audits[row.GetGuid(0)] = new(
                    row.GetGuid(1), status, row.GetBoolean(3), counts, status == "completed" ? counts.Words(row.GetString(19)) : null, row.IsDBNull(16) ? null : row.GetString(16),
                    row.GetFieldValue<DateTimeOffset>(17), row.IsDBNull(18) ? null : row.GetFieldValue<DateTimeOffset>(18));
            }

            return audits;
        }, cancellationToken);
}
