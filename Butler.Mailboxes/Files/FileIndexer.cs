using Butler.Mail;
using Butler.Mail.Files;

namespace Butler.Mailboxes.Files;

/// <summary>
/// Brings the index of a file mailbox up to its files: only what is new or changed is read, batch by batch, each committed with how
/// far it goes. What takes longer than a turn goes on in the next.
/// </summary>
internal sealed class FileIndexer(IFileIndex index, FileMailboxOptions options, TimeProvider time)
{
    private const int BatchMails = 500;
    private const int BatchFiles = 500;

    private static readonly TimeSpan s_future = TimeSpan.FromDays(1);
    private static readonly string[] s_unlisted = ["DRAFT", "CHAT", "SPAM", "TRASH"];

    /// <summary>Looks at everything at or below the path.</summary>
    /// <exception cref="MailboxException">Throttled: the turn is over, or another pass is at work; call again.</exception>
    public async Task RefreshAsync(Guid account, string root, CancellationToken cancellationToken)
    {
        await using var one = await index.TryLockAsync(account, cancellationToken)
            ?? throw Later("another look at these files is at work");
        var started = time.GetTimestamp();
        var worked = false;
        foreach (var files in MailFileLooks.List(root).Select(f => new FileInfo(f.Path) is var info ? (f.Path, f.Name, Info: info) : default).Chunk(BatchFiles))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (worked && time.GetElapsedTime(started) > options.ScanTime)
            {
                throw Later("the files are being looked through");
            }

            var sizes = files.Where(f => f.Info.Exists).ToDictionary(f => f.Name, f => f.Info.Length, StringComparer.Ordinal);
            var scans = await index.ScansAsync(account, [.. sizes.Keys], cancellationToken);
            var known = await index.KnownSinglesAsync(account, sizes, cancellationToken);
            var singles = new List<IndexedMail>();
            foreach (var (path, name, info) in files.Where(f => f.Info.Exists && !known.Contains(f.Name)))
            {
                var modified = Rounded(info.LastWriteTimeUtc);
                if (scans.GetValueOrDefault(name) is { IsDone: true } done && done.Size == info.Length && done.ModifiedAt == modified)
                {
                    continue;
                }

                worked = true;
                await LookAsync(account, new(path, name, info.Length, modified), scans.GetValueOrDefault(name), singles, started, cancellationToken);
            }

            await index.SaveAsync(account, null, singles, cancellationToken);
        }

