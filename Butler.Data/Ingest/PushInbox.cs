using Npgsql;

namespace Butler.Data.Ingest;

/// <summary>What recording a notification came to.</summary>
/// <param name="New">False: this message was recorded before.</param>
/// <param name="Known">Whether the address is an active account's.</param>
/// <param name="Sent">False although new and known: a message that has not begun stands for this one as well.</param>
public readonly record struct PushReceipt(bool New, bool Known, bool Sent);

/// <summary>
/// The one writer of <c>inbox</c>: a notification and the message it causes in one statement, so in one commit and one round trip. What
/// Pub/Sub sends twice is one row (the only messages that need that: ours are idempotent by their moves, MECHANICS 5).
/// </summary>
public static class PushInbox
{
    /// <summary>How long an id is remembered: Pub/Sub keeps a message 7 days.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(8);

    /// <summary>A message due later than this does not stand for a new notification.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Records a notification. <paramref name="message"/> is sent for the account of the address unless one of its kind waits already
    /// that nobody has begun: whoever begins it later reads the change as well.
    /// </summary>
    /// <param name="dataSource">The database.</param>
    /// <param name="messageId">Pub/Sub's id.</param>
    /// <param name="address">The mailbox, in any case.</param>
    /// <param name="message">Packs the message; its body must depend on the account alone.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<PushReceipt> ReceiveAsync(
        NpgsqlDataSource dataSource, string messageId, string address, Func<Guid, OutgoingMessage> message, CancellationToken cancellationToken)
    {
        // The body is the same for every account but for its id, which the statement fills in.
        const string Sql = """
            WITH fresh AS (INSERT INTO inbox (message_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1),
            account AS (
              SELECT id FROM provider_users
              WHERE provider = 'gmail' AND lower(address) = lower($2) AND status = 'active' AND 'gmail' = ANY (services) ORDER BY created_at LIMIT 1),
            sent AS (
              INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id)
              SELECT $3, $4, $5, $6, replace($7, $8, account.id::text)::jsonb, account.id, $9 FROM fresh, account
              WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.provider_user_id = account.id AND o.kind = $6 AND o.lease IS NULL AND o.due_at <= now() + $10)
              RETURNING 1)
            SELECT EXISTS (SELECT FROM fresh), EXISTS (SELECT FROM account), EXISTS (SELECT FROM sent)
            """;
        var packed = message(Guid.Empty);
        await using var command = dataSource.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = messageId });
        command.Parameters.Add(new() { Value = address });
        command.Parameters.Add(new() { Value = Guid.CreateVersion7() });
        command.Parameters.Add(new() { Value = packed.Queue });
        command.Parameters.Add(new() { Value = (short)packed.Lane });
        command.Parameters.Add(new() { Value = packed.Kind });
        command.Parameters.Add(new() { Value = packed.Body });
        command.Parameters.Add(new() { Value = Guid.Empty.ToString() });
        command.Parameters.Add(new() { Value = packed.CorrelationId });
        command.Parameters.Add(new() { Value = s_soon });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2));
    }

    /// <summary>Forgets what Pub/Sub cannot send again. Returns how many.</summary>
    public static async Task<int> ForgetAsync(NpgsqlDataSource dataSource, int limit, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("DELETE FROM inbox WHERE message_id IN (SELECT message_id FROM inbox WHERE received_at < now() - $1 ORDER BY received_at LIMIT $2)");
        command.Parameters.Add(new() { Value = Kept });
        command.Parameters.Add(new() { Value = limit });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
