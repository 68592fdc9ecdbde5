using System.Diagnostics;
using System.Globalization;
using Butler.Mail;
using Butler.Mail.Files;

namespace Butler.Mailboxes.Files;

/// <summary>
/// A mailbox that is a file or a folder of files: mbox, Maildir, .eml, and archives of these (docs/files.md). It is listed from an index
/// of places, newest first, and a mail is read where it lies. Nothing is ever written to it: drafts of a file account are kept in Butler.
/// </summary>
internal sealed class FileMailbox(MailboxAccount account, IFileIndex index, FileMailboxOptions options, TimeProvider time) : IMailbox
{
    /// <summary>There is no history: what is new in a file is found by looking at it again.</summary>
    private const ulong HistoryId = 1;

    private static readonly string[] s_system = ["INBOX", "SENT", "SPAM", "TRASH", "DRAFT"];

    private readonly FileIndexer _indexer = new(index, options, time);
    private string? _root;

    private Guid Id => account.ProviderUserId;

    public async Task<MailboxProfile> GetProfileAsync(CancellationToken cancellationToken)
    {
        await _indexer.RefreshAsync(Id, Root(), cancellationToken);
        return new(account.Address, await index.CountAsync(Id, cancellationToken), HistoryId);
    }

    public async Task<MailPage> ListAsync(MailQuery query, string? pageToken, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (pageToken is null && query.Before is null && query.Search)
        {
            // The beginning of a listing, of an import or an audit: the files may have changed since.
            await _indexer.RefreshAsync(Id, Root(), cancellationToken);
        }

        var mails = await index.ListAsync(Id, query.Search ? query.After : null, query.Search ? query.Before : null, Place(pageToken), query.PageSize, cancellationToken);
        return new([.. mails.Select(m => new MailId(m.Id, m.ThreadId))], mails.Count < query.PageSize ? null : Token(mails[^1]));
    }

