using Butler.Data;
using Butler.Ingest.Accounts;
using Butler.Mailboxes;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Import;

/// <summary>
/// Discovers: lists ids only, newest window first, and records them with the cursor, page by page, so that a crash resumes where it
/// stopped (DESIGN section 3.1). After the last window the newest ids are listed once more without a search, because Gmail's search
/// may lag (MECHANICS 6).
/// </summary>
internal sealed class ListMailboxHandler(
    AccountStore accounts, SyncStore syncs, IMailboxFactory mailboxes, Database database, WakeUps wakeUps, ProgressPublisher progress, IFaultPoints faults, TimeProvider time,
    IOptions<ImportOptions> options) : IHandler<ListMailbox>
{
    /// <summary>The fault of a sync whose account cannot be used, as a code and in words.</summary>
    public const string NotConnectedCode = "reconnect_needed", NotConnected = "The account is not connected. Connect it again and start the import.";

    /// <summary>Ranks of one window; a window holds fewer mails than that.</summary>
    private const long RanksPerWindow = 100_000_000;

    /// <summary>How many of the newest ids are listed without a search.</summary>
    private const int NewestMails = 500;

    /// <summary>How often one run lists a window anew because its page token was refused; after that it is a failed try.</summary>
    private const int MaxWindowRestarts = 5;

    public async Task<Outcome> HandleAsync(ListMailbox message, MessageContext context, CancellationToken cancellationToken)
    {
        var sync = await syncs.FindAsync(message.SyncId, cancellationToken);
        if (sync is null or { Status: not ("pending" or "in_progress") } or { TotalKnown: true })
        {
            return Outcome.Done;
        }

        if (await accounts.FindAsync(message.ProviderUserId, cancellationToken) is not { Mailbox: { } mailboxAccount, Status: "active" } account)
        {
            await syncs.FailAsync(sync.Id, NotConnectedCode, NotConnected, null, cancellationToken);
            return Outcome.Done;
        }

        try
        {
            await ListAsync(sync, account, mailboxes.Open(mailboxAccount), context, cancellationToken);
            return Outcome.Done;
        }
        catch (MailboxException e) when (e.IsQuota)
        {
            return Outcome.Snooze(Until(e.RetryAt), "quota");
        }
        catch (MailboxException e) when (e.IsAccountFault)
        {
            await syncs.FailAsync(sync.Id, e.Fault.ToString().ToLowerInvariant(), AccountStore.Explain(e), c => AccountStore.FailAsync(c, account.Id, e.Fault, AccountStore.Explain(e), cancellationToken), cancellationToken);
            return Outcome.Done;
        }
        catch (MailboxException e)
        {
            // Each step is committed: going on means going on from there.
            return Outcome.Retry($"{e.Fault}: {e.Message}", e.RetryAt is null ? null : Until(e.RetryAt));
        }
    }

    private async Task ListAsync(SyncState sync, Account account, IMailbox mailbox, MessageContext context, CancellationToken cancellationToken)
    {
        var profile = await mailbox.GetProfileAsync(cancellationToken);
        await RememberCursorAsync(account.Id, profile.HistoryId, cancellationToken);
        var state = sync;
        var restarts = 0;
        while (true)
        {
            var after = state.WindowBefore.AddDays(-state.WindowDays);
            var isLast = state.RangeFrom is { } from && after <= from;
            if (isLast)
            {
                after = state.RangeFrom!.Value;
            }

            var query = new MailQuery(state.RangeFrom is null && IsBeforeMail(after) ? null : after, state.WindowNumber == 0 ? null : state.WindowBefore);
            isLast |= query.After is null;
            MailPage page;
            try
            {
                page = await mailbox.ListAsync(query, state.PageToken, cancellationToken);
            }
            catch (MailboxException e) when (e.Fault == MailboxFault.PageExpired && state.PageToken is not null && ++restarts <= MaxWindowRestarts)
            {
                // Page tokens expire: the window is listed again from its first page, and known ids change nothing.
                state = state with { PageToken = null };
                await StepAsync(state, account, [], new(0, 0, false, state.ListedShare, state.WindowBefore, state.WindowDays, state.WindowNumber, null), cancellationToken);
                continue;
            }

            var step = page.NextPageToken is { } next
                ? Stay(state, page.Mails.Count, next)
                : Advance(state, after, isLast, page.Mails.Count, profile.MessagesTotal);
            await faults.ReachAsync("import: after list call");
            var known = await StepAsync(state, account, page.Mails, step, cancellationToken);
            state = state with
            {
                WindowBefore = step.WindowBefore, WindowDays = step.WindowDays, WindowNumber = step.WindowNumber, PageToken = step.PageToken, ListedShare = step.ListedShare,
                Total = state.Total + known.New, AlreadyKnown = state.AlreadyKnown + known.AlreadyKnown,
            };
            if (!known.Active)
            {
                return;
            }

            if (state.PageToken is null)
            {
                if (isLast)
                {
                    break;
                }

                restarts = 0;
            }

            await context.YieldToLiveAsync();
        }

        var newest = await NewestAsync(mailbox, cancellationToken);
        await StepAsync(state, account, newest, new(0, 0, true, 1, state.WindowBefore, state.WindowDays, state.WindowNumber, null), cancellationToken);
    }

    /// <summary>Search may lag: the newest ids once more, without one. A page may hold fewer than asked for.</summary>
    private static async Task<List<MailId>> NewestAsync(IMailbox mailbox, CancellationToken cancellationToken)
    {
        for (var restarts = 0; ; restarts++)
        {
            var newest = new List<MailId>();
            string? token = null;
            try
            {
                do
                {
                    var page = await mailbox.ListAsync(new(null, null, Search: false), token, cancellationToken);
                    newest.AddRange(page.Mails);
                    token = page.NextPageToken;
                }
                while (token is not null && newest.Count < NewestMails);
                return newest;
            }
            catch (MailboxException e) when (e.Fault == MailboxFault.PageExpired && token is not null && restarts < MaxWindowRestarts)
            {
                // From its first page again.
            }
        }
    }

    private async Task<(int New, int AlreadyKnown, bool Active)> StepAsync(SyncState state, Account account, IReadOnlyList<MailId> mails, ListingStep step, CancellationToken cancellationToken)
    {
        // A page may repeat an id when mail arrives between two pages.
        var ids = mails.Select(m => m.Id).Distinct(StringComparer.Ordinal).ToList();
        var firstRank = (state.WindowNumber * RanksPerWindow) + ((state.Total + state.AlreadyKnown) % RanksPerWindow);
        var messages = new List<OutgoingMessage>();
        var (added, version) = await database.TransactAsync(async connection =>
        {
            messages.Clear();
            long? seq = null;
            if (ids.Count > 0)
            {
                seq = await Slots.WakeAsync(connection, account.Id, Lane.Bulk, cancellationToken);
            }

            if (state.IsRepair && ids.Count > 0)
            {
                await Sync.RepairStore.SeenAsync(connection, state.Id, ids, cancellationToken);
            }

            var fresh = await Ledger.ListAsync(connection, account.Id, state.Id, state.CorrelationId, Lane.Bulk, ids, firstRank, cancellationToken);
            if (seq is { } number)
            {
                messages.Add(MessageBus.Pack(new FetchMails(account.Id, Lane.Bulk, number), Lane.Bulk, account.Id, state.CorrelationId));
            }

            if (state.IsRepair && step.TotalKnown)
            {
                messages.Add(MessageBus.Pack(new CheckLabels(state.Id, account.Id, null), Lane.Bulk, account.Id, state.CorrelationId));
            }

            await Outbox.AddAsync(connection, messages, cancellationToken);

            if (step.TotalKnown)
            {
                // Before sync_jobs, as everywhere: an account fault locks them in this order too.
                await AccountStore.SucceedAsync(connection, account.Id, cancellationToken);
            }

            return (fresh, await SyncCounters.ListedAsync(connection, state.Id, step with { New = fresh, AlreadyKnown = ids.Count - fresh }, cancellationToken));
        }, cancellationToken);
        wakeUps.Sent(messages);
        progress.Changed([version]);
        return (added, ids.Count - added, version is { Status: "in_progress" });
    }

    private static ListingStep Stay(SyncState state, int count, string next) =>
        new(count, 0, false, state.ListedShare, state.WindowBefore, state.WindowDays, state.WindowNumber, next);

    /// <summary>The next, older window. A window with few mails doubles it: sparse mailboxes need few calls.</summary>
    private ListingStep Advance(SyncState state, DateTimeOffset after, bool isLast, int count, long mailboxSize)
    {
        var days = count < options.Value.BatchMails ? Math.Min(state.WindowDays * 2, 20_000) : state.WindowDays;
        var share = isLast ? 1
            : state.RangeFrom is { } from ? (state.RangeTo - after) / (state.RangeTo - from)
            : mailboxSize > 0 ? (double)(state.Total + state.AlreadyKnown + count) / mailboxSize : 0;
        return new(count, 0, false, Math.Clamp(share, 0, isLast ? 1 : 0.99), after, days, state.WindowNumber + 1, null);
    }

    // No mail is older than RFC 733; past that the last window has no lower bound.
    private static bool IsBeforeMail(DateTimeOffset after) => after.Year < 1977;

    private async Task RememberCursorAsync(Guid providerUserId, ulong historyId, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("UPDATE provider_users SET history_id = $2 WHERE id = $1 AND history_id IS NULL");
        command.Parameters.Add(new() { Value = providerUserId });
        command.Parameters.Add(new() { Value = (long)historyId });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private TimeSpan Until(DateTimeOffset? at) => at is { } t && t > time.GetUtcNow() ? t - time.GetUtcNow() : TimeSpan.FromSeconds(1);
}
