using Butler.Ingest.Accounts;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Import;

/// <summary>Starts an import; when one is active already there is nothing to do.</summary>
internal sealed class StartImportHandler(AccountStore accounts, SyncStore syncs, IOptions<ImportOptions> options) : IHandler<StartImport>
{
    public async Task<Outcome> HandleAsync(StartImport message, MessageContext context, CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(message.ProviderUserId, cancellationToken) is not { Mailbox: not null, MailOn: true, Status: "active" } account)
        {
            return Outcome.Done;
        }

        // A file's mail is imported whole, however old it is.
        var months = account.WholeMailbox ? (int?)null : message.Months ?? options.Value.ConnectMonths;

        // The message's id is the sync's: a redelivery after the import ended does not start a second one.
        await syncs.StartAsync(context.MessageId, account, message.Trigger, months, message.TaskId, context.CorrelationId, cancellationToken);
        return Outcome.Done;
    }
}
