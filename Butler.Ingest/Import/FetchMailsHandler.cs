using System.Security.Cryptography;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Data.Retention;
using Butler.Data.Search;
using Butler.Ingest.Accounts;
using Butler.Ingest.Retention;
using Butler.Mailboxes;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Ingest.Import;

/// <summary>
/// Fetches the next batch of one account and lane through its slot, stores it, and sends the next message in the same commit
/// (MECHANICS 2, 3 and 4).
/// </summary>
internal sealed class FetchMailsHandler(
    AccountStore accounts, SyncStore syncs, IMailboxFactory mailboxes, Database database, WakeUps wakeUps, ProgressPublisher progress, ByteBudget budget, IFaultPoints faults,
    RetentionStore retention, TimeProvider time, IOptions<ImportOptions> options) : IHandler<FetchMails>
{
    /// <summary>Tries of a mail that runs alone and never comes back with an answer.</summary>
    private const int SilentTries = 3;

    private static readonly TimeSpan s_accountPause = TimeSpan.FromMinutes(5);

    public async Task<Outcome> HandleAsync(FetchMails message, MessageContext context, CancellationToken cancellationToken)
    {
        var alone = context.IsSilent;
        List<OpenMail> open;
        await using (var connection = await database.DataSource.OpenConnectionAsync(cancellationToken))
        {
            if (!await Slots.IsCurrentAsync(connection, message.ProviderUserId, message.Lane, message.Seq, cancellationToken))
            {
                return Outcome.Done;
            }

            open = await Ledger.NextAsync(connection, message.ProviderUserId, message.Lane, alone ? 1 : options.Value.BatchMails, cancellationToken);
        }

        var account = open.Count == 0 ? null : await accounts.FindAsync(message.ProviderUserId, cancellationToken);
        if (open.Count > 0 && account is not { Mailbox: not null, Status: "active" } && await syncs.ActiveAsync(message.ProviderUserId, cancellationToken) is { } stranded)
        {
            // Somebody else met the refused login: the sync must say so, not stand still until the owner happens to connect again.
            await syncs.FailAsync(stranded, ListMailboxHandler.NotConnectedCode, ListMailboxHandler.NotConnected, null, cancellationToken);
        }

        if (account is not { Mailbox: { } mailbox, Status: "active" } || !await MayRunAsync(message, cancellationToken))
        {
            return await StoreAsync(message, new(), rest: open.Count > 0 ? Rest.Stop : Rest.Look, TimeSpan.Zero, context, cancellationToken);
        }

        if (alone)
        {
            if (open[0].Attempts >= SilentTries)
            {
                var poison = new Batch();
                poison.Dead.Add((open[0], "Its fetch ended without an answer, alone, three times."));
                return await StoreAsync(message, poison, Rest.More, TimeSpan.Zero, context, cancellationToken);
            }

            await database.TransactAsync(c => Ledger.CountTryAsync(c, open[0].Id, cancellationToken), cancellationToken);
        }

        FetchBatch fetched;
        using (await budget.TakeAsync(options.Value.BatchBytes, cancellationToken))
        {
            fetched = await mailboxes.Open(mailbox).FetchAsync(
                [.. open.Select(o => o.ProviderMessageId)],
                new(message.Lane == Lane.Live ? MailLane.Live : MailLane.Bulk, options.Value.BatchBytes, options.Value.BatchTime), cancellationToken);
            await faults.ReachAsync("import: after fetch");
            if (fetched.Fault is { Fault: MailboxFault.DailyQuota } daily && fetched.Mails.Count == 0)
            {
                // Waiting for quota is no failure: the slot goes on when the day's quota is new. New mail looks again sooner.
                var wait = Until(daily.RetryAt);
                return await StoreAsync(message, new(), Rest.More, message.Lane == Lane.Live && wait > s_accountPause ? s_accountPause : wait, context, cancellationToken);
            }

            if (fetched.Fault is { IsAccountFault: true } fault && fetched.Mails.Count == 0)
            {
                return await StopAccountAsync(message, account, fault, context, cancellationToken);
            }

            if (fetched.Mails.Count == 0 && fetched.Fault is { } f && f.Fault != MailboxFault.Throttled)
            {
                return Outcome.Retry($"{f.Fault}: {f.Message}", f.RetryAt is null ? null : Until(f.RetryAt));
            }

            var batch = await SortAsync(account, open, fetched, context, cancellationToken);
            return await StoreAsync(message, batch, Rest.More, Until(fetched.NotBefore ?? fetched.Fault?.RetryAt), context, cancellationToken);
        }
    }

    /// <summary>A bulk slot works only for an active sync; otherwise its mails wait for the next start.</summary>
    private async Task<bool> MayRunAsync(FetchMails message, CancellationToken cancellationToken) =>
        message.Lane == Lane.Live || await syncs.ActiveAsync(message.ProviderUserId, cancellationToken) is not null;

    private async Task<Batch> SortAsync(Account account, List<OpenMail> open, FetchBatch fetched, MessageContext context, CancellationToken cancellationToken)
    {
        var batch = new Batch();
        var byId = open.ToDictionary(o => o.ProviderMessageId, StringComparer.Ordinal);
        var owner = new MailReader.Account(account.Id, account.Address);
        var read = 0;
        foreach (var mail in fetched.Mails)
        {
            if (!byId.TryGetValue(mail.Id, out var row))
            {
                continue;
            }

            switch (mail.Status)
            {
                case FetchStatus.Gone:
                    batch.Gone.Add(row);
                    break;
                case FetchStatus.Retry when row.Attempts + 1 < options.Value.MailTries:
                    batch.Retry.Add((row, mail.Error ?? "the provider failed"));
                    break;
                case FetchStatus.Retry or FetchStatus.Failed:
                    batch.Dead.Add((row, mail.Error ?? "the provider failed"));
                    break;
                default:
                    Read(batch, row, owner, mail, hashed: account.Provider == "imap");
                    break;
            }

            if (++read % 10 == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await context.YieldToLiveAsync();
            }
        }

        return batch;
    }

    private static void Read(Batch batch, OpenMail row, MailReader.Account owner, FetchedMail mail, bool hashed)
    {
        if (mail.Labels.Contains("DRAFT") || mail.Labels.Contains("CHAT"))
        {
            batch.Drafts.Add(row);
            return;
        }

        try
        {
            var read = MailReader.Read(row.Id, owner, mail);
            batch.Mails.Add(hashed ? read with { ContentHash = SHA256.HashData(mail.Raw.Span) } : read);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The reader promises not to throw; should it, this one mail is a dead letter and the import goes on.
            batch.Dead.Add((row, $"The mail cannot be read: {e.GetType().Name}"));
        }
    }

    /// <summary>The stage's one transaction, in the order of MECHANICS 2. A batch the database refuses for its data is halved.</summary>
    private async Task<Outcome> StoreAsync(FetchMails message, Batch batch, Rest rest, TimeSpan wait, MessageContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await CommitAsync(message, batch, rest, wait, context, cancellationToken);
        }
        catch (PostgresException e) when (ContentTables.IsMissing(e))
        {
            // The daily schedule makes partitions ahead of need; should it not have run, the writer makes its own.
            await retention.MakePartitionsAsync(message.ProviderUserId, cancellationToken);
            return await CommitAsync(message, batch, rest, wait, context, cancellationToken);
        }
        catch (PostgresException e) when (IsData(e) && batch.Mails.Count > 0)
        {
            await IsolateAsync(batch, e, cancellationToken);
            return await CommitAsync(message, batch, rest, wait, context, cancellationToken);
        }
    }

    /// <summary>Finds by halving which mails the database refuses, trying each half in a transaction that is rolled back.</summary>
    private async Task IsolateAsync(Batch batch, PostgresException error, CancellationToken cancellationToken)
    {
        // Also what is rolled back lies in the file it was written to: it must be the one that is dropped.
        var expiry = await retention.ExpiresAtAsync(batch.Mails[0].ProviderUserId, cancellationToken);
        var suspects = new Stack<List<StoredMail>>([batch.Mails.Select(m => m with { ExpiresAt = expiry }).ToList()]);
        var good = new List<StoredMail>();
        while (suspects.TryPop(out var part))
        {
            if (await FitsAsync(part, cancellationToken))
            {
                good.AddRange(part);
            }
            else if (part.Count > 1)
            {
                suspects.Push(part[(part.Count / 2)..]);
                suspects.Push(part[..(part.Count / 2)]);
            }
            else
            {
                batch.Dead.Add((new(part[0].Id, "", null, Guid.Empty, 0), $"The database refuses its content ({error.SqlState})."));
            }
        }

        batch.Mails.Clear();
        batch.Mails.AddRange(good);
    }

    private async Task<bool> FitsAsync(List<StoredMail> mails, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await MailWriter.WriteAsync(connection, mails, time.GetUtcNow(), cancellationToken);
            return true;
        }
        catch (PostgresException e) when (IsData(e))
        {
            return false;
        }
    }

    private static bool IsData(PostgresException e) =>
        !ContentTables.IsMissing(e) && (IsRefused(e) || e.SqlState is PostgresErrorCodes.ProgramLimitExceeded);

    private static bool IsRefused(PostgresException e) =>
        e.SqlState.StartsWith("22", StringComparison.Ordinal) || (e.SqlState.StartsWith("23", StringComparison.Ordinal) && e.SqlState != PostgresErrorCodes.UniqueViolation);

    private async Task<Outcome> CommitAsync(FetchMails message, Batch batch, Rest rest, TimeSpan wait, MessageContext context, CancellationToken cancellationToken)
    {
        var messages = new List<OutgoingMessage>();
        var versions = new List<SyncVersion?>();
        var current = await database.TransactAsync(async connection =>
        {
            messages.Clear();
            versions.Clear();
            if (await Slots.AdvanceAsync(connection, message.ProviderUserId, message.Lane, message.Seq, cancellationToken) is not { } next)
            {
                return false;
            }

            var counts = await MoveAsync(connection, message, batch, context, messages, cancellationToken);
            await NextAsync(connection, message, rest, wait, next, context, messages, cancellationToken);
            await Outbox.AddAsync(connection, messages, cancellationToken);
            foreach (var (syncId, count) in counts.OrderBy(c => c.Key))
            {
                var version = await SyncCounters.CloseAsync(connection, syncId, 0, count.Skipped, count.Failed, null, cancellationToken);
                versions.Add(version);
            }

            return true;
        }, cancellationToken);
        await faults.ReachAsync("import: after store");
        if (current)
        {
            wakeUps.Sent(messages);
            progress.Changed(versions);
        }

        return Outcome.Done;
    }

    private async Task<Dictionary<Guid, (int Skipped, int Failed)>> MoveAsync(
        NpgsqlConnection connection, FetchMails message, Batch batch, MessageContext context, List<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<Guid, (int Skipped, int Failed)>();
        void Count(List<MovedMail> moved, int skipped, int failed)
        {
            foreach (var sync in moved.Where(m => m.SyncId is not null).GroupBy(m => m.SyncId!.Value))
            {
                var (s, f) = counts.GetValueOrDefault(sync.Key);
                counts[sync.Key] = (s + (skipped * sync.Count()), f + (failed * sync.Count()));
            }
        }

        var (mails, same, logged) = await SameMails.TakeOutAsync(connection, message.ProviderUserId, batch.Mails, cancellationToken);
        Count(same, 1, 0);
        if (logged)
        {
            // The older mail has the newer one's labels as well: that stands in the log, and nobody was told to look.
            messages.Add(MessageBus.Pack(new SyncHistory(message.ProviderUserId, "same mail"), Lane.Live, message.ProviderUserId, context.CorrelationId));
        }

        var stored = await Ledger.StoreAsync(connection, [.. mails.Select(m => m.Id)], [.. mails.Select(m => m.ReceivedAt.ToUniversalTime())], cancellationToken);
        var expiry = stored.ToDictionary(m => m.Id, m => m.ExpiresAt);
        var written = mails.Where(m => expiry.ContainsKey(m.Id)).Select(m => m with { ExpiresAt = expiry[m.Id] }).ToList();
        await MailWriter.WriteAsync(connection, written, time.GetUtcNow(), cancellationToken);
        var sent = await Ledger.SkipAsync(connection, [.. written.Where(m => m.Outgoing).Select(m => m.Id)], SkipReasons.Sent, cancellationToken);
        Count(sent, 1, 0);
        if (sent.Count > 0)
        {
            // Mail the owner sent is searched as well, and no verdict comes that would send it on.
            Guid[] ids = [.. sent.Select(m => m.Id)];
            await SearchIndex.OpenAsync(connection, message.ProviderUserId, ids, cancellationToken);
            messages.Add(MessageBus.Pack(new IndexMails(message.ProviderUserId, message.Lane, ids), IndexMails.LaneOf(message.Lane), message.ProviderUserId, context.CorrelationId));
        }

        Count(await Ledger.SkipAsync(connection, [.. batch.Drafts.Select(d => d.Id)], SkipReasons.Draft, cancellationToken), 1, 0);
        Count(await Ledger.GoneAsync(connection, [.. batch.Gone.Select(d => d.Id)], cancellationToken), 1, 0);
        foreach (var retry in batch.Retry.GroupBy(r => (r.Row.Attempts, r.Error)))
        {
            var delay = options.Value.MailRetry * Math.Pow(2, retry.Key.Attempts);
            await Ledger.RetryAsync(connection, [.. retry.Select(r => r.Row.Id)], delay, retry.Key.Error, cancellationToken);
        }

        foreach (var dead in batch.Dead.GroupBy(d => d.Error))
        {
            var moved = await Ledger.DieAsync(connection, [.. dead.Select(d => d.Row.Id)], dead.Key, cancellationToken);
            Count(moved, 0, 1);
            await DeadLetters.AddAsync(connection, [.. moved.Select(m => new DeadLetter("fetch", message.ProviderUserId, m.Id, m.SyncId, "{}", dead.Key, null))], cancellationToken);
        }

        foreach (var chunk in written.Where(m => !m.Outgoing).Select(m => m.Id).Chunk(options.Value.TriageMails))
        {
            messages.Add(MessageBus.Pack(new TriageMails(message.ProviderUserId, message.Lane, chunk), message.Lane, message.ProviderUserId, context.CorrelationId));
        }

        return counts;
    }

    /// <summary>The slot's next message, or idle. The slot's lock is held, so nothing is overlooked in between.</summary>
    private static async Task NextAsync(
        NpgsqlConnection connection, FetchMails message, Rest rest, TimeSpan wait, long next, MessageContext context, List<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        if (rest != Rest.Stop && await Ledger.NextWaitAsync(connection, message.ProviderUserId, message.Lane, cancellationToken) is { } until)
        {
            messages.Add(MessageBus.Pack(message with { Seq = next }, message.Lane, message.ProviderUserId, context.CorrelationId, until > wait ? until : wait));
            return;
        }

        await Slots.IdleAsync(connection, message.ProviderUserId, message.Lane, cancellationToken);
    }

    private async Task<Outcome> StopAccountAsync(FetchMails message, Account account, MailboxException fault, MessageContext context, CancellationToken cancellationToken)
    {
        if (await syncs.ActiveAsync(account.Id, cancellationToken) is { } syncId)
        {
            await syncs.FailAsync(syncId, fault.Fault.ToString().ToLowerInvariant(), AccountStore.Explain(fault),
                c => AccountStore.FailAsync(c, account.Id, fault.Fault, AccountStore.Explain(fault), cancellationToken), cancellationToken);
        }
        else if (AccountStore.NeedsReconnect(fault.Fault))
        {
            // Live mail belongs to no import, and its owner must hear of it just the same.
            await database.TransactAsync(c => AccountStore.FailAsync(c, account.Id, fault.Fault, AccountStore.Explain(fault), cancellationToken), cancellationToken);
        }

        return await StoreAsync(message, new(), Rest.Stop, TimeSpan.Zero, context, cancellationToken);
    }

    private TimeSpan Until(DateTimeOffset? at) => at is { } t && t > time.GetUtcNow() ? t - time.GetUtcNow() : TimeSpan.Zero;

    private enum Rest
    {
        /// <summary>Look whether more is due.</summary>
        Look,

        /// <summary>There may be more.</summary>
        More,

        /// <summary>Stop the slot: the account is not to be read now.</summary>
        Stop,
    }

    /// <summary>What a fetch came to, sorted by the ledger move each mail makes.</summary>
    private sealed class Batch
    {
        public List<StoredMail> Mails { get; } = [];

        public List<OpenMail> Drafts { get; } = [];

        public List<OpenMail> Gone { get; } = [];

        public List<(OpenMail Row, string Error)> Retry { get; } = [];

        public List<(OpenMail Row, string Error)> Dead { get; } = [];
    }
}
