using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Classifier;

/// <summary>A provider as one running Classifier sees it: names of configuration and states.</summary>
public sealed record ProviderRow(
    string Name, string Kind, string Model, string Breaker, DateTimeOffset? NotBefore, string? Blocked, string? LastFault, DateTimeOffset? LastAnswerAt);

/// <summary>The one writer of <c>chat_providers</c> and <c>chat_alerts</c>.</summary>
public static class ChatProviders
{
    /// <summary>Writes what an instance sees and the budgets it keeps to (JSON), and forgets instances that have not written for five minutes.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, Guid instance, IReadOnlyList<ProviderRow> providers, string limits, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            WITH gone AS (DELETE FROM chat_providers WHERE updated_at < now() - interval '5 minutes' AND instance <> $1)
            INSERT INTO chat_providers (instance, name, rank, kind, model, breaker, not_before, blocked, last_fault, last_answer_at, limits, updated_at)
            SELECT $1, m.name, m.rank, m.kind, m.model, m.breaker, m.not_before, m.blocked, m.last_fault, m.last_answer_at, $10::jsonb, now()
            FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::timestamptz[])
              WITH ORDINALITY AS m(name, kind, model, breaker, not_before, blocked, last_fault, last_answer_at, rank)
            ON CONFLICT (instance, name) DO UPDATE SET breaker = EXCLUDED.breaker, not_before = EXCLUDED.not_before, blocked = EXCLUDED.blocked, last_fault = EXCLUDED.last_fault,
              last_answer_at = EXCLUDED.last_answer_at, limits = EXCLUDED.limits, updated_at = now()
            """, connection);
        command.Parameters.Add(new() { Value = instance });
        Add(command, providers, p => p.Name);
        Add(command, providers, p => p.Kind);
        Add(command, providers, p => p.Model);
        Add(command, providers, p => p.Breaker);
        Add(command, providers, p => p.NotBefore);
        Add(command, providers, p => p.Blocked);
        Add(command, providers, p => p.LastFault);
        Add(command, providers, p => p.LastAnswerAt);
        command.Parameters.Add(new() { Value = limits });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>An instance ends.</summary>
    public static async Task ForgetAsync(NpgsqlConnection connection, Guid instance, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM chat_providers WHERE instance = $1", connection) { Parameters = { new() { Value = instance } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// A provider waits for a person: every admin is told, once, however many processes and mails meet it. True: this was the first to say so.
    /// </summary>
    public static async Task<bool> AlertAsync(NpgsqlConnection connection, string provider, string reason, string tell, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            WITH raised AS (
              INSERT INTO chat_alerts AS a (provider, reason) VALUES ($1, $2)
              ON CONFLICT (provider) DO UPDATE SET reason = EXCLUDED.reason, raised_at = now() WHERE a.reason <> EXCLUDED.reason RETURNING provider),
            told AS (INSERT INTO user_events (id, app_user_id, kind, message) SELECT gen_random_uuid(), u.id, 'chat_blocked', $3 FROM raised, app_users u WHERE u.role = 'admin')
            SELECT count(*) FROM raised
            """, connection)
        { Parameters = { new() { Value = provider }, new() { Value = reason }, new() { Value = tell } } };
        return (long)(await command.ExecuteScalarAsync(cancellationToken))! > 0;
    }

    /// <summary>The providers answer again, or are not configured any more.</summary>
    /// <param name="connection">A connection.</param>
    /// <param name="answering">Those that have answered.</param>
    /// <param name="configured">All that are configured.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<int> ClearAsync(NpgsqlConnection connection, IReadOnlyCollection<string> answering, IReadOnlyCollection<string> configured, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM chat_alerts WHERE provider = ANY ($1) OR provider <> ALL ($2)", connection)
        { Parameters = { new() { Value = answering.ToArray() }, new() { Value = configured.ToArray() } } };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void Add(NpgsqlCommand command, IReadOnlyList<ProviderRow> providers, Func<ProviderRow, string?> text) =>
        command.Parameters.Add(new() { Value = providers.Select(text).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });

    private static void Add(NpgsqlCommand command, IReadOnlyList<ProviderRow> providers, Func<ProviderRow, DateTimeOffset?> time) =>
        command.Parameters.Add(new() { Value = providers.Select(p => time(p)?.UtcDateTime).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
}
