using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Classifier;

/// <summary>A mail that waits for a chat model's verdict.</summary>
/// <param name="MailId">The mail.</param>
/// <param name="ProviderUserId">Its account.</param>
/// <param name="Lane">The lane it came in.</param>
/// <param name="ReceivedAt">When it was received: the newest is judged first.</param>
/// <param name="CorrelationId">From the API call to the draft.</param>
public sealed record OpenJudging(Guid MailId, Guid ProviderUserId, Lane Lane, DateTimeOffset ReceivedAt, Guid CorrelationId)
{
    /// <summary>Who waits for it, if anybody does.</summary>
    public Guid? TaskId { get; init; }

    /// <summary>An existing draft is to be replaced.</summary>
    public bool Replace { get; init; }

    /// <summary>When its provisional verdict was given.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>
/// The one writer of <c>open_judgings</c>: exactly the mails whose newest verdict is provisional. The row is the truth, the message a
/// hint: a row without a message on its way (<c>sent_at</c> null) is given one when its turn comes.
/// </summary>
public static class Judgings
{
    private const string Columns = "mail_id, provider_user_id, lane, received_at, correlation_id, task_id, replace, created_at";

    /// <summary>Adds mails; of one that waits already only what is asked for is renewed.</summary>
    /// <param name="connection">In the caller's transaction.</param>
    /// <param name="mails">The mails, with the ledger's rows locked.</param>
    /// <param name="sent">Whether the caller sends their messages in this transaction.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task AddAsync(NpgsqlConnection connection, IReadOnlyCollection<OpenJudging> mails, bool sent, CancellationToken cancellationToken)
    {
        if (mails.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand("""
            INSERT INTO open_judgings AS j (mail_id, provider_user_id, lane, received_at, correlation_id, task_id, replace, sent_at)
            SELECT m.*, CASE WHEN $8 THEN now() END FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::uuid[], $6::uuid[], $7::bool[]) AS m(id, account, lane, received, correlation, task, again)
            ORDER BY m.id
            ON CONFLICT (mail_id) DO UPDATE SET task_id = coalesce(EXCLUDED.task_id, j.task_id), replace = EXCLUDED.replace OR j.replace, lane = GREATEST(EXCLUDED.lane, j.lane),
              sent_at = EXCLUDED.sent_at, not_before = '-infinity', created_at = now()
            """, connection)
        {
            Parameters =
            {
                new() { Value = mails.Select(m => m.MailId).ToArray() }, new() { Value = mails.Select(m => m.ProviderUserId).ToArray() },
                new() { Value = mails.Select(m => (short)m.Lane).ToArray() },
                new() { Value = mails.Select(m => m.ReceivedAt.UtcDateTime).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                new() { Value = mails.Select(m => m.CorrelationId).ToArray() },
                new() { Value = mails.Select(m => m.TaskId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
                new() { Value = mails.Select(m => m.Replace).ToArray() }, new() { Value = sent },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Takes the next that wait their turn and marks them as sent: new mail first, then one of each account after the other, each
    /// account's newest first. The caller sends their messages in the same transaction.
    /// </summary>
    public static async Task<List<OpenJudging>> TakeAsync(NpgsqlConnection connection, int count, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"""
            WITH RECURSIVE accounts AS (
              (SELECT provider_user_id AS id FROM open_judgings WHERE sent_at IS NULL ORDER BY provider_user_id LIMIT 1)
              UNION ALL
              SELECT (SELECT o.provider_user_id FROM open_judgings o WHERE o.sent_at IS NULL AND o.provider_user_id > a.id ORDER BY o.provider_user_id LIMIT 1) FROM accounts a WHERE a.id IS NOT NULL),
            next AS (
              SELECT n.mail_id FROM accounts a CROSS JOIN LATERAL (
                SELECT o.mail_id, o.lane, row_number() OVER (ORDER BY o.lane DESC, o.received_at DESC) AS place
                FROM (SELECT mail_id, lane, received_at FROM open_judgings WHERE provider_user_id = a.id AND sent_at IS NULL AND not_before <= now()
                  ORDER BY lane DESC, received_at DESC LIMIT $1) o) n
              WHERE a.id IS NOT NULL ORDER BY n.lane DESC, n.place LIMIT $1),
            locked AS (SELECT j.mail_id FROM open_judgings j JOIN next USING (mail_id) WHERE j.sent_at IS NULL FOR UPDATE OF j SKIP LOCKED)
            UPDATE open_judgings j SET sent_at = now() FROM locked WHERE j.mail_id = locked.mail_id RETURNING {string.Join(", ", Columns.Split(", ").Select(c => "j." + c))}
            """, connection) { Parameters = { new() { Value = count } } };
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Gives one back: it waits its turn again, after <paramref name="delay"/>.</summary>
    public static Task ReturnAsync(NpgsqlConnection connection, Guid mailId, TimeSpan delay, CancellationToken cancellationToken) =>
        RunAsync(connection, "UPDATE open_judgings SET sent_at = NULL, not_before = now() + $2, rounds = rounds + 1 WHERE mail_id = $1", cancellationToken, mailId, delay);

    /// <summary>Those that rest for at most so long yet wait their turn now. Returns how many.</summary>
    public static async Task<int> WakeAsync(NpgsqlConnection connection, TimeSpan within, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            UPDATE open_judgings SET not_before = now() WHERE mail_id IN (
              SELECT mail_id FROM open_judgings WHERE sent_at IS NULL AND not_before > now() AND not_before <= now() + $1 FOR UPDATE SKIP LOCKED)
            """, connection) { Parameters = { new() { Value = within } } };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends the waiting of one mail; null: somebody else was first. The ledger's row is locked.</summary>
    public static async Task<OpenJudging?> CloseAsync(NpgsqlConnection connection, Guid mailId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"DELETE FROM open_judgings WHERE mail_id = $1 RETURNING {Columns}", connection) { Parameters = { new() { Value = mailId } } };
        return (await ReadAsync(command, cancellationToken)).FirstOrDefault();
    }

    /// <summary>Rows that say a message is on its way for longer than <paramref name="age"/>, and there is none: they wait their turn again.</summary>
    public static async Task<int> RecoverAsync(NpgsqlConnection connection, TimeSpan age, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            UPDATE open_judgings j SET sent_at = NULL WHERE mail_id IN (
              SELECT mail_id FROM open_judgings o WHERE o.sent_at < now() - $1
                AND NOT EXISTS (SELECT FROM outbox m WHERE m.provider_user_id = o.provider_user_id AND m.kind = 'JudgeMail' AND m.body->>'mail_id' = o.mail_id::text)
              ORDER BY o.sent_at LIMIT 500 FOR UPDATE SKIP LOCKED)
            """, connection) { Parameters = { new() { Value = age } } };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Nobody is left to ask (no provider is configured any more): the local verdicts stand. Returns how many mails; call again until none.
    /// </summary>
    public static async Task<int> SettleAsync(NpgsqlConnection connection, int count, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            WITH closed AS (DELETE FROM open_judgings WHERE mail_id IN (SELECT mail_id FROM open_judgings ORDER BY mail_id LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING mail_id),
            final AS (UPDATE verdicts v SET provisional = false FROM closed WHERE v.mail_id = closed.mail_id AND v.provisional)
            SELECT count(*)::int FROM closed
            """, connection) { Parameters = { new() { Value = count } } };
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>How many mails are being judged or are due now.</summary>
    public static async Task<int> UnderWayAsync(NpgsqlDataSource source, string queue, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var command = source.CreateCommand("SELECT count(*)::int FROM outbox WHERE queue = $1 AND lane = 2 AND kind = 'JudgeMail' AND (lease IS NOT NULL OR due_at <= now())");
        command.Parameters.Add(new() { Value = queue });
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>How many mails wait for a verdict.</summary>
    public static async Task<long> CountAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var command = source.CreateCommand("SELECT count(*) FROM open_judgings");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<List<OpenJudging>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var mails = new List<OpenJudging>();
        while (await row.ReadAsync(cancellationToken))
        {
            mails.Add(new(row.GetGuid(0), row.GetGuid(1), (Lane)row.GetInt16(2), row.GetFieldValue<DateTimeOffset>(3), row.GetGuid(4))
            {
                TaskId = row.IsDBNull(5) ? null : row.GetGuid(5),
                Replace = row.GetBoolean(6),
                CreatedAt = row.GetFieldValue<DateTimeOffset>(7),
            });
        }

        return mails;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
