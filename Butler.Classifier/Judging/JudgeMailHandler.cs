using Butler.Classifier.Tags;
using Butler.Classifier.Transactions;
using Butler.Classifier.Triage;
using Butler.Data;
using Butler.Data.Classifier;
using Butler.Intelligence;
using Butler.Intelligence.Chat;
using Butler.Intelligence.Chat.Judging;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Classifier.Judging;

/// <summary>
/// Asks the chat providers about one mail and writes the final verdict as a further revision (MECHANICS 8). The row in
/// <c>open_judgings</c> is the state: whoever deletes it writes the revision, so a second delivery writes and sends nothing. With every
/// provider away the row is given back and the provisional verdict stands.
/// </summary>
internal sealed partial class JudgeMailHandler(
    Database database, WakeUps wakeUps, ChatPipeline pipeline, TriageJudge judge, AnswerCache cache, ChatBudget budget, JudgingMetrics metrics, IFaultPoints faults, TimeProvider time,
    IOptions<JudgingOptions> options, IOptions<TriageOptions> triage, OwnTagCache tags, ILogger<JudgeMailHandler> logger) : IHandler<JudgeMail>
{
    private static readonly TimeSpan s_atLeast = TimeSpan.FromMilliseconds(100);

    public async Task<Outcome> HandleAsync(JudgeMail message, MessageContext context, CancellationToken cancellationToken)
    {
        if (!pipeline.Settings.IsOn || await StandingAsync(message.MailId, cancellationToken) is not { } standing)
        {
            return Outcome.Done; // Judged already; or nobody is configured any more, and the feed settles it.
        }

        if (await MailsToJudge.ReadAsync(database.DataSource, [message.MailId], null, cancellationToken) is not [var mail])
        {
            await database.TransactAsync(c => Judgings.CloseAsync(c, message.MailId, cancellationToken), cancellationToken); // Expired.
            return Outcome.Done;
        }

        if (standing.IsWithdrawn)
        {
            // Its owner deleted it, or left, while it waited: nobody else is to read it any more, and its local verdict stands.
            await FinishAsync(mail, standing.Category, null, false, [], context, cancellationToken);
            return Outcome.Done;
        }

        if (await budget.WaitAsync(message.ProviderUserId, cancellationToken) is { } wait)
        {
            return await ReturnAsync(message, wait, "budget", [], cancellationToken);
        }

        var own = await tags.OfAsync(message.ProviderUserId, cancellationToken);
        var isLast = context.Failures + 1 >= RetryTable.For(nameof(JudgeMail)).Tries;
        var calls = new List<ChatCall>();
        try
        {
            var (judgement, cached) = await AskAsync(mail, own, standing.ExpiresAt, context.Failures == 0, calls, cancellationToken);
            await FinishAsync(mail, standing.Category, judgement, cached, calls, context, cancellationToken);
            return Outcome.Done;
        }
        catch (NoChatAnswerException e) when (e.IsOfRequest && context.Failures + 1 >= options.Value.RefusedTries)
        {
            LogRefused(message.MailId, e.Message);
            await FinishAsync(mail, standing.Category, null, false, calls, context, cancellationToken);
            return Outcome.Done;
        }
        catch (NoChatAnswerException e) when (isLast || e.NobodyAsked)
        {
            // Not the mail's fault: no dead letter. Its turn comes again when a provider can be asked.
            var delay = e.NobodyAsked ? e.RetryAt is { } next ? pipeline.Until(next) : TimeSpan.Zero : options.Value.Rest;
            return await ReturnAsync(message, delay, e.Message, calls, cancellationToken);
        }
        catch (NoChatAnswerException e)
        {
            await UseAsync(message.ProviderUserId, calls, cancellationToken);
            return Outcome.Retry(e.Message, e.RetryAt is { } at ? Longer(pipeline.Until(at)) : null);
        }
        catch (Exception e) when (isLast && e is not OperationCanceledException && !Faults.IsOurs(e))
        {
            // Whatever this mail does to the code: its local verdict is a verdict.
            LogRefused(message.MailId, e.GetType().Name);
            await FinishAsync(mail, standing.Category, null, false, calls, context, cancellationToken);
            return Outcome.Done;
        }
    }

    private async Task<(ChatJudgement Judgement, bool Cached)> AskAsync(MailToJudge mail, OwnTags own, DateTimeOffset? expiresAt, bool canWait, List<ChatCall> calls, CancellationToken cancellationToken)
    {
        var shown = MailForModel.Of(mail.Features, own);
        var (known, salt) = await cache.FindAsync(mail.ProviderUserId, mail.Id, judge.PromptVersion, shown, cancellationToken);
        if (known is not null)
        {
            return (new(known.Answer, known.Provider, known.Model, known.Prompt), true);
        }

        await faults.ReachAsync("judge: before call");
        var judgement = await judge.AskAsync(shown, canWait, calls, cancellationToken);
        await faults.ReachAsync("judge: after call");
        if (salt is not null)
        {
            await cache.KeepAsync(salt, shown, new(judgement.Provider, judgement.Model, judgement.Prompt, judgement.Answer), expiresAt, cancellationToken);
            await faults.ReachAsync("judge: after cache write");
        }

        return (judgement, false);
    }

    /// <summary>Writes the final verdict: the model's, or the local one where no model would judge.</summary>
    private async Task FinishAsync(MailToJudge mail, string before, ChatJudgement? judgement, bool cached, List<ChatCall> calls, MessageContext context, CancellationToken cancellationToken)
    {
        var understanding = LocalTriage.Understand(mail.Features);
        var category = judgement?.Answer.Category ?? understanding.Verdict.Category.Name();
        var money = Bookkeeper.Merge(mail, category, judgement?.Answer.Transactions ?? []);
        var messages = new List<OutgoingMessage>();
        var written = await database.TransactAsync(async connection =>
        {
            messages.Clear();
            var own = await tags.HoldAsync(connection, mail.ProviderUserId, cancellationToken);
            var local = mail.Judge(own, understanding);
            var verdict = (judgement is null ? local : Judged(local, own, mail, judgement)) with
            {
                TokensUsed = (int)Math.Min(int.MaxValue, calls.Sum(c => c.InputTokens + c.OutputTokens)),
                Record = judgement is null ? VerdictRecords.Of(understanding.Verdict, calls) : VerdictRecords.Of(judgement, calls, cached, understanding.Verdict, money.Proposals),
            };
            await Ledger.ExpiryAsync(connection, mail.Id, cancellationToken); // Locks the mail's row, which comes before all others but the owner's tags.
            var open = await Judgings.CloseAsync(connection, mail.Id, cancellationToken);
            before = await NewestAsync(connection, mail.Id, cancellationToken) ?? before; // It may have been judged here again meanwhile.
            var isOurs = open is not null && await VerdictWriter.AddRevisionAsync(connection, verdict, DateTimeOffset.MaxValue, cancellationToken);
            if (isOurs)
            {
                // With what the model proposes; and mail that it takes out of spam is booked now, mail that it puts there is not any more.
                await Bookkeeper.RebookAsync(connection, mail, verdict.Tags, money.Lines, cancellationToken);
            }

            if (isOurs && Draft(open!, category, before) is { } draft)
            {
                messages.Add(draft);
                await Outbox.AddAsync(connection, messages, cancellationToken);
            }

            await ChatUsage.AddAsync(connection, mail.ProviderUserId, calls.Select(Used), cancellationToken);
            await faults.ReachAsync("judge: before commit");
            return isOurs;
        }, cancellationToken);
        await faults.ReachAsync("judge: after commit");
        wakeUps.Sent(messages);
        if (written)
        {
            metrics.Judged(judgement is null ? "local" : cached ? "cache" : "chat", before != category);
        }
    }

    /// <summary>The model's words in place of the local ones. The owner's rule is the owner's word, whatever a model says.</summary>
    private static StoredVerdict Judged(StoredVerdict local, OwnTags own, MailToJudge mail, ChatJudgement judgement) => local with
    {
        Category = judgement.Answer.Category,
        Confidence = (float)judgement.Answer.Confidence,
        Reasoning = judgement.Answer.Reason,
        Summary = judgement.Answer.Summary.Length > 0 ? judgement.Answer.Summary : local.Summary,
        ModelUsed = judgement.Model,
        Tags = [.. own.Of(mail.Features).Union(judgement.Answer.Tags.Where(own.Allowed.Contains))], // One may be gone since it was asked.
    };

    /// <summary>
    /// Due where the final verdict made it due, or where the draft of the provisional one still waits. The Responder decides, and its row
    /// per mail keeps a draft from being doubled. Somebody who asked for the mail is answered whatever the verdict.
    /// </summary>
    private OutgoingMessage? Draft(OpenJudging open, string category, string before)
    {
        var waits = time.GetUtcNow() - open.CreatedAt < options.Value.DraftWait;
        var isDue = category == "needs_reply" && open.ReceivedAt >= time.GetUtcNow().AddDays(-triage.Value.RecentDays) && (before != "needs_reply" || waits);
        return open.TaskId is not null || isDue
            ? MessageBus.Pack(new DraftReply(open.MailId, open.ProviderUserId, open.TaskId, open.Replace), open.TaskId is null ? open.Lane : Lane.Live, open.ProviderUserId, open.CorrelationId)
            : null;
    }

    private async Task<Outcome> ReturnAsync(JudgeMail message, TimeSpan delay, string why, List<ChatCall> calls, CancellationToken cancellationToken)
    {
        await database.TransactAsync(async connection =>
        {
            await Judgings.ReturnAsync(connection, message.MailId, Longer(delay), cancellationToken);
            await ChatUsage.AddAsync(connection, message.ProviderUserId, calls.Select(Used), cancellationToken);
        }, cancellationToken);
        LogReturned(message.MailId, why);
        return Outcome.Done;
    }

    private async Task UseAsync(Guid account, List<ChatCall> calls, CancellationToken cancellationToken)
    {
        if (calls.Count > 0)
        {
            await database.TransactAsync(c => ChatUsage.AddAsync(c, account, calls.Select(Used), cancellationToken), cancellationToken);
        }
    }

    /// <summary>The newest verdict of a mail that waits; null: it waits no more.</summary>
    private async Task<(string Category, DateTimeOffset? ExpiresAt, bool IsWithdrawn)?> StandingAsync(Guid mail, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT (SELECT v.category FROM verdicts v WHERE v.mail_id = j.mail_id ORDER BY v.revision DESC LIMIT 1), l.expires_at,
              EXISTS (SELECT FROM mail_state s WHERE s.id = j.mail_id AND s.deleted_at IS NOT NULL) OR EXISTS (SELECT FROM provider_users p WHERE p.id = j.provider_user_id AND p.status = 'disconnected')
            FROM open_judgings j JOIN ledger l ON l.id = j.mail_id WHERE j.mail_id = $1
            """);
        command.Parameters.Add(new() { Value = mail });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? (row.IsDBNull(0) ? "" : row.GetString(0), row.IsDBNull(1) ? null : row.GetFieldValue<DateTimeOffset>(1), row.GetBoolean(2)) : null;
    }

    private static async Task<string?> NewestAsync(NpgsqlConnection connection, Guid mail, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT category FROM verdicts WHERE mail_id = $1 ORDER BY revision DESC LIMIT 1", connection) { Parameters = { new() { Value = mail } } };
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    private static UsedCall Used(ChatCall call) => new(call.Provider, call.Model, call.Fault is not null, call.InputTokens, call.OutputTokens, call.Cost);

    private static TimeSpan Longer(TimeSpan delay) => delay > s_atLeast ? delay : s_atLeast;

    [LoggerMessage(3201, LogLevel.Information, "Mail {Mail} keeps its local verdict: {Reason}")]
    private partial void LogRefused(Guid mail, string reason);

    [LoggerMessage(3202, LogLevel.Information, "Mail {Mail} waits for a chat provider: {Reason}")]
    private partial void LogReturned(Guid mail, string reason);
}
