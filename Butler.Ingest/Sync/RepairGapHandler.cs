using Butler.Data;
using Butler.Ingest.Accounts;
using Butler.Ingest.Import;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Sync;

/// <summary>
/// Lists the account's whole import range again, exactly as an import does (MECHANICS 6): a sync of type repair. An import that runs
/// already may have passed the weeks in which mail was missed, so the repair waits for its end.
/// </summary>
internal sealed class RepairGapHandler(AccountStore accounts, SyncStore syncs, Database database, IOptions<SyncOptions> options) : IHandler<RepairGap>
{
    public async Task<Outcome> HandleAsync(RepairGap message, MessageContext context, CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(message.ProviderUserId, cancellationToken) is not { Mailbox: not null, Status: "active", MailOn: true } account)
        {
            return Outcome.Done; // The gap stays noted; the first reading after connecting again repairs it.
        }

        if (await syncs.ActiveAsync(account.Id, cancellationToken) is not null)
        {
            return Outcome.Snooze(options.Value.RepairWait, "an import is running");
        }

        var (imported, months) = await RangeAsync(account.Id, cancellationToken);
        if (!imported)
        {
            return Outcome.Done; // Never imported: there is nothing that could be missing.
        }

        // The message's id is the sync's: a redelivery after its end does not start a second one.
        var sync = await syncs.StartAsync(context.MessageId, account, SyncStore.Gap, months, null, context.CorrelationId, cancellationToken);
        return sync == context.MessageId ? Outcome.Done : Outcome.Snooze(options.Value.RepairWait, "an import is running");
    }

    /// <summary>How far the widest import went; null months: everything.</summary>
    private async Task<(bool Imported, int? Months)> RangeAsync(Guid account, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT months FROM sync_jobs WHERE provider_user_id = $1 AND type = 'import' ORDER BY months DESC NULLS FIRST LIMIT 1
            """);
        command.Parameters.Add(new() { Value = account });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (true, reader.IsDBNull(0) ? null : reader.GetInt32(0)) : (false, null);
    }
}
