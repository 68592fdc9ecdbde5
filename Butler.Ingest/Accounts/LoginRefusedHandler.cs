using Butler.Data;
using Butler.Mailboxes;
using Butler.Mailboxes.Imap;
using Butler.Messaging;
using Butler.Messaging.Contracts;

namespace Butler.Ingest.Accounts;

/// <summary>Another service met the refusal first: the owner is asked to connect again, as when Ingest meets it.</summary>
internal sealed class LoginRefusedHandler(Database database, AccountStore accounts) : IHandler<LoginRefused>
{
    public async Task<Outcome> HandleAsync(LoginRefused message, MessageContext context, CancellationToken cancellationToken)
    {
        if (Enum.TryParse<MailboxFault>(message.Fault, out var fault) && AccountStore.NeedsReconnect(fault))
        {
            var isImap = (await accounts.FindAsync(message.ProviderUserId, cancellationToken))?.Provider == "imap";
            var error = AccountStore.Explain(new(fault, "") { Problem = isImap ? ImapProblem.LoginRefused : null });
            await database.TransactAsync(c => AccountStore.FailAsync(c, message.ProviderUserId, fault, error, cancellationToken), cancellationToken);
        }

        return Outcome.Done;
    }
}
