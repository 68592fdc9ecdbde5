using Butler.Data;
using Butler.Data.Ingest;
using Butler.Ingest.Accounts;
using Butler.Mailboxes;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;

namespace Butler.Ingest.Sync;

/// <summary>
/// After a repair's listing: a mail that it did not show is gone only when Gmail says so of that very mail (MECHANICS 6); it may have
/// been moved to Spam or Trash, which a listing leaves out.
/// </summary>
internal sealed class CheckMissingHandler(
    AccountStore accounts, IMailboxFactory mailboxes, Database database, WakeUps wakeUps, ProgressPublisher progress, IFaultPoints faults, TimeProvider time) : IHandler<CheckMissing>
{
    private const int PerRun = 25;
    private static readonly TimeSpan s_throttled = TimeSpan.FromSeconds(2);

    public async Task<Outcome> HandleAsync(CheckMissing message, MessageContext context, CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(message.ProviderUserId, cancellationToken) is not { Mailbox: { } credentials, Status: "active" } account)
        {
            return Outcome.Done; // The gap stays noted.
        }

        var suspects = await RepairStore.SuspectsAsync(database.DataSource, message.SyncId, account.Id, message.After, PerRun, cancellationToken);
        var mailbox = mailboxes.Open(credentials);
        var answers = new List<(Suspect Mail, IReadOnlyList<string>? Labels)>();
        MailboxException? fault = null;
        foreach (var suspect in suspects)
        {
            try
            {
                answers.Add((suspect, await mailbox.GetLabelsAsync(suspect.ProviderMessageId, cancellationToken)));
            }
            catch (MailboxException e)
            {
                fault = e;
                break;
            }
        }

        await faults.ReachAsync("repair: after asking");
        if (fault is not null && answers.Count == 0)
        {
            return fault.IsAccountFault ? Outcome.Done
                : fault.IsQuota ? Outcome.Snooze(Until(fault.RetryAt), "quota")
                : Outcome.Retry($"{fault.Fault}: {fault.Message}");
        }

        await CommitAsync(message, answers, isLast: suspects.Count < PerRun && fault is null, Until(fault?.RetryAt), context, cancellationToken);
        return Outcome.Done;
    }

    private async Task CommitAsync(
        CheckMissing message, List<(Suspect Mail, IReadOnlyList<string>? Labels)> answers, bool isLast, TimeSpan wait, MessageContext context, CancellationToken cancellationToken)
    {
        var messages = new List<OutgoingMessage>();
        var versions = new List<SyncVersion?>();
        await database.TransactAsync(async connection =>
        {
            messages.Clear();
            versions.Clear();
            var now = time.GetUtcNow();
            var gone = answers.Where(a => a.Labels is null).Select(a => a.Mail).ToList();

            // Locked together and in id order; some may have moved since they were chosen.
            var known = await Ledger.FindAsync(connection, message.ProviderUserId, [.. gone.Select(g => g.ProviderMessageId)], cancellationToken);
            var closed = await Ledger.GoneAsync(connection, [.. known.Where(k => k.State is "listed" or "stored").Select(k => k.Id)], cancellationToken);
            await Ledger.VanishAsync(connection, [.. known.Where(k => k.State == "done").Select(k => k.Id)], cancellationToken);
            await MailStates.DeletedAsync(connection, [.. known.Where(k => k.HasContent).Select(k => k.Id)], now, cancellationToken);
            var changed = 0;
            foreach (var (mail, labels) in answers.Where(a => a.Labels is not null))
            {
                changed += await MailStates.SetLabelsAsync(connection, mail.Id, labels!, now, cancellationToken);
            }

            var (allGone, allChanged) = (message.Gone + gone.Count, message.Changed + changed);
            if (isLast)
            {
                await RepairStore.EndAsync(connection, message.SyncId, message.ProviderUserId, allGone, allChanged, cancellationToken);
            }
            else
            {
                var next = message with { After = answers[^1].Mail.Id, Gone = allGone, Changed = allChanged };
                messages.Add(MessageBus.Pack(next, Lane.Bulk, message.ProviderUserId, context.CorrelationId, wait));
                await Outbox.AddAsync(connection, messages, cancellationToken);
            }

            foreach (var sync in closed.Where(m => m.SyncId is not null).GroupBy(m => m.SyncId!.Value).OrderBy(g => g.Key))
            {
                versions.Add(await SyncCounters.CloseAsync(connection, sync.Key, 0, sync.Count(), 0, null, cancellationToken));
            }
        }, cancellationToken);
        wakeUps.Sent(messages);
        progress.Changed(versions);
    }

    private TimeSpan Until(DateTimeOffset? at) => at is { } t && t - time.GetUtcNow() is var left && left > TimeSpan.Zero ? left : at is null ? TimeSpan.Zero : s_throttled;
}
