using Butler.ServiceDefaults.Access;
using Npgsql;

namespace Butler.Progress.Reads;

/// <summary>The body of <c>GET /api/v1/email-sync/stats</c>.</summary>
internal sealed record StatsBody(
    string Scope, IReadOnlyDictionary<string, long> Jobs, IReadOnlyDictionary<string, long> Mails, double MailsPerSecond, double? OldestWaitingSeconds);

internal sealed class StatsReader(VisibleData data)
{
    private const string Mine = "provider_user_id = ANY (SELECT id FROM provider_users WHERE app_user_id = $1)";

    public Task<StatsBody> ReadAsync(Caller caller, CancellationToken cancellationToken) =>
        data.ReadAsync(connection => ReadAsync(connection, caller, cancellationToken), cancellationToken);

    private static async Task<StatsBody> ReadAsync(NpgsqlConnection connection, Caller caller, CancellationToken cancellationToken)
    {
        // Admins read everything (AccessRule); the two statements differ only in the filter.
        var all = caller.IsAdmin;
        var filter = all ? "$1::uuid IS NOT NULL" : Mine;
        var jobs = new Dictionary<string, long> { ["pending"] = 0, ["processing"] = 0, ["completed"] = 0, ["failed"] = 0 };
        var mails = new[] { "listed", "stored", "done", "skipped", "gone", "dead", "expired" }.ToDictionary(s => s, _ => 0L);
        await EachAsync(connection, $"SELECT CASE status WHEN 'in_progress' THEN 'processing' ELSE status END, count(*) FROM sync_jobs WHERE {filter} GROUP BY 1", caller.UserId,
            row => jobs[row.GetString(0)] = row.GetInt64(1), cancellationToken);
        var closed = 0L;
        await EachAsync(connection, $"SELECT {LedgerReader.State}, count(*), count(*) FILTER (WHERE closed_at > now() - interval '5 minutes') FROM ledger WHERE {filter} GROUP BY 1", caller.UserId,
            row =>
            {
                mails[row.GetString(0)] = row.GetInt64(1);
                closed += row.GetInt64(2);
            }, cancellationToken);
        double? oldest = null;
        await EachAsync(connection, $"""
            SELECT extract(epoch FROM now() - min(l.listed_at))::float8 FROM ledger_open o JOIN ledger l ON l.id = o.id WHERE o.{(all ? "id IS NOT NULL AND $1::uuid IS NOT NULL" : Mine)}
            """, caller.UserId, row => oldest = row.IsDBNull(0) ? null : Math.Round(row.GetDouble(0), 1), cancellationToken);
        return new(all ? "all" : "own", jobs, mails, Math.Round(closed / 300.0, 2), oldest);
    }

    /// <summary>
    /// How long the longest-due message waits untaken; zero when none does. For the workers' health. Bulk work may wait its
    /// turn, so it counts a tenth.
    /// </summary>
    public Task<TimeSpan> OldestDueAsync(CancellationToken cancellationToken) =>
        data.ReadAsync("SELECT butler_oldest_due()", [], async row =>
            await row.ReadAsync(cancellationToken) && !row.IsDBNull(0) ? row.GetTimeSpan(0) : TimeSpan.Zero, cancellationToken);

    /// <summary>off, healthy or degraded.</summary>
    public Task<string> ChatHealthAsync(CancellationToken cancellationToken) =>
        data.ReadAsync("SELECT butler_chat_health()", [], async row => await row.ReadAsync(cancellationToken) ? row.GetString(0) : "off", cancellationToken);

    private static async Task EachAsync(NpgsqlConnection connection, string sql, Guid user, Action<NpgsqlDataReader> row, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = user } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            row(reader);
        }
    }
}
