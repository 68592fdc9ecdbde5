using Npgsql;

namespace Butler.Data.Ingest;

/// <summary>A notification that arrived.</summary>
/// <param name="MessageId">Pub/Sub's id.</param>
/// <param name="Address">The mailbox, in any case.</param>
/// <param name="CorrelationId">Of the request that brought it.</param>
public readonly record struct PushArrival(string MessageId, string Address, Guid CorrelationId);

/// <summary>What recording a notification came to.</summary>
/// <param name="New">False: this message was recorded before.</param>
/// <param name="Known">Whether the address is an active account's.</param>
/// <param name="Sent">False although new and known: a message that has not begun stands for this one as well.</param>
public readonly record struct PushReceipt(bool New, bool Known, bool Sent);

/// <summary>
/// The one writer of <c>inbox</c>: notifications and the messages they cause in one statement, so in one commit and one round trip. What
/// Pub/Sub sends twice is one row (the only messages that need that: ours are idempotent by their moves, MECHANICS 5).
/// </summary>
public static class PushInbox
{
    /// <summary>How long an id is remembered: Pub/Sub keeps a message 7 days.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(8);

    /// <summary>A message due later than this does not stand for a new notification.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Records notifications. <paramref name="message"/> is sent for the account of an address unless one of its kind waits already that
    /// nobody has begun: whoever begins it later reads the change as well.
    /// </summary>
    /// <param name="dataSource">The database.</param>
    /// <param name="arrivals">The notifications; several may speak of one account or be the same one.</param>
    /// <param name="message">Packs the message; its body must depend on the account alone.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What became of each, in the order of <paramref name="arrivals"/>.</returns>
    public static async Task<PushReceipt[]> ReceiveAsync(
        NpgsqlDataSource dataSource, IReadOnlyList<PushArrival> arrivals, Func<Guid, OutgoingMessage> message, CancellationToken cancellationToken)
    {
        // The body is the same for every account but for its id, which the statement fills in. Ids are inserted in one order by all, so
        // that two processes that were sent the same ones do not wait for each other.
        const string Sql = """
            WITH asked AS MATERIALIZED (
              SELECT a.n, a.message_id, a.message, a.correlation, (
                SELECT p.id FROM provider_users p
                WHERE p.provider = 'gmail' AND lower(p.address) = lower(a.address) AND p.status = 'active' AND 'gmail' = ANY (p.services) ORDER BY p.created_at LIMIT 1) AS account
              FROM unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[]) WITH ORDINALITY AS a (message_id, address, message, correlation, n)),
            inserted AS (INSERT INTO inbox (message_id) SELECT DISTINCT message_id FROM asked ORDER BY message_id ON CONFLICT DO NOTHING RETURNING message_id),
            fresh AS MATERIALIZED (SELECT min(n) AS n FROM asked JOIN inserted USING (message_id) GROUP BY message_id),
            wanted AS MATERIALIZED (
              SELECT DISTINCT ON (account) n, account, message, correlation FROM asked JOIN fresh USING (n)
              WHERE account IS NOT NULL
                AND NOT EXISTS (SELECT FROM outbox o WHERE o.provider_user_id = account AND o.kind = $7 AND o.lease IS NULL AND o.due_at <= now() + $10)
              ORDER BY account, n),
            sent AS (
              INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id)
              SELECT message, $5, $6, $7, replace($8, $9, account::text)::jsonb, account, correlation FROM wanted)
            SELECT f.n IS NOT NULL, a.account IS NOT NULL, w.n IS NOT NULL FROM asked a LEFT JOIN fresh f USING (n) LEFT JOIN wanted w USING (n) ORDER BY a.n
            """;
        var packed = message(Guid.Empty);
        await using var command = dataSource.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = arrivals.Select(a => a.MessageId).ToArray() });
        command.Parameters.Add(new() { Value = arrivals.Select(a => a.Address).ToArray() });
        command.Parameters.Add(new() { Value = arrivals.Select(_ => Guid.CreateVersion7()).ToArray() });
        command.Parameters.Add(new() { Value = arrivals.Select(a => a.CorrelationId).ToArray() });
        command.Parameters.Add(new() { Value = packed.Queue });
        command.Parameters.Add(new() { Value = (short)packed.Lane });
        command.Parameters.Add(new() { Value = packed.Kind });
        command.Parameters.Add(new() { Value = packed.Body });
        command.Parameters.Add(new() { Value = Guid.Empty.ToString() });
        command.Parameters.Add(new() { Value = s_soon });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var receipts = new PushReceipt[arrivals.Count];
        for (var i = 0; await reader.ReadAsync(cancellationToken); i++)
        {
            receipts[i] = new(reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2));
        }

        return receipts;
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
