using System.Diagnostics.Metrics;
using Butler.Data;
using Butler.Mailboxes;
using Butler.Mailboxes.Files;
using Npgsql;

namespace Butler.Ingest.Accounts;

/// <summary>An account as the import needs it.</summary>
internal sealed record Account(Guid Id, Guid AppUserId, string Provider, string Address, string Status, bool MailOn, bool WholeMailbox, MailboxAccount? Mailbox);

/// <summary>Reads accounts with their credentials opened, and records what happened to them. The one writer of their health.</summary>
internal sealed class AccountStore(NpgsqlDataSource dataSource, CredentialSealer sealer)
{
    private static readonly Counter<long> s_reconnects = new Meter("Butler.Accounts").CreateCounter<long>(
        "butler_reconnect_needed_total", description: "Accounts whose login was refused for good, so that their owner must connect again.");

    /// <summary>Whether only the owner can help.</summary>
    public static bool NeedsReconnect(MailboxFault fault) => fault is MailboxFault.LoginRejected or MailboxFault.ScopeMissing or MailboxFault.AccountGone;

    /// <summary>Null: no such account.</summary>
    public async Task<Account?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("""
            SELECT app_user_id, provider, address, status, services && '{gmail,imap,file}', whole_mailbox, credentials FROM provider_users WHERE id = $1
            """);
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var (provider, address) = (reader.GetString(1), reader.GetString(2));
        var mailbox = reader.IsDBNull(6) ? null : new MailboxAccount(id, provider, address, sealer.Open(id, reader.GetFieldValue<byte[]>(6)));
        return new(id, reader.GetGuid(0), provider, address, reader.GetString(3), reader.GetBoolean(4), reader.GetBoolean(5), mailbox);
    }

    /// <summary>Whose account it is; null: no such account.</summary>
    public async Task<Guid?> OwnerAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT app_user_id FROM provider_users WHERE id = $1");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(cancellationToken) as Guid?;
    }

    /// <summary>Records an account fault inside the caller's transaction; a refused login asks the owner to reconnect.</summary>
    public static async Task FailAsync(NpgsqlConnection connection, Guid id, MailboxFault fault, string error, CancellationToken cancellationToken)
    {
        // One event for one loss: several workers meet the same refusal. A disconnected account stays disconnected.
        await using var command = new NpgsqlCommand("""
            WITH was AS (SELECT id, status FROM provider_users WHERE id = $1 AND status <> 'disconnected' FOR UPDATE),
            failed AS (
              UPDATE provider_users p SET consecutive_failures = consecutive_failures + 1, last_failure_at = now(), last_error = $2,
                status = CASE WHEN $3 THEN 'reconnect_needed' ELSE p.status END
              FROM was WHERE p.id = was.id RETURNING p.id, p.app_user_id, was.status AS before)
            INSERT INTO user_events (id, app_user_id, provider_user_id, kind, message)
            SELECT $4, app_user_id, id, 'reconnect_needed', $2 FROM failed WHERE $3 AND before <> 'reconnect_needed'
            """, connection)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = DbText.Clean(error, DbText.MaxError) },
                new() { Value = NeedsReconnect(fault) }, new() { Value = Guid.CreateVersion7() },
            },
        };
        if (await command.ExecuteNonQueryAsync(cancellationToken) > 0)
        {
            s_reconnects.Add(1, new KeyValuePair<string, object?>("reason", fault.ToString()));
        }
    }

    /// <summary>Records that the account answers.</summary>
    public static async Task SucceedAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            UPDATE provider_users SET consecutive_failures = 0, last_error = NULL, last_sync_at = now() WHERE id = $1
            """, connection)
        { Parameters = { new() { Value = id } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The account fault in words a person can act on.</summary>
    public static string Explain(MailboxException fault) => fault.Reason == FileRoots.Reason ? fault.Message : fault.Fault switch
    {
        MailboxFault.LoginRejected => "Google refuses the saved login (it was revoked or has expired). Connect the account again.",
        MailboxFault.ScopeMissing => "Butler may not read this mailbox: a permission is missing or an administrator forbids it. Connect the account again and allow reading mail and writing drafts.",
        MailboxFault.AccountGone => "The account does not exist at Google any more.",
        _ => "The mailbox cannot be read.",
    };
}
