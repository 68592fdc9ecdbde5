using Npgsql;

namespace Butler.Data;

/// <summary>
/// The one writer of <c>slots</c>: at most one batch in flight per account and lane (MECHANICS 3). Whoever makes mails
/// fetchable wakes the slot; a batch advances it and sends the next message in the same commit; a redelivered message
/// finds another number and changes nothing.
/// </summary>
public static class Slots
{
    /// <summary>Wakes an idle slot. Returns the number the new message must carry, or null when one is already on its way.</summary>
    public static Task<long?> WakeAsync(NpgsqlConnection connection, Guid providerUserId, Lane lane, CancellationToken cancellationToken) =>
        ScalarAsync(connection, """
            INSERT INTO slots AS s (provider_user_id, lane, seq, state) VALUES ($1, $2, 1, 'pending')
            ON CONFLICT (provider_user_id, lane) DO UPDATE SET seq = s.seq + 1, state = 'pending' WHERE s.state = 'idle'
            RETURNING seq
            """, cancellationToken, providerUserId, (short)lane);

    /// <summary>Takes the slot for the batch numbered <paramref name="seq"/>; null: the message is a duplicate, roll back.</summary>
    public static Task<long?> AdvanceAsync(NpgsqlConnection connection, Guid providerUserId, Lane lane, long seq, CancellationToken cancellationToken) =>
        ScalarAsync(connection, """
            UPDATE slots SET seq = seq + 1 WHERE provider_user_id = $1 AND lane = $2 AND seq = $3 AND state = 'pending' RETURNING seq
            """, cancellationToken, providerUserId, (short)lane, seq);

    /// <summary>Whether a message numbered <paramref name="seq"/> is the current one (a cheap look before any work).</summary>
    public static async Task<bool> IsCurrentAsync(NpgsqlConnection connection, Guid providerUserId, Lane lane, long seq, CancellationToken cancellationToken) =>
        await ScalarAsync(connection, """
            SELECT seq FROM slots WHERE provider_user_id = $1 AND lane = $2 AND seq = $3 AND state = 'pending'
            """, cancellationToken, providerUserId, (short)lane, seq) is not null;

    /// <summary>Locks the slot, where there is one, for a caller that goes on to the ledger (lock order: slot, then ledger).</summary>
    public static Task LockAsync(NpgsqlConnection connection, Guid providerUserId, Lane lane, CancellationToken cancellationToken) =>
        ScalarAsync(connection, """
            SELECT seq FROM slots WHERE provider_user_id = $1 AND lane = $2 FOR NO KEY UPDATE
            """, cancellationToken, providerUserId, (short)lane);

    /// <summary>Sets the slot idle; the caller has advanced it (so holds its lock) and looked once more.</summary>
    public static Task IdleAsync(NpgsqlConnection connection, Guid providerUserId, Lane lane, CancellationToken cancellationToken) =>
        ScalarAsync(connection, """
            UPDATE slots SET state = 'idle' WHERE provider_user_id = $1 AND lane = $2 RETURNING seq
            """, cancellationToken, providerUserId, (short)lane);

    private static async Task<long?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }
}
