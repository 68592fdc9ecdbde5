using Butler.Data;
using Butler.Ingest.Accounts;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;

namespace Butler.Ingest.Sync;

/// <summary>
/// After a repair's listing: asks about each mail that it did not show, or showed with other labels. The former may be deleted, or moved
/// to Spam or Trash, which a listing leaves out.
/// </summary>
internal sealed class CheckMissingHandler(
    AccountStore accounts, Questions questions, Database database, WakeUps wakeUps, ProgressPublisher progress, IFaultPoints faults, TimeProvider time) : IHandler<CheckMissing>
{
    private static readonly TimeSpan s_throttled = TimeSpan.FromSeconds(2);

    public async Task<Outcome> HandleAsync(CheckMissing message, MessageContext context, CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(message.ProviderUserId, cancellationToken) is not { Mailbox: { } credentials, Status: "active" } account)
        {
            return Outcome.Done; // The gap stays noted.
        }

        if (!await RepairStore.IsOpenAsync(database.DataSource, message.SyncId, cancellationToken))
        {
            await database.TransactAsync(c => RepairStore.ForgetAsync(c, message.SyncId, cancellationToken), cancellationToken);
            return Outcome.Done;
        }

        var suspects = await RepairStore.SuspectsAsync(database.DataSource, message.SyncId, account.Id, message.After, Questions.PerRun, cancellationToken);
        var (answers, fault) = await questions.AskAsync(credentials, suspects, cancellationToken);
        await faults.ReachAsync("repair: after asking");
        if (fault is not null && answers.Count == 0)
        {
            return fault.IsAccountFault ? Outcome.Done
                : fault.IsQuota ? Outcome.Snooze(Until(fault.RetryAt), "quota")
                : Outcome.Retry($"{fault.Fault}: {fault.Message}");
        }

        await CommitAsync(message, answers, isLast: suspects.Count < Questions.PerRun && fault is null, Until(fault?.RetryAt), context, cancellationToken);
        return Outcome.Done;
    }

    private async Task CommitAsync(CheckMissing message, List<Answer> answers, bool isLast, TimeSpan wait, MessageContext context, CancellationToken cancellationToken)
    {
        var messages = new List<OutgoingMessage>();
        var versions = new List<SyncVersion?>();
        await database.TransactAsync(async connection =>
        {
            messages.Clear();
            versions.Clear();
            var settled = await questions.SettleAsync(connection, message.ProviderUserId, answers, cancellationToken);
            var (allGone, allChanged) = (message.Gone + settled.Gone, message.Changed + settled.Changed);
            if (isLast && settled.Complete)
            {
                await RepairStore.EndAsync(connection, message.SyncId, message.ProviderUserId, allGone, allChanged, cancellationToken);
            }
            else
            {
                var next = message with { After = settled.Last ?? message.After, Gone = allGone, Changed = allChanged };
                messages.Add(MessageBus.Pack(next, Lane.Bulk, message.ProviderUserId, context.CorrelationId, wait));
                await Outbox.AddAsync(connection, messages, cancellationToken);
            }

            await Deletions.CountAsync(connection, settled.Closed, versions, cancellationToken);
        }, cancellationToken);
        wakeUps.Sent(messages);
        progress.Changed(versions);
    }

    private TimeSpan Until(DateTimeOffset? at) => at is { } t && t - time.GetUtcNow() is var left && left > TimeSpan.Zero ? left : at is null ? TimeSpan.Zero : s_throttled;
}
