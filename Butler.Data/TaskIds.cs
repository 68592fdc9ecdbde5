using Npgsql;

namespace Butler.Data;

/// <summary>The one writer of <c>tasks</c>: every task id handed out to a caller.</summary>
public static class TaskIds
{
    /// <summary>Records a task for a sync.</summary>
    public static Task AddForSyncAsync(NpgsqlConnection connection, Guid id, Guid appUserId, Guid providerUserId, Guid syncId, Guid correlationId, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            INSERT INTO tasks (id, kind, app_user_id, provider_user_id, sync_id, status, correlation_id) VALUES ($1, 'sync', $2, $3, $4, 'pending', $5) ON CONFLICT (id) DO NOTHING
            """, cancellationToken, id, appUserId, providerUserId, syncId, correlationId);

    /// <summary>Records a task for one mail.</summary>
    public static Task AddForMailAsync(NpgsqlConnection connection, Guid id, Guid appUserId, Guid providerUserId, Guid ledgerId, Guid correlationId, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            INSERT INTO tasks (id, kind, app_user_id, provider_user_id, ledger_id, status, correlation_id) VALUES ($1, 'process', $2, $3, $4, 'pending', $5) ON CONFLICT (id) DO NOTHING
            """, cancellationToken, id, appUserId, providerUserId, ledgerId, correlationId);

    /// <summary>Ends the tasks of a sync with it.</summary>
    public static Task EndAsync(NpgsqlConnection connection, Guid syncId, string status, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            UPDATE tasks SET status = $2, completed_at = now() WHERE sync_id = $1 AND status IN ('pending', 'processing')
            """, cancellationToken, syncId, status);

    /// <summary>Moves a task of one mail on.</summary>
    public static Task SetAsync(NpgsqlConnection connection, Guid id, string status, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            UPDATE tasks SET status = $2, completed_at = CASE WHEN $2 IN ('completed', 'failed') THEN now() END WHERE id = $1
            """, cancellationToken, id, status);

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
