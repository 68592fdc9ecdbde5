using Butler.Classifier.Judging;
using Butler.Classifier.Tags;
using Butler.Classifier.Transactions;
using Butler.Data;
using Butler.Data.Classifier;
using Butler.Data.Search;
using Butler.Intelligence;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;

namespace Butler.Classifier.Triage;

/// <summary>
/// Judges a batch with the local model and writes all of it in one transaction: ledger, verdicts, messages, counters
/// (MECHANICS 2 and 8). A verdict is due for every mail at once; nothing here calls a model over the network.
/// </summary>
internal sealed class TriageMailsHandler(
    Database database, WakeUps wakeUps, ProgressPublisher progress, ClassifierMetrics metrics, StageTimes stages, IFaultPoints faults, TimeProvider time,
    IOptions<TriageOptions> options, JudgingRules judging, OwnTagCache tags) : IHandler<TriageMails>
{
    /// <summary>Tries of a mail that runs alone and never comes back with an answer.</summary>
    private const int SilentTries = 3;

    public async Task<Outcome> HandleAsync(TriageMails message, MessageContext context, CancellationToken cancellationToken)
    {
        var began = StageTimes.Now;
        var mails = await MailsToJudge.ReadAsync(database.DataSource, message.MailIds, "stored", cancellationToken);
        if (mails.Count == 0)
        {
            return Outcome.Done;
        }

        var own = await tags.OfAsync(message.ProviderUserId, cancellationToken);
        stages.Ended("read", began);

        // A batch that was delivered before without an answer runs mail by mail, so that a poison mail ends alone (MECHANICS 4).
        var alone = context.IsSilent || context.Failures > 1;
        foreach (var chunk in mails.Chunk(alone ? 1 : mails.Count))
        {
            try
            {
                if (context.IsSilent && await database.TransactAsync(c => Ledger.CountTryAsync(c, chunk[0].Id, cancellationToken), cancellationToken) > SilentTries)
                {
                    // It takes its process along each time: an answer will never come.
                    throw new MessageException("its triage ended without an answer, alone, three times");
                }

                await faults.ReachAsync("triage: before judging");
                while (!await RunAsync(message, chunk, own, context, cancellationToken))
                {
                    own = await tags.OfAsync(message.ProviderUserId, cancellationToken);
                }
            }
            catch (Exception e) when (alone && e is not OperationCanceledException && !Faults.IsOurs(e))
            {
                await BuryAsync(message, chunk[0], e, cancellationToken);
            }
        }

        return Outcome.Done;
    }

    /// <summary>False: the owner's tags changed meanwhile, and nothing was written.</summary>
    private async Task<bool> RunAsync(TriageMails message, MailToJudge[] mails, OwnTags own, MessageContext context, CancellationToken cancellationToken)
    {
        var began = StageTimes.Now;
        var verdicts = new List<StoredVerdict>(mails.Length);
        for (var i = 0; i < mails.Length; i++)
        {
            if (i % 10 == 9)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await context.YieldToLiveAsync();
            }

            verdicts.Add(judging.Mark(mails[i].Judge(own)));
        }

        began = stages.Ended("understand", began);
        var lines = mails.Zip(verdicts).SelectMany(m => Bookkeeper.Read(m.First, m.Second)).ToList();
        began = stages.Ended("transactions", began);
        await faults.ReachAsync("triage: after judging");
        var messages = new List<OutgoingMessage>();
        var versions = new List<SyncVersion?>();
        var oldest = mails.ToDictionary(m => m.Id, m => m.ReceivedAt);
        var moved = await database.TransactAsync(async connection =>
        {
            messages.Clear();
            versions.Clear();
            if ((await tags.HoldAsync(connection, message.ProviderUserId, cancellationToken)).Version != own.Version)
            {
                return null;
            }

            var done = await Ledger.FinishAsync(connection, [.. mails.Select(m => m.Id)], cancellationToken);
            var expiry = done.ToDictionary(m => m.Id, m => m.ExpiresAt);
            var written = verdicts.Where(v => expiry.ContainsKey(v.MailId)).Select(v => v with { ExpiresAt = expiry[v.MailId] }).ToList();
            await VerdictWriter.WriteFirstAsync(connection, written, time.GetUtcNow(), cancellationToken);
            var booked = await Bookkeeper.BookAsync(connection, message.ProviderUserId, [.. lines.Where(l => expiry.ContainsKey(l.MailId))], cancellationToken);
            messages.AddRange(Drafts(message, written, oldest, context.CorrelationId));
            var (open, asked) = JudgingRules.Open(written, id => oldest[id], message.Lane, context.CorrelationId);
            await Judgings.AddAsync(connection, open, sent: asked.Count > 0, cancellationToken);
            messages.AddRange(asked);
            if (written.Count > 0)
            {
                Guid[] ids = [.. written.Select(v => v.MailId)];
                await SearchIndex.OpenAsync(connection, message.ProviderUserId, ids, cancellationToken);
                messages.Add(MessageBus.Pack(new IndexMails(message.ProviderUserId, message.Lane, ids), IndexMails.LaneOf(message.Lane), message.ProviderUserId, context.CorrelationId));
            }

            await Outbox.AddAsync(connection, messages, cancellationToken);
            foreach (var sync in done.Where(m => m.SyncId is not null).GroupBy(m => m.SyncId!.Value).OrderBy(g => g.Key))
            {
                versions.Add(await SyncCounters.CloseAsync(connection, sync.Key, sync.Count(), 0, 0, sync.Min(m => oldest[m.Id]), sync.Sum(m => booked.GetValueOrDefault(m.Id)), cancellationToken));
            }

            return written;
        }, cancellationToken);
        stages.Ended("write", began);
        if (moved is null)
        {
            return false;
        }

        await faults.ReachAsync("triage: after commit");
        wakeUps.Sent(messages);
        progress.Changed(versions);
        metrics.Finished([.. moved.Select(v => v.MailId)], time.GetUtcNow());
        foreach (var category in moved.GroupBy(v => v.Category))
        {
            metrics.Processed(category.Key, category.Count());
        }

        return true;
    }

    /// <summary>
    /// Only recent mail can be due for a draft; the Responder decides (DESIGN section 3.5). In the lane of its mail: the drafts of an
    /// import must not stand before those of new mail. Of a provisional verdict only when the final one has had its time.
    /// </summary>
    private IEnumerable<OutgoingMessage> Drafts(TriageMails message, List<StoredVerdict> verdicts, Dictionary<Guid, DateTimeOffset> receivedAt, Guid correlationId)
    {
        var recent = time.GetUtcNow().AddDays(-options.Value.RecentDays);
        return verdicts.Where(v => v.Category == "needs_reply" && receivedAt[v.MailId] >= recent)
            .Select(v => MessageBus.Pack(new DraftReply(v.MailId, v.ProviderUserId, null, false), message.Lane, message.ProviderUserId, correlationId, v.Provisional ? judging.DraftWait : TimeSpan.Zero));
    }

    private async Task BuryAsync(TriageMails message, MailToJudge mail, Exception error, CancellationToken cancellationToken)
    {
        var reason = $"The mail cannot be judged: {error.GetType().Name} {Faults.SafeMessage(error)}".TrimEnd();
        var versions = new List<SyncVersion?>();
        await database.TransactAsync(async connection =>
        {
            versions.Clear();
            foreach (var dead in await Ledger.DieAsync(connection, [mail.Id], reason, cancellationToken))
            {
                await DeadLetters.AddAsync(connection, [new("triage", message.ProviderUserId, dead.Id, dead.SyncId, "{}", reason, error.StackTrace)], cancellationToken);
                if (dead.SyncId is { } sync)
                {
                    versions.Add(await SyncCounters.CloseAsync(connection, sync, 0, 0, 1, null, cancellationToken));
                }
            }
        }, cancellationToken);
        progress.Changed(versions);
    }
}
