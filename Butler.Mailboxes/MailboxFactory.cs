using Butler.Mailboxes.Files;
using Butler.Mailboxes.Gmail;
using Butler.Mailboxes.Imap.Accounts;
using Microsoft.Extensions.Options;

namespace Butler.Mailboxes;

/// <summary>Knows which kind of mailbox an account has.</summary>
internal sealed class MailboxFactory(
    GmailClient gmail, ImapDoor imap, IEnumerable<IImapState> imapStates, IDraftGate gate, IEnumerable<IFileIndex> files, IOptions<FileMailboxOptions> fileOptions, TimeProvider time) : IMailboxFactory
{
    public IMailbox Open(MailboxAccount account) => account.Provider switch
    {
        "gmail" => new GmailMailbox(gmail, account),
        "imap" => new ImapMailbox(imap, imapStates.FirstOrDefault() ?? throw new NotSupportedException("This service keeps no state of IMAP accounts."), account, gate, time),
        "file" => new FileMailbox(account, files.FirstOrDefault() ?? throw new NotSupportedException("This service reads no files."), fileOptions.Value, time),
        _ => throw new NotSupportedException("This kind of mailbox is not built; there are: gmail, imap, file."),
    };
}
