using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Responder;

/// <summary>A row of <c>replies</c> as the responder reads it.</summary>
/// <param name="State">intended, sending, created, removed, suppressed or unknown.</param>
/// <param name="GeneratedReply">The reply's own text, without the quoted original.</param>
/// <param name="ThreadId">The provider's thread.</param>
/// <param name="SendKey">Who may report the outcome of the last sending.</param>
/// <param name="StartHistoryId">The account's history id before that sending.</param>
/// <param name="DraftId">The draft, once it is known.</param>
/// <param name="ContentHash">What Butler wrote, as a hash that survives rewritten headers.</param>
/// <param name="Sends">Sendings so far that were not refused.</param>
/// <param name="CorrelationId">From the API call to the draft.</param>
/// <param name="UntilSettled">In <c>sending</c>: how long the row is still left alone, by the database's clock; negative when that is over.</param>
public sealed record Reply(
    string State, string GeneratedReply, string ThreadId, Guid? SendKey, ulong? StartHistoryId, string? DraftId, byte[]? ContentHash, int Sends, Guid CorrelationId, TimeSpan UntilSettled);

/// <summary>A reply that is due.</summary>
public sealed record NewReply(Guid ProviderUserId, Guid MailId, string ThreadId, string GeneratedReply, string Intent, string Language, string ModelUsed, Guid CorrelationId);

/// <summary>A row that lies without a message.</summary>
public sealed record LostReply(Guid ProviderUserId, Guid MailId, Guid CorrelationId);