    public async Task<FetchBatch> FetchAsync(IReadOnlyList<string> ids, FetchOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            return new(await ReadAsync(ids, options, cancellationToken), null, null);
        }
        catch (MailboxException e)
        {
            return new([], e.Fault == MailboxFault.Throttled ? e.RetryAt : null, e);
        }
    }

    public async Task<IReadOnlyList<ThreadMail>> GetThreadAsync(string threadId, CancellationToken cancellationToken) =>
        [.. (await index.ThreadAsync(Id, threadId, cancellationToken)).Select(m => new ThreadMail(m.Id, m.IsListed ? [] : ["TRASH"], m.ReceivedAt, null, null))];

    public Task<HistoryPage> GetHistoryAsync(ulong startHistoryId, string? pageToken, CancellationToken cancellationToken) => Task.FromResult(new HistoryPage([], null, startHistoryId));

    public async Task<IReadOnlyList<string>?> GetLabelsAsync(string messageId, CancellationToken cancellationToken) =>
        (await index.FindAsync(Id, [messageId], cancellationToken)).TryGetValue(messageId, out var mail) && ReadAt(mail, isVerbatim: true) is { } read ? read.Labels : null;

    // Nobody notifies of a file's changes, and there is nothing to end.
    public Task<MailboxWatch> WatchAsync(string topic, CancellationToken cancellationToken) => Task.FromResult(new MailboxWatch(HistoryId, time.GetUtcNow().AddYears(1)));

    public Task StopWatchAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<DraftRef>> ListDraftsAsync(string threadId, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<DraftRef>>([]);

    public Task<DraftContent?> GetDraftAsync(string draftId, CancellationToken cancellationToken) => Task.FromResult<DraftContent?>(null);

    public Task<DraftRef> CreateDraftAsync(ReadOnlyMemory<byte> raw, string threadId, CancellationToken cancellationToken) => throw ReadOnly();

    public Task<DraftRef> UpdateDraftAsync(string draftId, ReadOnlyMemory<byte> raw, string threadId, CancellationToken cancellationToken) => throw ReadOnly();

    private static MailboxException ReadOnly() => new(MailboxFault.BadRequest, "A file is only read; drafts of its account are kept in Butler.");

    private string Root() => _root ??= new FileRoots(options).Require(FileSettings.FromCredentials(account.Credentials).Path);

    private async Task<List<FetchedMail>> ReadAsync(IReadOnlyList<string> ids, FetchOptions bounds, CancellationToken cancellationToken)
    {
        var root = Root();
        var places = await index.FindAsync(Id, ids, cancellationToken);
        var verbatim = await VerbatimAsync(places.Values, cancellationToken);
        var (started, bytes, answers, moved) = (Stopwatch.GetTimestamp(), 0L, new Dictionary<string, FetchedMail>(StringComparer.Ordinal), new List<IndexedMail>());
        foreach (var id in ids)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (answers.Count > 0 && (bytes >= bounds.MaxBytes || Stopwatch.GetElapsedTime(started) > bounds.MaxTime))
            {
                break;
            }

            if (!places.TryGetValue(id, out var place))
            {
                answers[id] = new(id, FetchStatus.Gone);
            }
            else if (place.Length > MimeLimits.Default.MessageBytes)
            {
                answers[id] = new(id, FetchStatus.Failed) { Error = "The mail is larger than 50 MiB." };
            }
            else if (ReadAt(place, verbatim.Contains(place.Path)) is { } mail)
            {
                answers[id] = mail;
                bytes += mail.Raw.Length;
            }
            else
            {
                moved.Add(place);
            }
        }

        if (moved.Count > 0)
        {
            // The file has changed since it was looked at, or what was taken out of an archive is not there any more: look again.
            await ForgetAsync(moved, cancellationToken);
            await _indexer.RefreshAsync(Id, root, cancellationToken);
            var now = await index.FindAsync(Id, [.. moved.Select(m => m.Id)], cancellationToken);
            verbatim = await VerbatimAsync(now.Values, cancellationToken);
            foreach (var mail in moved)
            {
                answers[mail.Id] = !now.TryGetValue(mail.Id, out var place) ? new(mail.Id, FetchStatus.Gone)
                    : ReadAt(place, verbatim.Contains(place.Path)) ?? new(mail.Id, FetchStatus.Retry) { Error = "The file changes while it is read." };
            }
        }

        return [.. ids.Where(answers.ContainsKey).Select(i => answers[i])];
    }

    /// <summary>Files in which nothing is quoted.</summary>
    private async Task<IReadOnlySet<string>> VerbatimAsync(IEnumerable<IndexedMail> mails, CancellationToken cancellationToken) =>
        (await index.ScansAsync(Id, [.. mails.Select(m => m.Path).Distinct(StringComparer.Ordinal)], cancellationToken)).Values.Where(s => s.IsVerbatim).Select(s => s.Path).ToHashSet(StringComparer.Ordinal);

    private async Task ForgetAsync(List<IndexedMail> mails, CancellationToken cancellationToken)
    {
        var paths = mails.Select(m => m.Path).Distinct(StringComparer.Ordinal).ToList();
        var scans = await index.ScansAsync(Id, paths, cancellationToken);
        foreach (var scan in scans.Values)
        {
            await index.SaveAsync(Id, scan with { IndexedTo = 0, SpoolLength = 0, IsDone = false, Generation = scan.Generation + 1 }, [], cancellationToken);
        }

        // Single mails: their row goes, so that the next look finds them where they are now.
        await index.DropAsync(Id, [.. paths.Where(p => !scans.ContainsKey(p))], cancellationToken);
    }

    /// <summary>The mail, if it still is the one that lay there.</summary>
    private FetchedMail? ReadAt(IndexedMail mail, bool isVerbatim)
    {
        var bytes = new byte[(int)Math.Min(mail.Length, MimeLimits.Default.MessageBytes)];
        try
        {
            using var file = File.OpenHandle(mail.IsSpooled ? _indexer.Spool(Id, mail.Path) : FileIndexer.Place(Root(), mail.Path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            for (var read = 0; read < bytes.Length;)
            {
                var more = RandomAccess.Read(file, bytes.AsSpan(read), mail.Offset + read);
                if (more == 0)
                {
                    return null;
                }

                read += more;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        if (MailIdentity.Of(bytes) != mail.Id)
        {
            return null;
        }

        var labels = MailFileLooks.Labels(mail.Path, bytes);
        return new FetchedMail(mail.Id, FetchStatus.Ok)
        {
            ThreadId = mail.ThreadId,
            ReceivedAt = mail.ReceivedAt,
            // Only a mail of an mbox is quoted; one that begins a file of its own is as it was.
            Raw = isVerbatim || mail.IsSpooled || mail.Offset == 0 ? bytes : MailFileLooks.Unquote(bytes),
            // A Takeout says all about a mail: without "Inbox" it is archived. Other files say at most whether it was read.
            Labels = labels.Any(s_system.Contains) || HasTakeoutLabels(bytes) ? labels : ["INBOX", .. labels],
        };
    }

    private static bool HasTakeoutLabels(ReadOnlySpan<byte> mail) => mail[..Math.Min(mail.Length, MboxScanner.HeadBytes)].IndexOf("\nX-Gmail-Labels:"u8) >= 0 || mail.StartsWith("X-Gmail-Labels:"u8);

    private static string Token(IndexedMail mail) => string.Create(CultureInfo.InvariantCulture, $"{mail.ReceivedAt.UtcTicks / 10}_{mail.Id}");

    private static (DateTimeOffset At, string Id)? Place(string? token) =>
        token is null ? null
        : token.IndexOf('_', StringComparison.Ordinal) is var at and > 0 && long.TryParse(token.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out var micros) && micros < DateTime.MaxValue.Ticks / 10
            ? (new DateTimeOffset(micros * 10, TimeSpan.Zero), token[(at + 1)..])
            : throw new MailboxException(MailboxFault.PageExpired, "This is no place in the listing");
}
