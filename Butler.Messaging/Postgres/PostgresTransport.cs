using Butler.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Messaging.Postgres;

/// <summary>
/// The embedded transport: the outbox is the queue. A claim sets the lease and moves <c>due_at</c> to its end, so an
/// abandoned message becomes due by itself; the database's clock judges.
/// </summary>
public sealed class PostgresTransport(NpgsqlDataSource dataSource, WakeUps wakeUps, IOptions<MessagingOptions> options) : ITransport
{
    /// <inheritdoc />
    public async Task<IReadOnlyList<Delivery>> ClaimAsync(string queue, IReadOnlyList<Lane> lanes, int count, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH due AS (
              SELECT id FROM outbox WHERE queue = $1 AND lane = $2 AND due_at <= now()
              ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
            UPDATE outbox o SET lease = $4, due_at = now() + $5, attempts = o.attempts + 1 FROM due WHERE o.id = due.id
            RETURNING o.id, o.lane, o.kind, o.body::text, o.provider_user_id, o.correlation_id, o.attempts, o.failures
            """;
        foreach (var lane in lanes)
        {
            var lease = Guid.CreateVersion7();
            await using var command = dataSource.CreateCommand(Sql);
            command.Parameters.Add(new() { Value = queue });
            command.Parameters.Add(new() { Value = (short)lane });
            command.Parameters.Add(new() { Value = count });
            command.Parameters.Add(new() { Value = lease });
            command.Parameters.Add(new() { Value = options.Value.Lease });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var deliveries = new List<Delivery>();
            while (await reader.ReadAsync(cancellationToken))
            {
                deliveries.Add(new(reader.GetGuid(0), queue, (Lane)reader.GetInt16(1), reader.GetString(2), reader.GetString(3),
                    reader.IsDBNull(4) ? null : reader.GetGuid(4), reader.GetGuid(5), reader.GetInt32(6), reader.GetInt32(7), lease));
            }

            if (deliveries.Count > 0)
            {
                return deliveries;
            }
        }

        return [];
    }

    /// <inheritdoc />
    public Task WaitAsync(string queue, IReadOnlyList<Lane> lanes, TimeSpan poll, CancellationToken cancellationToken) =>
        wakeUps.WaitAsync(queue, lanes, poll, cancellationToken);

    /// <inheritdoc />
    public async Task<IReadOnlySet<Guid>> RenewAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("""
            UPDATE outbox o SET due_at = now() + $3 FROM unnest($1::uuid[], $2::uuid[]) AS held(id, lease)
            WHERE o.id = held.id AND o.lease = held.lease AND o.due_at > now() RETURNING o.id
            """);
        command.Parameters.Add(new() { Value = deliveries.Select(d => d.Id).ToArray() });
        command.Parameters.Add(new() { Value = deliveries.Select(d => d.Lease).ToArray() });
        command.Parameters.Add(new() { Value = options.Value.Lease });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var held = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            held.Add(reader.GetGuid(0));
        }

        return held;
    }

    /// <inheritdoc />
    public Task<bool> CompleteAsync(Delivery delivery, CancellationToken cancellationToken) =>
        RunAsync("DELETE FROM outbox WHERE id = $1 AND lease = $2", cancellationToken, delivery.Id, delivery.Lease);

    /// <inheritdoc />
    public Task<bool> ReturnAsync(Delivery delivery, TimeSpan delay, bool countFailure, CancellationToken cancellationToken) =>
        RunAsync(
            """
            UPDATE outbox SET lease = NULL, due_at = now() + $3, failures = failures + CASE WHEN $4 THEN 1 ELSE 0 END,
              attempts = attempts - CASE WHEN $4 THEN 0 ELSE 1 END
            WHERE id = $1 AND lease = $2
            """, cancellationToken, delivery.Id, delivery.Lease, delay, countFailure);

    /// <inheritdoc />
    public async Task<bool> DeadAsync(Delivery delivery, string error, string? stackTrace, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var delete = new NpgsqlCommand("DELETE FROM outbox WHERE id = $1 AND lease = $2", connection)
        {
            Parameters = { new() { Value = delivery.Id }, new() { Value = delivery.Lease } },
        };
        if (await delete.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return false;
        }

        await DeadLetters.AddAsync(connection, [new(delivery.Kind, delivery.ProviderUserId, null, null, delivery.Body, error, stackTrace) { Queue = delivery.Queue, Lane = delivery.Lane }], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private async Task<bool> RunAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = dataSource.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }
}
