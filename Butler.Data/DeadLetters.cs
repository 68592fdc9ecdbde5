using Npgsql;
using NpgsqlTypes;

namespace Butler.Data;

/// <summary>A dead letter to record; ids and errors only, never mail content.</summary>
public sealed record DeadLetter(string Task, Guid? ProviderUserId, Guid? LedgerId, Guid? SyncId, string Message, string Error, string? StackTrace)
{
    /// <summary>Of a message: the queue it belongs to, so that it can be sent again.</summary>
    public string? Queue { get; init; }

    /// <summary>Of a message: its lane.</summary>
    public Lane? Lane { get; init; }
}

/// <summary>A dead message that is to be sent again.</summary>
public sealed record RetriedLetter(Guid Id, OutgoingMessage? Message);

/// <summary>
/// The one writer of <c>failed_tasks</c>. A failure is open until its work is done or somebody resolves it; what dies again after a retry
/// is the same failure.
/// </summary>
public static class DeadLetters
{
    /// <summary>Records dead letters in one statement.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        // Sorted by the unique key, and each key once: two unsorted inserts with ON CONFLICT deadlock.
        const string Sql = """
            INSERT INTO failed_tasks (id, task, provider_user_id, ledger_id, sync_id, message, error, stack_trace, queue, lane)
            SELECT DISTINCT ON (task, COALESCE(mail::text, md5(message::jsonb::text || COALESCE(account::text, '')))) id, task, account, mail, sync, message::jsonb, error, trace, queue, lane
            FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::smallint[])
              AS f(id, task, account, mail, sync, message, error, trace, queue, lane)
            ORDER BY task, COALESCE(mail::text, md5(message::jsonb::text || COALESCE(account::text, ''))), id
            ON CONFLICT (task, (COALESCE(ledger_id::text, md5(message::text || COALESCE(provider_user_id::text, ''))))) WHERE resolved_at IS NULL
              DO UPDATE SET error = EXCLUDED.error, stack_trace = EXCLUDED.stack_trace, died_at = now()
            """;
        if (letters.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new() { Value = letters.Select(_ => Guid.CreateVersion7()).ToArray() });
        command.Parameters.Add(new() { Value = letters.Select(l => l.Task).ToArray() });
        command.Parameters.Add(new() { Value = letters.Select(l => l.ProviderUserId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = letters.Select(l => l.LedgerId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = letters.Select(l => l.SyncId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = letters.Select(l => l.Message).ToArray() });
        command.Parameters.Add(new() { Value = letters.Select(l => DbText.Clean(l.Error, DbText.MaxError)).ToArray() });
        command.Parameters.Add(new() { Value = letters.Select(l => DbText.CleanOrNull(l.StackTrace, 8000)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = letters.Select(l => l.Queue).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = letters.Select(l => (short?)l.Lane).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Notes a retry of open failures and answers what to send for those that are messages. One whose retry is on its way already is left
    /// out, so that two callers send once. The ledger rows of those that are mails are reopened before, in the same transaction.
    /// </summary>
    public static async Task<List<RetriedLetter>> RetryAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE failed_tasks f SET retry_count = f.retry_count + 1, last_retry_at = now()
            FROM (SELECT id FROM failed_tasks WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) AS l
            WHERE f.id = l.id AND f.resolved_at IS NULL AND (f.last_retry_at IS NULL OR f.last_retry_at <= f.died_at)
            RETURNING f.id, f.task, f.queue, f.lane, f.message::text, f.provider_user_id
            """;
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = ids } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var letters = new List<RetriedLetter>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var message = reader.IsDBNull(2) || reader.IsDBNull(3) ? null
                : new OutgoingMessage(reader.GetString(2), (Lane)reader.GetInt16(3), reader.GetString(1), reader.GetString(4), reader.IsDBNull(5) ? null : reader.GetGuid(5), Guid.CreateVersion7());
            letters.Add(new(reader.GetGuid(0), message));
        }

        return letters;
    }

    /// <summary>Closes failures whose work is done since: the mail is closed and not dead, or the message was sent again and has not died.</summary>
    public static Task<int> SettleAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        CountAsync(connection, """
            UPDATE failed_tasks f SET resolved_at = now(), resolution = 'retried'
            FROM (SELECT id FROM failed_tasks WHERE resolved_at IS NULL ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) AS open
            WHERE f.id = open.id AND CASE
              WHEN f.ledger_id IS NOT NULL THEN EXISTS (SELECT FROM ledger l WHERE l.id = f.ledger_id AND l.state IN ('done', 'skipped', 'gone', 'expired'))
              ELSE f.last_retry_at > f.died_at
                AND NOT EXISTS (SELECT FROM outbox o WHERE o.kind = f.task AND o.provider_user_id IS NOT DISTINCT FROM f.provider_user_id AND o.body = f.message) END
            """, cancellationToken);

    /// <summary>Closes one open failure by hand; the mail, if it is about one, stays dead. False: it is not open.</summary>
    public static async Task<bool> ResolveAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        await CountAsync(connection, "UPDATE failed_tasks SET resolved_at = now(), resolution = 'by_hand' WHERE id = $1 AND resolved_at IS NULL", cancellationToken, id) > 0;

    /// <summary>Deletes failures whose retention is over: named ones, and those about these mails.</summary>
    public static Task<int> ForgetAsync(NpgsqlConnection connection, Guid[] ids, Guid[] mails, CancellationToken cancellationToken) =>
        CountAsync(connection, "DELETE FROM failed_tasks WHERE id = ANY ($1) OR ledger_id = ANY ($2)", cancellationToken, ids, mails);

    private static async Task<int> CountAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
