using Butler.Mail.Files;
using Butler.Testing;

namespace Butler.Mail.Tests;

/// <summary>The corpus's mails, read through <see cref="MailFiles"/> as a user would.</summary>
internal static class CorpusMails
{
    public static readonly (string Kind, string Archive)[] Archives =
    [
        ("mime", "mime.tar.gz"), ("spam-ham", "spam-ham.tar.gz"), ("spam-ham", "spam-ham.cc-by-nc.tar.gz"), ("threads", "threads.tar.gz"), ("quotes-signatures", "quotes-signatures.tar.gz"), ("transactions", "transactions.tar.gz"),
    ];

    public static IEnumerable<(string Kind, string Archive)> MailArchives => Archives.Take(4);

    public static async Task<List<RawMail>> ReadAsync(string kind, string archive)
    {
        List<RawMail> mails = [];
        await foreach (var mail in MailFiles.ReadAsync(Path.Combine(Corpus.Folder!, kind, archive)))
        {
            mails.Add(mail);
        }

        return mails;
    }
}
