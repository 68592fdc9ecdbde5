using Butler.Data;
using Butler.Data.Responder;
using Butler.Mailboxes;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Responder.Templates;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Responder.Drafts;

/// <summary>
/// Brings the reply of one mail to its end, one state after the other (docs/drafts.md). Any number of deliveries may run at once
/// or late: each step is a move that names the state it leaves, and only the holder of a fresh key sends.
/// </summary>
internal sealed partial class DraftReplyHandler(
    Database database, NpgsqlDataSource source, MailStore mails, IMailboxFactory mailboxes, DraftSender sender, DraftReconciler reconciler, DraftReplacer replacer,
    IFaultPoints faults, TimeProvider time, IOptions<ResponderOptions> options, ILogger<DraftReplyHandler> logger) : IHandler<DraftReply>
{
    // intended → sending → intended → sending → end, with room for another handler's moves in between.
    private const int MaxSteps = 8;

    private static readonly TimeSpan s_atLeast = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_throttled = TimeSpan.FromSeconds(2);

    private ResponderOptions Options => options.Value;

    public async Task<Outcome> HandleAsync(DraftReply message, MessageContext context, CancellationToken cancellationToken)
    {
        Outcome outcome;
        try
        {
            outcome = await RunAsync(message, context, cancellationToken);
        }
        catch (MailboxException e)
        {
            outcome = Answer(e);
            if (e.IsAccountFault)
            {
                // The account is Ingest's to write: it asks the owner to connect again.
                await database.TransactAsync(
                    c => MessageBus.SendAsync(c, new LoginRefused(message.ProviderUserId, e.Fault.ToString()), Lane.Live, message.ProviderUserId, context.CorrelationId, cancellationToken), cancellationToken);
            }
        }

        var given = outcome.Kind == OutcomeKind.Dead || (outcome.Kind == OutcomeKind.Retry && context.Failures + 1 >= RetryTable.For(nameof(DraftReply)).Tries);
        if (message.TaskId is { } task && (given || outcome.Kind == OutcomeKind.Done))
        {
            await database.TransactAsync(c => TaskIds.SetAsync(c, task, given ? "failed" : "completed", cancellationToken), cancellationToken);
        }

        return outcome;
    }

    private async Task<Outcome> RunAsync(DraftReply message, MessageContext context, CancellationToken cancellationToken)
    {
        var (account, mailId) = (message.ProviderUserId, message.MailId);
        if (await mails.FindAsync(account, mailId, cancellationToken) is not { } mail)
        {
            return Outcome.Done; // Expired, or its account is gone.
        }

        var reconciled = false;
        for (var step = 0; step < MaxSteps; step++)
        {
            var reply = await Replies.FindAsync(source, account, mailId, Options.Settle, cancellationToken);
            if (reply is null or { State: "intended" } && DueRules.Refuse(mail, Options.RecentDays, time.GetUtcNow()) is { } reason)
            {
                if (reply is null || await database.TransactAsync(c => Replies.SuppressAsync(c, account, mailId, reason, cancellationToken), cancellationToken))
                {
                    LogNotDue(mailId, reason);
                    return Outcome.Done;
                }

                continue;
            }

            switch (reply?.State)
            {
                case null:
                    await IntendAsync(mail, context.CorrelationId, cancellationToken);
                    break;
                case "intended" when mail.Account.KeepsDrafts:
                    await database.TransactAsync(c => Replies.KeepAsync(c, Written(mail, context.CorrelationId), cancellationToken), cancellationToken);
                    return Outcome.Done;
                case "created" when mail.Account.KeepsDrafts:
                    if (message.Replace && mail.Category == "needs_reply")
                    {
                        await database.TransactAsync(c => Replies.KeepAsync(c, Written(mail, context.CorrelationId), cancellationToken), cancellationToken);
                    }

                    return Outcome.Done;
                case "intended" or "sending" when !mail.Account.IsUsable:
                    return Outcome.Snooze(Options.AccountPause, "account not usable");
                case "intended" when reconciled && reply.Sends % Options.MaxSends == 0:
                    // The row stays open for a replay of the dead letter.
                    return Outcome.Dead($"Gmail took none of {reply.Sends} requests to create the draft.");
                case "intended":
                    await sender.SendAsync(mailboxes.Open(mail.Account.Mailbox!), mail, reply, cancellationToken);
                    break;
                case "sending" when reply.UntilSettled > TimeSpan.Zero:
                    return Outcome.Snooze(Max(reply.UntilSettled, s_atLeast), "the outcome of a sending is open");
                case "sending":
                    await reconciler.ReconcileAsync(mailboxes.Open(mail.Account.Mailbox!), mail, reply, cancellationToken);
                    reconciled = true;
                    break;
                case "created" when message.Replace && mail.Account.IsUsable && mail.Category == "needs_reply":
                    await replacer.ReplaceAsync(mailboxes.Open(mail.Account.Mailbox!), mail, reply, context.CorrelationId, cancellationToken);
                    return Outcome.Done;
                default:
                    LogEnded(mailId, reply!.State);
                    return Outcome.Done;
            }
        }

        return Outcome.Retry("The reply's state kept changing.");
    }

    private async Task IntendAsync(DueMail mail, Guid correlationId, CancellationToken cancellationToken)
    {
        await database.TransactAsync(c => Replies.IntendAsync(c, Written(mail, correlationId), cancellationToken), cancellationToken);
        await faults.ReachAsync("draft: after intended");
    }

    private static NewReply Written(DueMail mail, Guid correlationId)
    {
        var written = ReplyTemplate.Write(mail);
        return new(mail.Account.Id, mail.Id, mail.ThreadId, written.Text, written.Intent, written.Language, ReplyTemplate.ModelName, correlationId);
    }

    private Outcome Answer(MailboxException fault) => fault switch
    {
        { Fault: MailboxFault.Throttled } => Outcome.Snooze(Until(fault.RetryAt, s_throttled), fault.Message),
        { Fault: MailboxFault.DailyQuota } => Outcome.Snooze(Until(fault.RetryAt, Options.AccountPause), fault.Message),
        { IsAccountFault: true } => Outcome.Snooze(Options.AccountPause, fault.Message),
        _ => Outcome.Retry(fault.Message, fault.RetryAt is { } at ? Until(at, s_throttled) : null),
    };

    private TimeSpan Until(DateTimeOffset? at, TimeSpan otherwise) => at is { } t ? Max(t - time.GetUtcNow(), s_atLeast) : otherwise;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    [LoggerMessage(4001, LogLevel.Information, "Mail {Mail} gets no draft: {Reason}")]
    private partial void LogNotDue(Guid mail, string reason);

    [LoggerMessage(4002, LogLevel.Information, "Reply of mail {Mail}: {State}")]
    private partial void LogEnded(Guid mail, string state);
}
