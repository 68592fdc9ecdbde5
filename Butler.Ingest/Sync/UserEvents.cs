using Butler.Data;
using Npgsql;

namespace Butler.Ingest.Sync;

/// <summary>Tells an account's owner something.</summary>
internal static class UserEvents
{
    public const string Repaired = "repaired";

    public static async Task AddAsync(NpgsqlConnection connection, Guid providerUserId, string kind, string message, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            INSERT INTO user_events (id, app_user_id, provider_user_id, kind, message) SELECT $2, app_user_id, id, $3, $4 FROM provider_users WHERE id = $1
            """, connection)
        {
            Parameters = { new() { Value = providerUserId }, new() { Value = Guid.CreateVersion7() }, new() { Value = kind }, new() { Value = DbText.Clean(message, DbText.MaxError) } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
