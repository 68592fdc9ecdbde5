using Butler.Mailboxes.Files;
using Butler.Mailboxes.Gmail;
using Microsoft.Extensions.Options;

namespace Butler.Mailboxes;

/// <summary>Knows which kind of mailbox an account has.</summary>
internal sealed class MailboxFactory(GmailClient gmail, IEnumerable<IFileIndex> files, IOptions<FileMailboxOptions> fileOptions, TimeProvider time) : IMailboxFactory
{
    public IMailbox Open(MailboxAccount account) => account.Provider switch
    {
        "gmail" => new GmailMailbox(gmail, account),
        "file" => new FileMailbox(account, files.FirstOrDefault() ?? throw new NotSupportedException("This service reads no files."), fileOptions.Value, time),
        _ => throw new NotSupportedException("This kind of mailbox is not built; there are: gmail, file."),
    };
}
