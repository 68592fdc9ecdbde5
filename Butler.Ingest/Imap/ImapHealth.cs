using Butler.Data;
using Butler.Data.Ingest;
using Butler.Ingest.Accounts;
using Butler.Mailboxes;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Ingest.Imap;

/// <summary>Failures of IMAP accounts that pass by themselves: counted, in words, and with the time of the next try.</summary>
internal sealed class ImapHealth(Database database, TimeProvider time, IOptions<ImapWaitOptions> options)
{
    /// <summary>Records a failure; a refused login stops the account until its settings are changed.</summary>
    public Task FailAsync(Guid account, MailboxException fault, CancellationToken cancellationToken) => database.TransactAsync(async connection =>
    {
        if (fault.IsAccountFault)
        {
            await AccountStore.FailAsync(connection, account, fault.Fault, AccountStore.Explain(fault), cancellationToken);
            return;
        }

        await using var command = new NpgsqlCommand("""
            UPDATE provider_users SET consecutive_failures = consecutive_failures + 1, last_failure_at = now(), last_error = $2 WHERE id = $1 AND provider = 'imap' RETURNING consecutive_failures
            """, connection)
        { Parameters = { new() { Value = account }, new() { Value = AccountStore.Explain(fault) } } };
        if (await command.ExecuteScalarAsync(cancellationToken) is int failures)
        {
            await ImapAccounts.SetNextTryAsync(connection, account, NextTry(failures, fault.RetryAt), cancellationToken);
        }
    }, cancellationToken);

    /// <summary>Records that the server answers again.</summary>
    public Task SucceedAsync(Guid account, CancellationToken cancellationToken) => database.TransactAsync(async connection =>
    {
        await using var command = new NpgsqlCommand("UPDATE provider_users SET consecutive_failures = 0, last_error = NULL WHERE id = $1 AND provider = 'imap' AND consecutive_failures > 0", connection)
        {
            Parameters = { new() { Value = account } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
        await ImapAccounts.SetNextTryAsync(connection, account, null, cancellationToken);
    }, cancellationToken);

    private DateTimeOffset NextTry(int failures, DateTimeOffset? said)
    {
        var pause = options.Value.RetryFirst * Math.Pow(2, Math.Min(failures - 1, 20));
        var next = time.GetUtcNow() + (pause < options.Value.RetryMax ? pause : options.Value.RetryMax);
        return said > next ? said.Value : next;
    }
}
