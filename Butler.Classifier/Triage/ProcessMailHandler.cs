using Butler.Classifier.Judging;
using Butler.Classifier.Tags;
using Butler.Classifier.Transactions;
using Butler.Data;
using Butler.Data.Classifier;
using Butler.Intelligence;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;

namespace Butler.Classifier.Triage;

/// <summary>
/// Judges one mail because a caller asked. Judging again never moves the ledger: it adds a verdict revision (MECHANICS 1). A mail
/// that is not stored yet is waited for.
/// </summary>
internal sealed class ProcessMailHandler(Database database, WakeUps wakeUps, IFaultPoints faults, JudgingRules judging, OwnTagCache tags) : IHandler<ProcessMail>
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(2);

    public async Task<Outcome> HandleAsync(ProcessMail message, MessageContext context, CancellationToken cancellationToken)
    {
        var (state, hasVerdict, taskCreated) = await StateAsync(message, cancellationToken);
        switch (state)
        {
            case "listed" or "stored":
                return Outcome.Snooze(s_wait, "the mail is not judged yet");
            case "expired":
            case null or "gone" or "dead" or "skipped" when !hasVerdict:
                await database.TransactAsync(c => TaskIds.SetAsync(c, message.TaskId, state == "skipped" ? "completed" : "failed", cancellationToken), cancellationToken);
                return Outcome.Done;
        }

        var mails = message.ForceReprocess ? await MailsToJudge.ReadAsync(database.DataSource, [message.MailId], null, cancellationToken) : [];
        var understanding = mails.Count > 0 ? LocalTriage.Understand(mails[0].Features) : null;
        await faults.ReachAsync("process: after judging");
        List<OutgoingMessage> messages = [];
        await database.TransactAsync(async connection =>
        {
            var verdict = understanding is null ? null : judging.Mark(mails[0].Judge(await tags.HoldAsync(connection, message.ProviderUserId, cancellationToken), understanding));
            var asks = verdict is { Provisional: true };

            // The final verdict sends it earlier; this one also ends the task, should no chat model answer in time.
            messages =
            [
                MessageBus.Pack(
                    new DraftReply(message.MailId, message.ProviderUserId, message.TaskId, message.ForceReprocess), Lane.Live, message.ProviderUserId, context.CorrelationId, asks ? judging.DraftWait : TimeSpan.Zero),
            ];
            if (verdict is not null && await VerdictWriter.AddRevisionAsync(connection, verdict, taskCreated, cancellationToken))
            {
                await Bookkeeper.RebookAsync(connection, mails[0], verdict.Tags, Bookkeeper.Merge(mails[0], verdict.Category, []).Lines, cancellationToken);
                await Judgings.CloseAsync(connection, message.MailId, cancellationToken); // What waited for the verdict before waits no more.
            }

            if (asks && verdict is not null)
            {
                var open = new OpenJudging(verdict.MailId, verdict.ProviderUserId, Lane.Live, mails[0].ReceivedAt, context.CorrelationId) { TaskId = message.TaskId, Replace = message.ForceReprocess };
                await Judgings.AddAsync(connection, [open], sent: true, cancellationToken);
                messages.Add(JudgingRules.Pack(open));
            }

            // The Responder decides whether a draft is due, and ends the task.
            await TaskIds.SetAsync(connection, message.TaskId, "processing", cancellationToken);
            await Outbox.AddAsync(connection, messages, cancellationToken);
        }, cancellationToken);
        wakeUps.Sent(messages);
        return Outcome.Done;
    }

    private async Task<(string? State, bool HasVerdict, DateTimeOffset TaskCreated)> StateAsync(ProcessMail message, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT CASE WHEN l.expires_at <= now() THEN 'expired' ELSE l.state END, EXISTS (SELECT FROM verdicts v WHERE v.mail_id = l.id), t.created_at
            FROM tasks t LEFT JOIN ledger l ON l.id = $1 AND l.provider_user_id = $2 WHERE t.id = $3
            """);
        command.Parameters.Add(new() { Value = message.MailId });
        command.Parameters.Add(new() { Value = message.ProviderUserId });
        command.Parameters.Add(new() { Value = message.TaskId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (reader.IsDBNull(0) ? null : reader.GetString(0), reader.GetBoolean(1), new DateTimeOffset(reader.GetDateTime(2)))
            : (null, false, default);
    }
}
