using Npgsql;
using NpgsqlTypes;

namespace Butler.Data;

/// <summary>The three lanes of the queue (MECHANICS 5).</summary>
public enum Lane : short
{
    /// <summary>Imports.</summary>
    Bulk = 0,

    /// <summary>New mail, drafts, what a person waits for.</summary>
    Live = 1,

    /// <summary>Calls of chat models.</summary>
    Model = 2,

    /// <summary>What nobody waits for: the search index of imported mail.</summary>
    Index = 3,
}

/// <summary>A message on its way out.</summary>
/// <param name="Queue">The service that handles it.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Kind">The name of the contract.</param>
/// <param name="Body">The contract as JSON: ids only, never mail content.</param>
/// <param name="ProviderUserId">The account it is about.</param>
/// <param name="CorrelationId">From the API call to the draft.</param>
/// <param name="Delay">How long it waits, by the database's clock.</param>
public sealed record OutgoingMessage(string Queue, Lane Lane, string Kind, string Body, Guid? ProviderUserId, Guid CorrelationId, TimeSpan Delay = default);

/// <summary>The one writer of new outbox rows; always inside the transaction of the state change that causes them.</summary>
public static class Outbox
{
    private const string Insert = """
        INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id, due_at)
        SELECT id, queue, lane, kind, body::jsonb, account, correlation, now() + delay
        FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::interval[])
          AS m(id, queue, lane, kind, body, account, correlation, delay)
        """;

    /// <summary>Adds a message unless one of its kind waits for the account already that nobody has begun.</summary>
    public static async Task<bool> AddUnlessWaitingAsync(NpgsqlConnection connection, OutgoingMessage message, CancellationToken cancellationToken)
    {
        const string Sql = """
            INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id, due_at)
            SELECT $1, $2, $3, $4, $5::jsonb, $6, $7, now() + $8
            WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.provider_user_id = $6 AND o.kind = $4 AND o.lease IS NULL AND o.due_at <= now() + $8)
            """;
        await using var command = Single(Sql, connection, message);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>
    /// Adds a delayed message, or puts the one of its kind off that waits for the account and would be due before. A message that is due by now, or is
    /// tried again much later, does not stand for it.
    /// </summary>
    public static async Task AddOrPutOffAsync(NpgsqlConnection connection, OutgoingMessage message, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH put_off AS (
              UPDATE outbox o SET due_at = now() + $8 WHERE o.provider_user_id = $6 AND o.kind = $4 AND o.lease IS NULL AND o.due_at > now() AND o.due_at <= now() + $8 RETURNING 1)
            INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id, due_at)
            SELECT $1, $2, $3, $4, $5::jsonb, $6, $7, now() + $8 WHERE NOT EXISTS (SELECT FROM put_off)
            """;
        await using var command = Single(Sql, connection, message);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Adds messages in one statement.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(Insert, connection);
        command.Parameters.Add(new() { Value = messages.Select(_ => Guid.CreateVersion7()).ToArray() });
        command.Parameters.Add(new() { Value = messages.Select(m => m.Queue).ToArray() });
        command.Parameters.Add(new() { Value = messages.Select(m => (short)m.Lane).ToArray() });
        command.Parameters.Add(new() { Value = messages.Select(m => m.Kind).ToArray() });
        command.Parameters.Add(new() { Value = messages.Select(m => m.Body).ToArray() });
        command.Parameters.Add(new() { Value = messages.Select(m => m.ProviderUserId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = messages.Select(m => m.CorrelationId).ToArray() });
        command.Parameters.Add(new() { Value = messages.Select(m => m.Delay).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Interval });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>$1 id, $2 queue, $3 lane, $4 kind, $5 body, $6 account, $7 correlation, $8 delay.</summary>
    private static NpgsqlCommand Single(string sql, NpgsqlConnection connection, OutgoingMessage message) => new(sql, connection)
    {
        Parameters =
        {
            new() { Value = Guid.CreateVersion7() }, new() { Value = message.Queue }, new() { Value = (short)message.Lane }, new() { Value = message.Kind }, new() { Value = message.Body },
            new() { Value = message.ProviderUserId!.Value }, new() { Value = message.CorrelationId }, new() { Value = message.Delay },
        },
    };
}
