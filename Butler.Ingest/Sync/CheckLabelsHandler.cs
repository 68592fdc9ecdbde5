using Butler.Data;
using Butler.Ingest.Accounts;
using Butler.Ingest.Import;
using Butler.Mailboxes;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;

namespace Butler.Ingest.Sync;

/// <summary>
/// After a repair's listing: lists the same range once more for each label, because nothing else tells of labels that changed in the gap
/// but a question per mail (20 units each; a page of 500 ids costs 5). A mail whose labels differ from what Butler knows is asked about
/// by <see cref="CheckMissing"/>; so a listing that is wrong costs a question and changes nothing.
/// </summary>
internal sealed class CheckLabelsHandler(
    AccountStore accounts, SyncStore syncs, IMailboxFactory mailboxes, Database database, WakeUps wakeUps, IFaultPoints faults, TimeProvider time) : IHandler<CheckLabels>
{
    /// <summary>How often one run lists a label anew because its page token was refused; after that it is a failed try.</summary>
    private const int MaxRestarts = 5;

    /// <summary>What a listing without Spam and Trash never shows, and what is not mail.</summary>
    private static readonly string[] s_unlisted = ["SPAM", "TRASH", "DRAFT", "CHAT"];

    private static readonly TimeSpan s_throttled = TimeSpan.FromSeconds(2);

    public async Task<Outcome> HandleAsync(CheckLabels message, MessageContext context, CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(message.ProviderUserId, cancellationToken) is not { Mailbox: { } credentials, Status: "active" }
            || await syncs.FindAsync(message.SyncId, cancellationToken) is not { } sync)
        {
            return Outcome.Done; // The gap stays noted.
        }

        if (!await RepairStore.IsOpenAsync(database.DataSource, message.SyncId, cancellationToken))
        {
            await database.TransactAsync(c => RepairStore.ForgetAsync(c, message.SyncId, cancellationToken), cancellationToken);
            return Outcome.Done;
        }

        try
        {
            var mailbox = mailboxes.Open(credentials);
            var label = (await mailbox.ListLabelsAsync(cancellationToken)).Except(s_unlisted)
                .Where(l => message.After is null || string.CompareOrdinal(l, message.After) > 0).Order(StringComparer.Ordinal).FirstOrDefault();
            if (label is not null)
            {
                await ListAsync(mailbox, sync, label, context, cancellationToken);
            }

            await SendAsync(label is null
                ? MessageBus.Pack(new CheckMissing(message.SyncId, message.ProviderUserId, Guid.Empty, 0, 0), Lane.Bulk, message.ProviderUserId, context.CorrelationId)
                : MessageBus.Pack(message with { After = label }, Lane.Bulk, message.ProviderUserId, context.CorrelationId), cancellationToken);
            return Outcome.Done;
        }
        catch (MailboxException e)
        {
            return e.IsQuota ? Outcome.Snooze(Until(e.RetryAt), "quota")
                : e.IsAccountFault ? Outcome.Done
                : Outcome.Retry($"{e.Fault}: {e.Message}");
        }
    }

    private async Task ListAsync(IMailbox mailbox, SyncState sync, string label, MessageContext context, CancellationToken cancellationToken)
    {
        string? token = null;
        var restarts = 0;
        while (true)
        {
            MailPage page;
            try
            {
                page = await mailbox.ListAsync(new(sync.RangeFrom, null, Label: label), token, cancellationToken);
            }
            catch (MailboxException e) when (e.Fault == MailboxFault.PageExpired && token is not null && ++restarts <= MaxRestarts)
            {
                token = null;
                continue;
            }

            await database.TransactAsync(c => RepairStore.LabelledAsync(c, sync.Id, label, [.. page.Mails.Select(m => m.Id)], cancellationToken), cancellationToken);
            await faults.ReachAsync("repair: after label page");
            token = page.NextPageToken;
            if (token is null)
            {
                return;
            }

            await context.YieldToLiveAsync();
        }
    }

    private async Task SendAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        await database.TransactAsync(c => Outbox.AddAsync(c, [message], cancellationToken), cancellationToken);
        wakeUps.Sent([message]);
    }

    private TimeSpan Until(DateTimeOffset? at) => at is { } t && t - time.GetUtcNow() is var left && left > TimeSpan.Zero ? left : s_throttled;
}
