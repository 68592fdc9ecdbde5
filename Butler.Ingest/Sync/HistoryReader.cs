using Butler.Data;
using Butler.Data.Ingest;
using Butler.Ingest.Accounts;
using Butler.Ingest.Imap;
using Butler.Mailboxes;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Ingest.Sync;

/// <summary>
/// Reads an account's history from its cursor (MECHANICS 6): every page is committed by itself, the cursor moves once, last and only
/// from where it was. What repeats changes nothing; what is lost is read again.
/// </summary>
internal sealed partial class HistoryReader(
    AccountStore accounts, HistoryCursor cursor, IMailboxFactory mailboxes, Database database, WakeUps wakeUps, ProgressPublisher progress, IFaultPoints faults, TimeProvider time,
    ImapHealth health, IOptions<SyncOptions> options, ILogger<HistoryReader> logger)
{
    /// <summary>How often one reading begins again because a page token was refused; after that it is a failed try.</summary>
    private const int MaxRestarts = 5;

    private static readonly TimeSpan s_atLeast = TimeSpan.FromMilliseconds(50);

    public async Task<Outcome> ReadAsync(Guid providerUserId, MessageContext context, CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(providerUserId, cancellationToken) is not { Mailbox: { } mailbox, Status: "active", MailOn: true } account)
        {
            return Outcome.Done;
        }

        var (reading, busy) = await cursor.TakeAsync(account.Id, cancellationToken);
        if (reading is null)
        {
            // Without a cursor an import is about to store one and lists everything. A busy reader may have passed what we are told of.
            return busy ? Outcome.Snooze(options.Value.Busy, "another reader is at work") : Outcome.Done;
        }

        try
        {
            return await RunAsync(account, reading, mailboxes.Open(mailbox), context, cancellationToken);
        }
        catch (ReadingLostException)
        {
            return Outcome.Snooze(options.Value.Busy, "another reader has taken over");
        }
        catch (MailboxException e)
        {
            await cursor.ReleaseAsync(reading, cancellationToken);
            return await AnswerAsync(account, e, cancellationToken);
        }
        catch (Exception e) when (!Faults.IsOurs(e))
        {
            // Also when this process stops: the next reader need not wait for the lease to end.
            await cursor.ReleaseAsync(reading, CancellationToken.None);
            throw;
        }
    }

    private async Task<Outcome> RunAsync(Account account, Reading reading, IMailbox mailbox, MessageContext context, CancellationToken cancellationToken)
    {
        string? token = null;
        ulong? covered = null;
        var (restarts, changes) = (0, 0);
        while (true)
        {
            HistoryPage page;
            try
            {
                page = await mailbox.GetHistoryAsync(reading.Start, token, cancellationToken);
            }
            catch (MailboxException e) when (e.Fault == MailboxFault.PageExpired && token is not null && ++restarts <= MaxRestarts)
            {
                (token, covered) = (null, null);
                continue;
            }
            catch (MailboxException e) when (e.Fault == MailboxFault.HistoryExpired)
            {
                return await GapAsync(account, reading, mailbox, context, cancellationToken);
            }

            await faults.ReachAsync("history: after page call");

            // What the first page knew of is on these pages; what came later may be on them or not, and is read again.
            covered ??= page.HistoryId;
            changes += page.Records.Count;
            await ApplyAsync(account, reading, HistoryChanges.Read(page.Records), context, cancellationToken);
            await faults.ReachAsync("history: after page commit");

            // Only a missing token ends it: a page may be empty and still have a next one.
            if (page.NextPageToken is null)
            {
                return await FinishAsync(account, reading, covered.Value, changes, context, cancellationToken);
            }

            token = page.NextPageToken;
        }
    }

    private async Task<Outcome> FinishAsync(Account account, Reading reading, ulong covered, int changes, MessageContext context, CancellationToken cancellationToken)
    {
        var moved = await database.TransactAsync(async connection =>
        {
            if (changes > 0)
            {
                // Gmail drops what comes within a second of a notification. One that waits since the last reading would come too soon after this one's.
                await Outbox.AddOrPutOffAsync(
                    connection, MessageBus.Pack(new SyncHistory(account.Id, "again"), Lane.Live, account.Id, context.CorrelationId, options.Value.Again), cancellationToken);
            }

            await RepairIfDueAsync(connection, account.Id, context, cancellationToken);
            return await HistoryCursor.MoveAsync(connection, reading, covered, cancellationToken);
        }, cancellationToken);
        await faults.ReachAsync("history: after cursor");
        LogRead(account.Id, changes);
        return moved ? Outcome.Done : Outcome.Snooze(options.Value.Busy, "the cursor has moved meanwhile");
    }

    /// <summary>A gap that no repair has closed: its repair was lost or has failed.</summary>
    private static async Task RepairIfDueAsync(NpgsqlConnection connection, Guid account, MessageContext context, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT 1 FROM provider_users p WHERE p.id = $1 AND p.gap_found_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM sync_jobs j WHERE j.provider_user_id = p.id AND j.type = 'repair' AND j.status IN ('pending', 'in_progress'))
              AND NOT EXISTS (SELECT FROM outbox o WHERE o.provider_user_id = p.id AND o.kind IN ('RepairGap', 'CheckLabels', 'CheckMissing'))
            """, connection)
        { Parameters = { new() { Value = account } } };
        if (await command.ExecuteScalarAsync(cancellationToken) is not null)
        {
            await MessageBus.SendAsync(connection, new RepairGap(account), Lane.Live, account, context.CorrelationId, cancellationToken);
        }
    }

    /// <summary>Slot → ledger → content → outbox → account → counters: the lock order of everybody (MECHANICS 1).</summary>
    private async Task ApplyAsync(Account account, Reading reading, HistoryChanges changes, MessageContext context, CancellationToken cancellationToken)
    {
        var messages = new List<OutgoingMessage>();
        var versions = new List<SyncVersion?>();
        await database.TransactAsync(async connection =>
        {
            messages.Clear();
            versions.Clear();
            var now = time.GetUtcNow();
            var wanted = changes.Wanted;
            if (wanted.Count > 0 && await Slots.WakeAsync(connection, account.Id, Lane.Live, cancellationToken) is { } seq)
            {
                messages.Add(MessageBus.Pack(new FetchMails(account.Id, Lane.Live, seq), Lane.Live, account.Id, context.CorrelationId));
            }

            await Ledger.ListAsync(connection, account.Id, null, context.CorrelationId, Lane.Live, [.. wanted], (long)changes.NewestId, cancellationToken);
            var known = await Ledger.FindAsync(connection, account.Id, changes.All, cancellationToken);
            await Ledger.PromoteAsync(connection, Ids(known, k => k is { State: "listed", Lane: Lane.Bulk } && changes.Added.Contains(k.ProviderMessageId)), (long)changes.NewestId, cancellationToken);
            await RelabelAsync(connection, known, changes, now, cancellationToken);
            var closed = await Deletions.ApplyAsync(connection, known.Where(k => changes.Deleted.Contains(k.ProviderMessageId)), now, cancellationToken);
            await Outbox.AddAsync(connection, messages, cancellationToken);
            await cursor.HoldAsync(connection, reading, cancellationToken);
            await Deletions.CountAsync(connection, closed, versions, cancellationToken);
        }, cancellationToken);
        wakeUps.Sent(messages);
        progress.Changed(versions);
    }

    private static async Task RelabelAsync(NpgsqlConnection connection, List<KnownMail> known, HistoryChanges changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var relabelled = known.Where(k => changes.Labels.ContainsKey(k.ProviderMessageId)).ToList();
        await MailStates.RelabelAsync(connection, Of(relabelled.Where(k => k.HasContent)), now, cancellationToken);
        await MailStates.KeepAsync(connection, Of(relabelled.Where(k => k is { HasContent: false, State: "listed" })), cancellationToken);

        Dictionary<Guid, LabelChange> Of(IEnumerable<KnownMail> mails) => mails.ToDictionary(k => k.Id, k => changes.Labels[k.ProviderMessageId]);
    }

    private async Task<Outcome> GapAsync(Account account, Reading reading, IMailbox mailbox, MessageContext context, CancellationToken cancellationToken)
    {
        // The fresh id first, then the listing: what changes in between is read from the id on (MECHANICS 6).
        var profile = await mailbox.GetProfileAsync(cancellationToken);
        await faults.ReachAsync("history: gap found");
        var message = MessageBus.Pack(new RepairGap(account.Id), Lane.Live, account.Id, context.CorrelationId);
        var jumped = await database.TransactAsync(async connection =>
        {
            // One that waits begins later, and so closes this gap too.
            await Outbox.AddUnlessWaitingAsync(connection, message, cancellationToken);
            await UserEvents.AddAsync(connection, account.Id, UserEvents.Repaired,
                "The list of changes since Butler last looked is no longer complete. Butler lists the whole mailbox again and fetches what is missing.", cancellationToken);
            return await HistoryCursor.JumpAsync(connection, reading, profile.HistoryId, cancellationToken) ? true : throw new ReadingLostException();
        }, cancellationToken);
        LogGap(account.Id);
        wakeUps.Sent([message]);
        return jumped ? Outcome.Done : Outcome.Snooze(options.Value.Busy, "the cursor has moved meanwhile");
    }

    private async Task<Outcome> AnswerAsync(Account account, MailboxException fault, CancellationToken cancellationToken)
    {
        if (account.Provider == "imap" && !fault.IsQuota)
        {
            await health.FailAsync(account.Id, fault, cancellationToken);
        }
        else if (fault.IsAccountFault)
        {
            await database.TransactAsync(c => AccountStore.FailAsync(c, account.Id, fault.Fault, AccountStore.Explain(fault), cancellationToken), cancellationToken);
        }

        return fault switch
        {
            // Nothing is lost: the cursor stays, and connecting again starts from it.
            { IsAccountFault: true } => Outcome.Done,
            { IsQuota: true } => Outcome.Snooze(Until(fault.RetryAt), "quota"),
            _ => Outcome.Retry($"{fault.Fault}: {fault.Message}", fault.RetryAt is null ? null : Until(fault.RetryAt)),
        };
    }

    private TimeSpan Until(DateTimeOffset? at) => at is { } t && t - time.GetUtcNow() is var left && left > s_atLeast ? left : s_atLeast;

    private static Guid[] Ids(List<KnownMail> known, Func<KnownMail, bool> which) => [.. known.Where(which).Select(k => k.Id)];

    [LoggerMessage(2401, LogLevel.Debug, "History of account {Account} read: {Changes} changes")]
    private partial void LogRead(Guid account, int changes);

    [LoggerMessage(2402, LogLevel.Warning, "The history of account {Account} does not reach back to its cursor; a repair begins")]
    private partial void LogGap(Guid account);
}
