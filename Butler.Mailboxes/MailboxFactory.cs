using Butler.Mailboxes.Gmail;

namespace Butler.Mailboxes;

/// <summary>Knows which kind of mailbox an account has.</summary>
internal sealed class MailboxFactory(GmailClient gmail) : IMailboxFactory
{
    public IMailbox Open(MailboxAccount account) => account.Provider switch
    {
        "gmail" => new GmailMailbox(gmail, account),
        _ => throw new NotSupportedException("This kind of mailbox is not built; there is: gmail."),
    };
}
