using Butler.Mailboxes.Gmail;
using Butler.Mailboxes.Imap.Accounts;

namespace Butler.Mailboxes;

/// <summary>Knows which kind of mailbox an account has.</summary>
internal sealed class MailboxFactory(GmailClient gmail, ImapDoor imap, TimeProvider time, IEnumerable<IImapState> states, IDraftGate gate) : IMailboxFactory
{
    public IMailbox Open(MailboxAccount account) => account.Provider switch
    {
        "gmail" => new GmailMailbox(gmail, account),
        "imap" => new ImapMailbox(imap, states.FirstOrDefault() ?? throw new NotSupportedException("This service keeps no state of IMAP accounts."), account, gate, time),
        _ => throw new NotSupportedException("This kind of mailbox is not built; there are: gmail, imap."),
    };
}