        await DropMissingAsync(account, root, cancellationToken);
    }

    /// <summary>Where a file of the mailbox lies.</summary>
    public static string Place(string root, string name) => File.Exists(root) ? root : Path.Combine(root, name);

    /// <summary>Where what was taken out of an archive lies.</summary>
    public string Spool(Guid account, string name) => Path.Combine(options.SpoolFolder(account), MailIdentity.Of(System.Text.Encoding.UTF8.GetBytes("name: " + name)) + ".spool");

    private async Task LookAsync(Guid account, Found file, FileScan? scan, List<IndexedMail> singles, long started, CancellationToken cancellationToken)
    {
        await using var stream = Open(file.Path);
        if (stream is null)
        {
            return; // Not readable: nothing of it is listed; the next look tries again.
        }

        var head = new byte[(int)Math.Min(MailFileLooks.Window, file.Size)];
        var read = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        switch (MailFileLooks.Kind(head.AsMemory(0, read), file.Name))
        {
            case MailFileKind.Single:
                stream.Position = 0;
                var bytes = new byte[(int)Math.Min(file.Size, MboxScanner.HeadBytes)];
                read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
                stream.Position = 0;
                singles.Add(Mail(file, await MailIdentity.OfAsync(stream, cancellationToken), bytes.AsMemory(0, read), 0, file.Size, isSpooled: false));
                break;
            case MailFileKind.Mbox:
                await MboxAsync(account, file, stream, scan, started, cancellationToken);
                break;
            case MailFileKind.Archive:
                await ArchiveAsync(account, file, scan, cancellationToken);
                break;
            default:
                // No mail: not looked at again until it changes.
                await index.SaveAsync(account, new(file.Name, file.Size, file.ModifiedAt, 0, 0, (scan?.Generation ?? 0) + 1, IsDone: true, IsVerbatim: true), [], cancellationToken);
                break;
        }
    }

    private async Task MboxAsync(Guid account, Found file, FileStream stream, FileScan? scan, long started, CancellationToken cancellationToken)
    {
        var at = scan is not null && scan.IndexedTo <= file.Size && await GoesOnAsync(stream, scan.IndexedTo, cancellationToken)
            ? scan with { IsDone = false }
            : new FileScan(file.Name, 0, default, 0, 0, (scan?.Generation ?? 0) + 1, false, false);
        at = at with { Size = file.Size, ModifiedAt = file.ModifiedAt };
        stream.Position = at.IndexedTo;
        var scanner = new MboxScanner(stream, at.IndexedTo);
        var batch = new List<IndexedMail>(BatchMails);
        while (await scanner.ReadAsync(cancellationToken) is { } mail)
        {
            batch.Add(Mail(file, mail.Identity, mail.Head, mail.Offset, mail.Length, isSpooled: false));
            at = at with { IndexedTo = mail.Next, IsVerbatim = at.IsVerbatim || mail.IsVerbatim };
            if (batch.Count < BatchMails)
            {
                continue;
            }

            await index.SaveAsync(account, at, batch, cancellationToken);
            batch.Clear();
            if (time.GetElapsedTime(started) > options.ScanTime)
            {
                throw Later("the files are being looked through");
            }
        }

        await index.SaveAsync(account, at with { IsDone = true }, batch, cancellationToken);
        await index.PruneAsync(account, file.Name, at.Generation, cancellationToken);
    }

    /// <summary>A file that has grown is read on from its old end, when a mail's beginning stands there.</summary>
    private static async Task<bool> GoesOnAsync(FileStream stream, long position, CancellationToken cancellationToken)
    {
        if (position == 0 || position == stream.Length)
        {
            return position > 0;
        }

        var next = new byte[16];
        stream.Position = position;
        var read = await stream.ReadAtLeastAsync(next, next.Length, throwOnEndOfStream: false, cancellationToken);
        return next.AsSpan(0, read).TrimStart("\r\n"u8).StartsWith("From "u8);
    }

    /// <summary>
    /// An archive can be read from its beginning only, and an import wants its newest mail first: its mails are taken out into one file.
    /// A pass that was cut off passes over as many mails as are out already; taken out again they lie at the same places.
    /// </summary>
    private async Task ArchiveAsync(Guid account, Found file, FileScan? scan, CancellationToken cancellationToken)
    {
        var path = Spool(account, file.Name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var isSame = scan is not null && scan.Size == file.Size && scan.ModifiedAt == file.ModifiedAt && (scan.SpoolLength == 0 || (File.Exists(path) && new FileInfo(path).Length >= scan.SpoolLength));
        var at = isSame ? scan! : new FileScan(file.Name, file.Size, file.ModifiedAt, 0, 0, (scan?.Generation ?? 0) + 1, false, true);
        var how = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var spool = new FileStream(path, how);
        spool.SetLength(at.SpoolLength);
        spool.Position = at.SpoolLength;
        var (number, batch) = (0L, new List<IndexedMail>(BatchMails));
        await foreach (var mail in MailFiles.ReadAsync(file.Path, null, cancellationToken))
        {
            if (++number <= at.IndexedTo || mail.Bytes.Length == 0)
            {
                continue;
            }

            batch.Add(Mail(file with { Name = mail.Source }, MailIdentity.Of(mail.Bytes.Span), mail.Bytes[..Math.Min(mail.Bytes.Length, MboxScanner.HeadBytes)], spool.Position, mail.Bytes.Length, isSpooled: true, mail.Labels)
                with { Path = file.Name });
            await spool.WriteAsync(mail.Bytes, cancellationToken);
            at = at with { IndexedTo = number, SpoolLength = spool.Position };
            if (batch.Count == BatchMails)
            {
                await spool.FlushAsync(cancellationToken);
                await index.SaveAsync(account, at, batch, cancellationToken);
                batch.Clear();
            }
        }

        await spool.FlushAsync(cancellationToken);
        await index.SaveAsync(account, at with { IsDone = true }, batch, cancellationToken);
        await index.PruneAsync(account, file.Name, at.Generation, cancellationToken);
    }

    private IndexedMail Mail(Found file, string identity, ReadOnlyMemory<byte> head, long offset, long length, bool isSpooled, IReadOnlyList<string>? labels = null)
    {
        var message = MimeMessage.Parse(head);
        labels ??= MailFileLooks.Labels(file.Name, head);
        var date = message.Date is { } d && d.Year >= 1970 && d <= time.GetUtcNow() + s_future ? d : file.ModifiedAt;
        return new(identity, Thread(message, identity), file.Name, offset, length, date.ToUniversalTime(), !labels.Any(s_unlisted.Contains), isSpooled);
    }

    /// <summary>Takeout names the thread; elsewhere it is the conversation's first Message-ID that the mail knows.</summary>
    private static string Thread(MimeMessage message, string identity) =>
        message.Headers.Get("X-GM-THRID")?.Trim() is { Length: > 0 and < 40 } gmail ? $"g{gmail}"
        : (message.References is [{ } root, ..] ? root : message.InReplyTo is [{ } parent, ..] ? parent : message.MessageId) is { } id ? "m" + MailIdentity.Of(System.Text.Encoding.UTF8.GetBytes("id: " + id))
        : "s" + identity;

    private async Task DropMissingAsync(Guid account, string root, CancellationToken cancellationToken)
    {
        var after = "";
        while (await index.PathsAsync(account, after, BatchFiles, cancellationToken) is { Count: > 0 } paths)
        {
            await index.DropAsync(account, [.. paths.Where(p => !File.Exists(Place(root, p)))], cancellationToken);
            after = paths[^1];
        }
    }

    private static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private MailboxException Later(string why) => new(MailboxFault.Throttled, why) { RetryAt = time.GetUtcNow(), Reason = FileRoots.Reason };

    // PostgreSQL keeps microseconds.
    private static DateTimeOffset Rounded(DateTime utc) => new(utc.Ticks / 10 * 10, TimeSpan.Zero);

    private sealed record Found(string Path, string Name, long Size, DateTimeOffset ModifiedAt);
}
