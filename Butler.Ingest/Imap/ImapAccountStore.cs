using Butler.Data;
using Butler.Data.Ingest;
using Butler.Mailboxes.Imap.Accounts;
using Butler.ServiceDefaults.Errors;
using Npgsql;

namespace Butler.Ingest.Imap;

/// <summary>Writes IMAP accounts: settings and sealed secret in one transaction.</summary>
internal sealed class ImapAccountStore(Database database, CredentialSealer sealer)
{
    /// <summary>Adds an account; one that is active is imported by the trigger on <c>provider_users</c>.</summary>
    public Task<Guid> AddAsync(Guid actor, Guid owner, string address, string displayName, ImapAccountSettings settings, string[] folders, bool active, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            var id = Guid.CreateVersion7();
            await using var insert = new NpgsqlCommand("""
                INSERT INTO provider_users (id, app_user_id, provider, address, display_name, services, status, credentials)
                SELECT $1, u.id, 'imap', $3, $4, '{imap}', $5, $6 FROM app_users u WHERE u.id = $2 ON CONFLICT (provider, address) DO NOTHING
                """, connection)
            {
                Parameters =
                {
                    new() { Value = id }, new() { Value = owner }, new() { Value = address }, new() { Value = displayName }, new() { Value = active ? "active" : "paused" },
                    new() { Value = sealer.Seal(id, settings.ToCredentials()) },
                },
            };
            if (await insert.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                await using var user = new NpgsqlCommand("SELECT 1 FROM app_users WHERE id = $1", connection) { Parameters = { new() { Value = owner } } };
                throw await user.ExecuteScalarAsync(cancellationToken) is null ? ApiErrors.NotFound("user") : ApiErrors.Conflict("An IMAP account with this address is set up already. Change it, or delete it first.");
            }

            await SetAsync(connection, id, settings, folders, cancellationToken);
            await Audit.AddAsync(connection, AuditKinds.Connected, actor, owner, id, "{}", cancellationToken);
            return id;
        }, cancellationToken);

    /// <summary>Changes an account. New settings of one whose login was refused are tried at once: it becomes active again.</summary>
    public Task ChangeAsync(Guid actor, ImapAccountRow account, string displayName, ImapAccountSettings settings, bool secret, string[] folders, bool active, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            await using var update = new NpgsqlCommand("""
                UPDATE provider_users SET display_name = $2, credentials = $3, services = '{imap}', status = $4,
                  consecutive_failures = CASE WHEN $5 THEN 0 ELSE consecutive_failures END, last_error = CASE WHEN $5 THEN NULL ELSE last_error END
                WHERE id = $1 AND provider = 'imap'
                """, connection)
            {
                Parameters =
                {
                    new() { Value = account.Id }, new() { Value = displayName }, new() { Value = sealer.Seal(account.Id, settings.ToCredentials()) },
                    new() { Value = !active ? "paused" : account.Status == "reconnect_needed" && !secret ? "reconnect_needed" : "active" }, new() { Value = secret },
                },
            };
            await update.ExecuteNonQueryAsync(cancellationToken);
            await SetAsync(connection, account.Id, settings, folders, cancellationToken);
            if (secret)
            {
                await Audit.AddAsync(connection, AuditKinds.Reconnected, actor, account.AppUserId, account.Id, "{}", cancellationToken);
            }
        }, cancellationToken);

    private static Task SetAsync(NpgsqlConnection connection, Guid id, ImapAccountSettings settings, string[] folders, CancellationToken cancellationToken) => ImapAccounts.SetAsync(
        connection, id, settings.Host, settings.Port, settings.Security, settings.User, settings.OAuth is null ? "password" : "oauth", folders, cancellationToken);
}
