using Npgsql;
using NpgsqlTypes;

namespace Butler.Data;

/// <summary>The moves of retention (docs/retention.md).</summary>
public static partial class Ledger
{
    /// <summary>
    /// Any → expired: the content of these mails is over and goes in the same transaction. Moves only what is due, and of mails that were
    /// never stored only dead ones, whose dead letter is over. The sync is named where the mail was still open, because it counts then.
    /// </summary>
    public static Task<List<MovedMail>> ExpireAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH due AS (
              SELECT id, state FROM ledger WHERE id = ANY ($1) AND ((expires_at <= now() AND state NOT IN ('listed', 'expired')) OR (state = 'dead' AND stored_at IS NULL))),
            moved AS (
              UPDATE ledger t SET state = 'expired', reason = 'retention', closed_at = COALESCE(t.closed_at, now()), expires_at = LEAST(t.expires_at, now()) FROM due
              WHERE t.id = due.id RETURNING t.id, CASE WHEN due.state = 'stored' THEN t.sync_id END AS sync_id, t.expires_at),
            closed AS (DELETE FROM ledger_open o USING moved WHERE o.id = moved.id)
            SELECT id, sync_id, expires_at FROM moved
            """;
        return MoveAsync(connection, Sql, cancellationToken, ids);
    }

    /// <summary>
    /// The next stored mails of an account whose expiry is not what its retention says now, by ledger id after <paramref name="after"/>;
    /// their rows are locked and bear the new expiry.
    /// </summary>
    public static async Task<List<Rescheduled>> RescheduleAsync(NpgsqlConnection connection, Guid providerUserId, int days, Guid after, int count, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH l AS MATERIALIZED (
              SELECT id, stored_at + make_interval(hours => 24 * NULLIF($2, 0)) AS target FROM ledger
              WHERE provider_user_id = $1 AND id > $3 AND stored_at IS NOT NULL AND state NOT IN ('listed', 'expired')
                AND expires_at IS DISTINCT FROM stored_at + make_interval(hours => 24 * NULLIF($2, 0))
              ORDER BY id LIMIT $4 FOR NO KEY UPDATE)
            UPDATE ledger t SET expires_at = l.target FROM l WHERE t.id = l.id RETURNING t.id, t.expires_at, COALESCE(t.expires_at <= now(), false)
            """;
        await using var command = new NpgsqlCommand(Sql, connection)
        {
            Parameters = { new() { Value = providerUserId }, new() { Value = days, NpgsqlDbType = NpgsqlDbType.Integer }, new() { Value = after }, new() { Value = count } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<Rescheduled>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new(reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<DateTimeOffset>(1), reader.GetBoolean(2)));
        }

        return [.. rows.OrderBy(r => r.Id)];
    }

    /// <summary>
    /// Locks one mail's row and answers when its content expires (null: never), for content that is written for it later. Nothing is
    /// written for a mail that is over: <c>IsOver</c>.
    /// </summary>
    public static async Task<(DateTimeOffset? ExpiresAt, bool IsOver)> ExpiryAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT expires_at, state = 'expired' OR COALESCE(expires_at <= now(), false) FROM ledger WHERE id = $1 FOR NO KEY UPDATE", connection) { Parameters = { new() { Value = id } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.IsDBNull(0) ? null : reader.GetFieldValue<DateTimeOffset>(0), reader.GetBoolean(1)) : (null, false);
    }
}
