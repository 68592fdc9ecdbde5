using Butler.Data;
using Butler.Data.Ingest;
using Butler.Mailboxes;
using Butler.Mailboxes.Gmail;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Ingest.Accounts;

/// <summary>
/// Exchanges the code, asks whose mailbox it is, and writes the account; the trigger on <c>provider_users</c> then starts the import.
/// A code is good once: after a crash between exchange and commit the person is asked to begin again.
/// </summary>
internal sealed class ConnectAccountHandler(
    ConnectStates states, GoogleConnect google, IMailboxFactory mailboxes, CredentialSealer sealer, Database database, IOptions<AccountOptions> options) : IHandler<ConnectAccount>
{
    private const string Again = "Start again.";

    public async Task<Outcome> HandleAsync(ConnectAccount message, MessageContext context, CancellationToken cancellationToken)
    {
        if (await states.FindReturnedAsync(message.ConnectId, cancellationToken) is not { } connect)
        {
            return Outcome.Done;
        }

        string credentials;
        MailboxProfile profile;
        try
        {
            credentials = await google.ExchangeAsync(connect.Code, connect.Verifier, connect.RedirectUri, cancellationToken);
            profile = await mailboxes.Open(new MailboxAccount(message.ConnectId, "gmail", "", credentials)).GetProfileAsync(cancellationToken);
        }
        catch (MailboxException e)
        {
            // Trying again is of no use: a code that may have been used is used.
            await EndAsync(connect.Id, Explain(e), cancellationToken);
            return Outcome.Done;
        }

        var problem = await database.TransactAsync(c => WriteAsync(c, connect, profile.Address.ToLowerInvariant(), credentials, cancellationToken), cancellationToken);
        if (problem is not null)
        {
            await google.RevokeAsync(credentials, cancellationToken);
            await EndAsync(connect.Id, problem, cancellationToken);
        }

        return Outcome.Done;
    }

    private Task EndAsync(Guid connect, string error, CancellationToken cancellationToken) =>
        database.TransactAsync(c => ConnectStates.EndAsync(c, connect, null, error, cancellationToken), cancellationToken);

    /// <summary>Null: written. The account's row is locked first; its id is what the credentials are sealed for.</summary>
    private async Task<string?> WriteAsync(NpgsqlConnection connection, ReturnedConnect connect, string address, string credentials, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        await using (var insert = new NpgsqlCommand("""
            INSERT INTO provider_users (id, app_user_id, provider, address, status, whole_mailbox) VALUES ($1, $2, 'gmail', $3, 'disconnected', $4) ON CONFLICT (provider, address) DO NOTHING
            """, connection)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = connect.AppUserId }, new() { Value = address },
                // The local Google's mail may be years old: it is imported whole, as when it was connected at the start.
                new() { Value = options.Value.Sandbox is { Address: not null, WholeMailbox: true } },
            },
        })
        {
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        Guid owner;
        await using (var find = new NpgsqlCommand("SELECT id, app_user_id FROM provider_users WHERE provider = 'gmail' AND address = $1 FOR UPDATE", connection) { Parameters = { new() { Value = address } } })
        await using (var row = await find.ExecuteReaderAsync(cancellationToken))
        {
            await row.ReadAsync(cancellationToken);
            var known = row.GetGuid(0);
            (owner, var again) = (row.GetGuid(1), known != id);
            id = known;
            if (owner != connect.AppUserId)
            {
                return "This mailbox is connected by somebody else. They must disconnect and erase it first.";
            }

            await row.CloseAsync();
            await Audit.AddAsync(connection, again ? AuditKinds.Reconnected : AuditKinds.Connected, owner, owner, id, "{}", cancellationToken);
        }

        await using var update = new NpgsqlCommand("""
            UPDATE provider_users SET credentials = $2, services = '{gmail}', status = 'active', consecutive_failures = 0, last_error = NULL WHERE id = $1
            """, connection)
        { Parameters = { new() { Value = id }, new() { Value = sealer.Seal(id, credentials) } } };
        await update.ExecuteNonQueryAsync(cancellationToken);
        await ConnectStates.EndAsync(connection, connect.Id, id, null, cancellationToken);
        return null;
    }

    private static string Explain(MailboxException fault) => fault.Fault switch
    {
        MailboxFault.ScopeMissing => "Butler was not allowed to read mail and write drafts. Begin again and leave that box ticked.",
        MailboxFault.LoginRejected => $"Google does not take the code (used already, or too old). {Again}",
        MailboxFault.BadRequest => "Google refuses Butler's OAuth client; whoever runs Butler must look at its Google credentials.",
        _ => $"Google did not answer. {Again}",
    };
}