/// <summary>
/// The one writer of <c>replies</c>: <c>intended → sending → created | removed | suppressed | unknown</c> (MECHANICS 7). Every
/// move names the state it leaves and, out of <c>sending</c>, the key of the sending it speaks about: false means that another
/// handler was first, and that nothing has changed.
/// </summary>
public static class Replies
{
    /// <summary>Reads a row; null: none.</summary>
    /// <param name="source">The pool.</param>
    /// <param name="account">The account.</param>
    /// <param name="mail">The mail.</param>
    /// <param name="settle">How long after <c>send_before</c> a sending is left alone.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<Reply?> FindAsync(NpgsqlDataSource source, Guid account, Guid mail, TimeSpan settle, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var command = source.CreateCommand("""
            SELECT state, generated_reply, thread_id, send_key, start_history_id, draft_id, content_hash, sends, correlation_id,
              coalesce(extract(epoch FROM send_before + $3 - now()), 0)::float8
            FROM replies WHERE provider_user_id = $1 AND mail_id = $2 AND expires_at > now()
            """);
        Add(command, account, mail, settle);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return !await reader.ReadAsync(cancellationToken) ? null : new Reply(
            reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetGuid(3), reader.IsDBNull(4) ? null : (ulong)reader.GetInt64(4),
            reader.IsDBNull(5) ? null : reader.GetString(5), reader.IsDBNull(6) ? null : reader.GetFieldValue<byte[]>(6), reader.GetInt32(7), reader.GetGuid(8),
            TimeSpan.FromSeconds(reader.GetDouble(9)));
    }

    /// <summary>The beginning: a reply is due. Unique per mail: false when there is a row already, or the mail has expired.</summary>
    public static async Task<bool> IntendAsync(NpgsqlConnection connection, NewReply reply, CancellationToken cancellationToken)
    {
        // The reply expires with its mail. Its unique key holds the expiry, so the lock on the mail's row also keeps two from beginning.
        var (expiry, isOver) = await Ledger.ExpiryAsync(connection, reply.MailId, cancellationToken);
        return !isOver && await RunAsync(connection, """
            INSERT INTO replies (mail_id, expires_at, provider_user_id, state, generated_reply, intent, language, model_used, thread_id, correlation_id)
            SELECT $2, $9, $1, 'intended', $3, $4, $5, $6, $7, $8 WHERE NOT EXISTS (SELECT FROM replies WHERE provider_user_id = $1 AND mail_id = $2) ON CONFLICT DO NOTHING
            """, cancellationToken, reply.ProviderUserId, reply.MailId, DbText.Clean(reply.GeneratedReply, DbText.MaxText), reply.Intent, reply.Language, reply.ModelUsed,
            DbText.Clean(reply.ThreadId, DbText.MaxHeader), reply.CorrelationId, expiry?.UtcDateTime ?? DateTime.MaxValue);
    }

    /// <summary>intended → sending. Only the caller that gets true may send, once, and only before <paramref name="window"/> is over.</summary>
    public static Task<bool> BeginSendAsync(
        NpgsqlConnection connection, Guid account, Guid mail, Guid key, ulong historyId, TimeSpan window, byte[] contentHash, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            UPDATE replies SET state = 'sending', reason = NULL, send_key = $3, start_history_id = $4, send_before = now() + $5, content_hash = $6, sends = sends + 1, updated_at = now()
            WHERE provider_user_id = $1 AND mail_id = $2 AND state = 'intended'
            """, cancellationToken, account, mail, key, checked((long)historyId), window, contentHash);

    /// <summary>sending → intended: it is certain that this sending created nothing.</summary>
    /// <param name="connection">In the caller's transaction.</param>
    /// <param name="account">The account.</param>
    /// <param name="mail">The mail.</param>
    /// <param name="key">The sending.</param>
    /// <param name="counted">Whether it counts as one that Gmail did not carry out; a refused one does not.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static Task<bool> NotSentAsync(NpgsqlConnection connection, Guid account, Guid mail, Guid key, bool counted, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            UPDATE replies SET state = 'intended', sends = sends - CASE WHEN $4 THEN 0 ELSE 1 END, updated_at = now()
            WHERE provider_user_id = $1 AND mail_id = $2 AND state = 'sending' AND send_key = $3
            """, cancellationToken, account, mail, key, counted);

    /// <summary>sending → created. A further try that finds the draft of an earlier one (same key) may come from intended.</summary>
    public static Task<bool> CreatedAsync(NpgsqlConnection connection, Guid account, Guid mail, Guid key, string draftId, string draftMessageId, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            UPDATE replies SET state = 'created', reason = NULL, draft_id = $4, draft_message_id = $5, updated_at = now()
            WHERE provider_user_id = $1 AND mail_id = $2 AND state IN ('sending', 'intended') AND send_key = $3
            """, cancellationToken, account, mail, key, draftId, draftMessageId);

    /// <summary>As <see cref="CreatedAsync"/>, with a draft that was found, not answered. False also when another mail's reply has that draft: two mails of a thread may be answered in the same words.</summary>
    public static async Task<bool> AdoptAsync(NpgsqlConnection connection, Guid account, Guid mail, Guid key, string draftId, string draftMessageId, CancellationToken cancellationToken)
    {
        // One adoption of an account at a time, so that each sees what the other took.
        await using (var lockAccount = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtextextended('draft ' || $1::text, 0))", connection) { Parameters = { new() { Value = account } } })
        {
            await lockAccount.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var taken = new NpgsqlCommand("SELECT EXISTS (SELECT FROM replies WHERE provider_user_id = $1 AND mail_id <> $2 AND draft_id = $3)", connection))
        {
            Add(taken, account, mail, draftId);
            if (await taken.ExecuteScalarAsync(cancellationToken) is true)
            {
                return false;
            }
        }

        return await CreatedAsync(connection, account, mail, key, draftId, draftMessageId, cancellationToken);
    }

    /// <summary>The drafts of an account that are other mails' replies, with the ids of their messages.</summary>
    public static async Task<IReadOnlyList<(string DraftId, string MessageId)>> OthersAsync(NpgsqlDataSource source, Guid account, Guid mail, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var command = source.CreateCommand("""
            SELECT draft_id, coalesce(draft_message_id, '') FROM replies WHERE provider_user_id = $1 AND mail_id <> $2 AND draft_id IS NOT NULL
            """);
        Add(command, account, mail);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var others = new List<(string, string)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            others.Add((reader.GetString(0), reader.GetString(1)));
        }

        return others;
    }

    /// <summary>
    /// intended → created without a draft anywhere else, for accounts whose mailbox takes none (files): the text is the draft. Also renews
    /// the text of one that is kept.
    /// </summary>
    public static Task<bool> KeepAsync(NpgsqlConnection connection, NewReply reply, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            UPDATE replies SET state = 'created', reason = NULL, generated_reply = $3, intent = $4, language = $5, model_used = $6, updated_at = now()
            WHERE provider_user_id = $1 AND mail_id = $2 AND state IN ('intended', 'created') AND draft_id IS NULL AND send_key IS NULL
            """, cancellationToken, reply.ProviderUserId, reply.MailId, DbText.Clean(reply.GeneratedReply, DbText.MaxText), reply.Intent, reply.Language, reply.ModelUsed);

    /// <summary>sending → removed: the draft was created and is gone since (sent or deleted by the owner).</summary>
    public static Task<bool> RemovedAsync(NpgsqlConnection connection, Guid account, Guid mail, Guid key, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            UPDATE replies SET state = 'removed', reason = 'draft_gone', updated_at = now()
            WHERE provider_user_id = $1 AND mail_id = $2 AND state IN ('sending', 'created') AND send_key = $3
            """, cancellationToken, account, mail, key);

    /// <summary>intended → suppressed: no draft after all, and why.</summary>
    public static Task<bool> SuppressAsync(NpgsqlConnection connection, Guid account, Guid mail, string reason, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            UPDATE replies SET state = 'suppressed', reason = $3, updated_at = now() WHERE provider_user_id = $1 AND mail_id = $2 AND state = 'intended'
            """, cancellationToken, account, mail, reason);

    /// <summary>sending → unknown, and the owner is told: nobody can say whether there is a draft, so none is ever sent again.</summary>
    public static Task<bool> UnknownAsync(NpgsqlConnection connection, Guid account, Guid mail, Guid key, string reason, string tell, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            WITH moved AS (
              UPDATE replies SET state = 'unknown', reason = $4, updated_at = now()
              WHERE provider_user_id = $1 AND mail_id = $2 AND state = 'sending' AND send_key = $3 RETURNING provider_user_id)
            INSERT INTO user_events (id, app_user_id, provider_user_id, kind, message)
            SELECT $5, p.app_user_id, p.id, 'draft_unknown', $6 FROM moved JOIN provider_users p ON p.id = moved.provider_user_id
            """, cancellationToken, account, mail, key, reason, Guid.CreateVersion7(), tell);

    /// <summary>created → created with new content; guarded by the content that was replaced.</summary>
    public static Task<bool> ReplacedAsync(
        NpgsqlConnection connection, NewReply reply, byte[] oldHash, byte[] newHash, string draftId, string draftMessageId, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            UPDATE replies SET reason = NULL, generated_reply = $3, intent = $4, language = $5, model_used = $6, content_hash = $8, draft_id = $9, draft_message_id = $10, updated_at = now()
            WHERE provider_user_id = $1 AND mail_id = $2 AND state = 'created' AND content_hash = $7
            """, cancellationToken, reply.ProviderUserId, reply.MailId, DbText.Clean(reply.GeneratedReply, DbText.MaxText), reply.Intent, reply.Language, reply.ModelUsed,
            oldHash, newHash, draftId, draftMessageId);

    /// <summary>created stays created; why its draft was left alone.</summary>
    public static Task<bool> LeftAloneAsync(NpgsqlConnection connection, Guid account, Guid mail, string reason, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            UPDATE replies SET reason = $3, updated_at = now() WHERE provider_user_id = $1 AND mail_id = $2 AND state = 'created'
            """, cancellationToken, account, mail, reason);

    /// <summary>
    /// Open rows that nobody works at: no message on its way, untouched for <paramref name="age"/>, and not given up as a dead letter
    /// that waits for its replay.
    /// </summary>
    public static async Task<IReadOnlyList<LostReply>> LostAsync(NpgsqlConnection connection, TimeSpan age, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            UPDATE replies r SET updated_at = now() FROM (
              SELECT l.provider_user_id, l.mail_id, l.expires_at FROM replies l
              WHERE l.state IN ('intended', 'sending') AND l.updated_at < now() - $1 AND l.expires_at > now()
                AND NOT EXISTS (SELECT FROM outbox o WHERE o.provider_user_id = l.provider_user_id AND o.kind = 'DraftReply' AND o.body->>'mail_id' = l.mail_id::text)
                AND NOT EXISTS (SELECT FROM failed_tasks f WHERE f.provider_user_id = l.provider_user_id AND f.task = 'DraftReply' AND f.resolved_at IS NULL
                  AND f.message->>'mail_id' = l.mail_id::text)
              ORDER BY l.updated_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS lost
            WHERE r.provider_user_id = lost.provider_user_id AND r.mail_id = lost.mail_id AND r.expires_at = lost.expires_at
            RETURNING r.provider_user_id, r.mail_id, r.correlation_id
            """, connection);
        Add(command, age, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var lost = new List<LostReply>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lost.Add(new(reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2)));
        }

        return lost;
    }

    private static async Task<bool> RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        Add(command, values);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private static void Add(NpgsqlCommand command, params object[] values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(value is TimeSpan ? new() { Value = value, NpgsqlDbType = NpgsqlDbType.Interval } : new() { Value = value });
        }
    }
}
