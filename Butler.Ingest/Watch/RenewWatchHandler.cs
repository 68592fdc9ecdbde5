using Butler.Data;
using Butler.Ingest.Accounts;
using Butler.Mailboxes;
using Butler.Messaging;
using Butler.Messaging.Contracts;

namespace Butler.Ingest.Watch;

/// <summary>Registers or renews an account's watch when it is due; sent on connect and by the daily check.</summary>
internal sealed class RenewWatchHandler(AccountStore accounts, WatchKeeper watches, Database database, TimeProvider time) : IHandler<RenewWatch>
{
    private static readonly TimeSpan s_throttled = TimeSpan.FromSeconds(2);

    public async Task<Outcome> HandleAsync(RenewWatch message, MessageContext context, CancellationToken cancellationToken)
    {
        if (!watches.IsOn || await accounts.FindAsync(message.ProviderUserId, cancellationToken) is not { Provider: "gmail", Mailbox: { } mailbox, Status: "active", MailOn: true }
            || !await watches.IsDueAsync(message.ProviderUserId, cancellationToken))
        {
            return Outcome.Done;
        }

        try
        {
            await watches.RenewAsync(mailbox, context.CorrelationId, cancellationToken);
            return Outcome.Done;
        }
        catch (MailboxException e) when (e.IsQuota)
        {
            return Outcome.Snooze(e.RetryAt is { } at && at - time.GetUtcNow() is var left && left > s_throttled ? left : s_throttled, "quota");
        }
        catch (MailboxException e) when (e.IsAccountFault)
        {
            await database.TransactAsync(c => AccountStore.FailAsync(c, message.ProviderUserId, e.Fault, AccountStore.Explain(e), cancellationToken), cancellationToken);
            return Outcome.Done;
        }
        catch (MailboxException e)
        {
            // After the last try it is a dead letter, and the next daily check asks again.
            return Outcome.Retry($"{e.Fault}: {e.Message}");
        }
    }
}
