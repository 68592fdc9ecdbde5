using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Ingest;

/// <summary>An IMAP account as it is set up, with its health; never its secret.</summary>
/// <param name="Id">The account.</param>
/// <param name="AppUserId">Whose.</param>
/// <param name="Address">The mail address.</param>
/// <param name="DisplayName">The owner's name as drafts sign it.</param>
/// <param name="Status">active, reconnect_needed, paused or disconnected.</param>
/// <param name="Host">The server.</param>
/// <param name="Port">Its port.</param>
/// <param name="Security">tls, starttls or none.</param>
/// <param name="User">The user's name at the server.</param>
/// <param name="Auth">password or oauth.</param>
/// <param name="Folders">Folders followed besides INBOX and Sent.</param>
/// <param name="LookedAt">When its folders were last read completely and something had changed.</param>
/// <param name="LastSyncAt">End of the last sync.</param>
/// <param name="ConsecutiveFailures">Failures since the last success.</param>
/// <param name="LastFailureAt">The last one.</param>
/// <param name="LastError">It in words.</param>
/// <param name="NextTryAt">When it is tried again by itself; null when it is not failing, or only its owner can help.</param>
/// <param name="CreatedAt">When it was set up.</param>
public sealed record ImapAccountRow(
    Guid Id, Guid AppUserId, string Address, string DisplayName, string Status, string Host, int Port, string Security, string User, string Auth, string[] Folders,
    DateTimeOffset? LookedAt, DateTimeOffset? LastSyncAt, int ConsecutiveFailures, DateTimeOffset? LastFailureAt, string? LastError, DateTimeOffset? NextTryAt, DateTimeOffset CreatedAt);

/// <summary>The one writer of the settings in <c>imap_accounts</c>.</summary>
public static class ImapAccounts
{
    private const string Select = """
        SELECT p.id, p.app_user_id, p.address, p.display_name, p.status, i.host, i.port, i.security, i.user_name, i.auth, i.folders, i.looked_at, p.last_sync_at, p.consecutive_failures,
          p.last_failure_at, p.last_error, CASE WHEN p.consecutive_failures > 0 AND p.status = 'active' THEN i.next_try_at END, p.created_at
        FROM imap_accounts i JOIN provider_users p ON p.id = i.provider_user_id
        """;

    /// <summary>Writes how an account is reached: new, or changed.</summary>
    public static async Task SetAsync(
        NpgsqlConnection connection, Guid account, string host, int port, string security, string user, string auth, string[] folders, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            INSERT INTO imap_accounts (provider_user_id, host, port, security, user_name, auth, folders) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (provider_user_id) DO UPDATE SET host = $2, port = $3, security = $4, user_name = $5, auth = $6, folders = $7, next_try_at = NULL, updated_at = now()
            """, connection)
        {
            Parameters =
            {
                new() { Value = account }, new() { Value = host }, new() { Value = port }, new() { Value = security }, new() { Value = user }, new() { Value = auth }, new() { Value = folders },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>When an account that fails is tried again.</summary>
    public static async Task SetNextTryAsync(NpgsqlConnection connection, Guid account, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE imap_accounts SET next_try_at = $2 WHERE provider_user_id = $1 AND next_try_at IS DISTINCT FROM $2", connection)
        {
            Parameters = { new() { Value = account }, new() { Value = (object?)at?.UtcDateTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>All accounts, oldest first.</summary>
    public static Task<List<ImapAccountRow>> ListAsync(NpgsqlDataSource source, CancellationToken cancellationToken) => ReadAsync(source, Select + " ORDER BY p.created_at, p.id LIMIT 10000", null, cancellationToken);

    /// <summary>One account; null: there is none of that id.</summary>
    public static async Task<ImapAccountRow?> FindAsync(NpgsqlDataSource source, Guid account, CancellationToken cancellationToken) =>
        (await ReadAsync(source, Select + " WHERE p.id = $1", account, cancellationToken)).FirstOrDefault();

    /// <summary>Accounts whose new mail is to be waited for now; once any reading succeeds there is no failure to wait after.</summary>
    public static async Task<List<Guid>> DueAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("""
            SELECT p.id FROM imap_accounts i JOIN provider_users p ON p.id = i.provider_user_id
            WHERE p.status = 'active' AND 'imap' = ANY (p.services) AND p.credentials IS NOT NULL AND (p.consecutive_failures = 0 OR i.next_try_at IS NULL OR i.next_try_at <= now()) ORDER BY p.id
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    private static async Task<List<ImapAccountRow>> ReadAsync(NpgsqlDataSource source, string sql, Guid? account, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        if (account is { } id)
        {
            command.Parameters.Add(new() { Value = id });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        DateTimeOffset? Time(int column) => reader.IsDBNull(column) ? null : new DateTimeOffset(reader.GetDateTime(column));
        var rows = new List<ImapAccountRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new(
                reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5), reader.GetInt32(6), reader.GetString(7), reader.GetString(8),
                reader.GetString(9), reader.GetFieldValue<string[]>(10), Time(11), Time(12), reader.GetInt32(13), Time(14), reader.IsDBNull(15) ? null : reader.GetString(15), Time(16), Time(17)!.Value));
        }

        return rows;
    }
}
