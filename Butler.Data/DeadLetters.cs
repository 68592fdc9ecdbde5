using Npgsql;
using NpgsqlTypes;

namespace Butler.Data;

/// <summary>A dead letter to record; ids and errors only, never mail content.</summary>
public sealed record DeadLetter(string Task, Guid? ProviderUserId, Guid? LedgerId, Guid? SyncId, string Message, string Error, string? StackTrace);

/// <summary>The one writer of <c>failed_tasks</c>.</summary>
public static class DeadLetters
{
    /// <summary>Records dead letters in one statement.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        const string Sql = """
            INSERT INTO failed_tasks (id, task, provider_user_id, ledger_id, sync_id, message, error, stack_trace)
            SELECT id, task, account, mail, sync, message::jsonb, error, trace
            FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[]) AS f(id, task, account, mail, sync, message, error, trace)
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
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
