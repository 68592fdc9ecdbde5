using Butler.Data;
using Butler.Data.Retention;
using Butler.Ingest.Files;
using Butler.Ingest.Import;
using Butler.Ingest.Retention;
using Butler.Ingest.Schedules;
using Butler.Ingest.Watch;
using Butler.Mailboxes;
using Butler.Mailboxes.Gmail;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Npgsql;

namespace Butler.Ingest.Accounts;

/// <summary>
/// Disconnects in an order that a crash cannot hurt: nothing new is read (status), the login is taken back at the provider, then it
/// is forgotten, then what was asked to be erased is. Each step is safe to do again.
/// </summary>
internal sealed class DisconnectAccountHandler(
    AccountStore accounts, SyncStore syncs, GoogleConnect google, WatchKeeper watches, AccountEraser eraser, ScheduleStore schedules, Database database) : IHandler<DisconnectAccount>
{
    /// <summary>After so many failures Google is told nothing: the login is forgotten here all the same.</summary>
    private const int RevokeTries = 4;

    /// <summary>What was being worked on when the erasure began has ended by then, and is erased too.</summary>
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromMinutes(2);

    public async Task<Outcome> HandleAsync(DisconnectAccount message, MessageContext context, CancellationToken cancellationToken)
    {
        var id = message.ProviderUserId;
        if (await accounts.FindAsync(id, cancellationToken) is not { } account)
        {
            if (message.Erase && await eraser.EraseAsync(id, cancellationToken) > 0)
            {
                await schedules.ForceAsync(RetentionJob.Name, cancellationToken);
            }

            return Outcome.Done;
        }

        await database.TransactAsync(c => SwitchOffAsync(c, account, message.ActorId, cancellationToken), cancellationToken);
        if (await syncs.ActiveAsync(id, cancellationToken) is { } sync)
        {
            await syncs.FailAsync(sync, "disconnected", "The account was disconnected.", null, cancellationToken);
        }

        if (account.Mailbox is { } mailbox)
        {
            try
            {
                // Before the login goes, because Gmail wants it for this.
                if (account.Provider == "gmail")
                {
                    await watches.StopAsync(mailbox, cancellationToken);
                }
            }
            catch (MailboxException)
            {
                // A watch without a login ends by itself within seven days, and notifications of an unknown address change nothing.
            }

            try
            {
                if (account.Provider == "gmail")
                {
                    await google.RevokeAsync(mailbox.Credentials, cancellationToken);
                }
            }
            catch (MailboxException e) when (e.IsTransient && context.Failures < RevokeTries)
            {
                return Outcome.Retry(e.Message);
            }
            catch (MailboxException)
            {
                // It is forgotten below; what is left of it at Google opens nothing without Butler's client secret.
            }

            await database.TransactAsync(c => ForgetAsync(c, id, cancellationToken), cancellationToken);
        }

        if (message.Erase)
        {
            var rows = await eraser.EraseAsync(id, cancellationToken);
            await database.TransactAsync(async c =>
            {
                await RemoveAsync(c, account, message.ActorId, rows, cancellationToken);
                await MessageBus.SendAsync(c, message, Lane.Live, null, context.CorrelationId, cancellationToken, s_lookAgain);
            }, cancellationToken);
            // They rewrite what the rows were deleted from, and erase what was taken out of archives.
            await schedules.ForceAsync(RetentionJob.Name, cancellationToken);
            await schedules.ForceAsync(SpoolCleaner.Name, cancellationToken);
        }

        return Outcome.Done;
    }

    private static async Task SwitchOffAsync(NpgsqlConnection connection, Account account, Guid actor, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "UPDATE provider_users SET status = 'disconnected', services = '{}', last_error = NULL WHERE id = $1 AND status <> 'disconnected'", connection)
        { Parameters = { new() { Value = account.Id } } };
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 1)
        {
            await Audit.AddAsync(connection, AuditKinds.Disconnected, actor, account.AppUserId, account.Id, "{}", cancellationToken);
        }
    }

    private static async Task ForgetAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE provider_users SET credentials = NULL WHERE id = $1 AND status = 'disconnected'", connection) { Parameters = { new() { Value = id } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task RemoveAsync(NpgsqlConnection connection, Account account, Guid actor, long rows, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM provider_users WHERE id = $1 AND status = 'disconnected'", connection) { Parameters = { new() { Value = account.Id } } };
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 1)
        {
            await Audit.AddAsync(connection, AuditKinds.Erased, actor, account.AppUserId, account.Id, $$"""{"rows":{{rows}}}""", cancellationToken);
            await TableRewrites.RequestAsync(connection, ["provider_users"], cancellationToken);
        }
    }
}
