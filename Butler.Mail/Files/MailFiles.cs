using System.Runtime.CompilerServices;

namespace Butler.Mail.Files;

/// <summary>
/// Reads mail from files: mbox (also Google Takeout), Maildir, folders of single mails, and .tar, .tar.gz, .zip and .gz
/// of these. What a file is, its content tells, not its name. One mail at a time is in memory.
/// </summary>
public static class MailFiles
{
    /// <summary>Reads all mails below a path in a stable order.</summary>
    /// <exception cref="MailFilesException">The path does not exist, cannot be opened, or holds nothing that is mail.</exception>
    public static async IAsyncEnumerable<RawMail> ReadAsync(string path, MailFileOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new MailFileOptions();
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            throw new MailFilesException($"There is no file or folder '{path}'.");
        }

        var any = false;
        var empty = true;
        var entries = new EntryReader(options);
        foreach (var (file, name) in FileTree.List(path))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Stream stream;
            string? problem = null;
            try
            {
                stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problem = "cannot be opened";
                stream = Stream.Null;
            }

            await using (stream)
            {
                empty &= problem is null && stream.Length == 0;
                if (problem is not null)
                {
                    any = true;
                    yield return new RawMail(default, [], name + ":0", problem);
                    continue;
                }

                await foreach (var mail in entries.ReadAsync(stream, name, 0, cancellationToken))
                {
                    any = true;
                    yield return mail;
                }
            }
        }

        if (!any)
        {
            throw new MailFilesException(Directory.Exists(path)
                ? empty ? $"The folder '{path}' is empty." : $"The folder '{path}' holds no mail: no mbox, Maildir, .eml files or archives of these were found."
                : empty ? $"The file '{path}' is empty." : $"The file '{path}' is not mail: it is no mbox, no .eml and no archive of these.") { IsEmpty = empty };
        }
    }
}
