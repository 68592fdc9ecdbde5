using Butler.Data;
using Butler.Ingest.Accounts;
using Butler.Ingest.Failures;
using Butler.Ingest.Sync;
using Butler.Mailboxes;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Audits;

/// <summary>
/// Lists an account's mail at the provider, page by page with a saved cursor, compares it with the ledger, and on request records what is
/// missing, asks about what is no longer listed, and tries dead letters again. It reads no mail, and no transaction is open while it asks.
/// </summary>
internal sealed class AuditMailboxHandler(
    AccountStore accounts, AuditStore audits, FailedTaskStore failures, IMailboxFactory mailboxes, Questions questions, Database database, WakeUps wakeUps, ProgressPublisher progress,
    TimeProvider time, IOptions<AuditOptions> options)
    : IHandler<AuditMailbox>
{
    /// <summary>How often the listing begins anew because its page token was refused.</summary>
    private const int MaxRestarts = 5;

    public async Task<Outcome> HandleAsync(AuditMailbox message, MessageContext context, CancellationToken cancellationToken)
    {
        await database.TransactAsync(c => AuditStore.BeginAsync(c, message, cancellationToken), cancellationToken);
        if (await audits.FindAsync(message.AuditId, cancellationToken) is not { Status: "running" } audit)
        {
            return Outcome.Done;
        }

        if (await accounts.FindAsync(audit.ProviderUserId, cancellationToken) is not { Mailbox: { } mailbox, Status: "active" } account)
        {
            await audits.EndAsync(audit, "The account is not connected. Connect it again and start the audit.", 0, cancellationToken);
            return Outcome.Done;
        }

        try
        {
            if (await ListAsync(audit, mailboxes.Open(mailbox), context, cancellationToken) is not { } listed)
            {
                return Outcome.Done;
            }

            if (await audits.CompareAsync(listed, cancellationToken) > 0 && listed.Looks == 0 && options.Value.Grace > TimeSpan.Zero)
            {
                return Outcome.Snooze(options.Value.Grace, "mail that just came may be on its way into the ledger");
            }

            // Of a file that is away for a while nobody can say that its mails are deleted.
            if (listed is { Repair: true, Provider: "gmail" })
            {
                await AskAsync(listed, mailbox, context, cancellationToken);
                await audits.CompareAsync(listed, cancellationToken);
            }

            await EndAsync(listed, context, cancellationToken);
            return Outcome.Done;
        }
        catch (MailboxException e) when (e.IsQuota)
        {
            return Outcome.Snooze(e.RetryAt is { } at && at > time.GetUtcNow() ? at - time.GetUtcNow() : TimeSpan.FromSeconds(1), "quota");
        }
        catch (MailboxException e) when (e.IsAccountFault)
        {
            await database.TransactAsync(c => AccountStore.FailAsync(c, account.Id, e.Fault, AccountStore.Explain(e), cancellationToken), cancellationToken);
            await audits.EndAsync(audit, AccountStore.Explain(e), 0, cancellationToken);
            return Outcome.Done;
        }
        catch (MailboxException e) when (context.Failures >= MaxRestarts - 2)
        {
            // Its last try: a dead letter nobody looks at would leave the audit running for ever.
            await audits.EndAsync(audit, $"Gmail could not be listed ({e.Fault}). Start the audit again later.", 0, cancellationToken);
            return Outcome.Done;
        }
        catch (MailboxException e)
        {
            return Outcome.Retry($"{e.Fault}: {e.Message}");
        }
    }

    /// <summary>Null: a twin of this message is ahead.</summary>
    private async Task<AuditState?> ListAsync(AuditState audit, IMailbox mailbox, MessageContext context, CancellationToken cancellationToken)
    {
        var restarts = 0;
        while (!audit.Listed)
        {
            MailPage page;
            try
            {
                // As an import lists: spam and trash are not asked for, drafts and chats are not mail.
                page = await mailbox.ListAsync(new(audit.RangeFrom, null), audit.PageToken, cancellationToken);
            }
            catch (MailboxException e) when (e.Fault == MailboxFault.PageExpired && audit.PageToken is not null && ++restarts <= MaxRestarts)
            {
                audit = audit with { PageToken = null };
                continue;
            }

            var listed = page.NextPageToken is null;
            if (!await audits.PageAsync(audit, [.. page.Mails.Select(m => m.Id)], page.NextPageToken, listed, cancellationToken))
            {
                return null;
            }

            audit = audit with { Pages = audit.Pages + 1, PageToken = page.NextPageToken, Listed = listed };
            await context.YieldToLiveAsync();
        }

        return audit;
    }

    /// <summary>
    /// What is recorded and no longer listed is asked about, mail by mail: deleted, or moved to Spam or Trash? How far it has asked is kept,
    /// so that quota or a restart costs nothing twice.
    /// </summary>
    private async Task AskAsync(AuditState audit, MailboxAccount account, MessageContext context, CancellationToken cancellationToken)
    {
        var after = audit.AskedAfter ?? Guid.Empty;
        while (await audits.UnlistedAsync(audit, after, Questions.PerRun, cancellationToken) is { Count: > 0 } suspects)
        {
            var (answers, fault) = await questions.AskAsync(account, suspects, cancellationToken);
            var versions = new List<SyncVersion?>();
            after = await database.TransactAsync(async connection =>
            {
                versions.Clear();
                var settled = await questions.SettleAsync(connection, audit.ProviderUserId, answers, cancellationToken);
                await AuditStore.AskedAsync(connection, audit, settled.Last ?? after, cancellationToken);
                await Deletions.CountAsync(connection, settled.Closed, versions, cancellationToken);
                return settled.Last ?? after;
            }, cancellationToken);
            progress.Changed(versions);
            if (fault is not null)
            {
                throw fault;
            }

            await context.YieldToLiveAsync();
        }
    }

    private async Task EndAsync(AuditState audit, MessageContext context, CancellationToken cancellationToken)
    {
        var retried = 0;
        if (audit.Repair)
        {
            while (await audits.MissingAsync(audit, cancellationToken) is { Count: > 0 } missing)
            {
                await RecordAsync(audit, missing, context, cancellationToken);
            }

            if (await audits.FailuresAsync(audit, cancellationToken) is { Count: > 0 } dead)
            {
                retried = await failures.RetryAsync(audit.ProviderUserId, dead, null, cancellationToken);
            }
        }

        await audits.EndAsync(audit, null, retried, cancellationToken);
    }

    private async Task RecordAsync(AuditState audit, List<string> missing, MessageContext context, CancellationToken cancellationToken)
    {
        var messages = new List<OutgoingMessage>();
        await database.TransactAsync(async connection =>
        {
            messages.Clear();
            var seq = await Slots.WakeAsync(connection, audit.ProviderUserId, Lane.Live, cancellationToken);
            var added = await Ledger.RepairAsync(connection, audit.ProviderUserId, context.CorrelationId, missing, cancellationToken);
            if (seq is { } number)
            {
                messages.Add(MessageBus.Pack(new FetchMails(audit.ProviderUserId, Lane.Live, number), Lane.Live, audit.ProviderUserId, context.CorrelationId));
                await Outbox.AddAsync(connection, messages, cancellationToken);
            }

            await AuditStore.CountRepairAsync(connection, audit, added, cancellationToken);
        }, cancellationToken);
        wakeUps.Sent(messages);
    }
}
