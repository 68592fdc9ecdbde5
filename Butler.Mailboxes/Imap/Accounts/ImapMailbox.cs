using System.Globalization;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>
/// An IMAP account behind the seam that was made for Gmail. Listing and history are read from what is known of the folders, after a look
/// that brings it up to date; ids are places or the server's own; labels are folders and flags.
/// </summary>
internal sealed class ImapMailbox(ImapDoor door, IImapState state, MailboxAccount account, IDraftGate gate, TimeProvider time) : IMailbox
{
    private const int HistoryPageSize = 500;

    // No server tells when it gives up its notifications, because there are none.
    private static readonly TimeSpan s_watch = TimeSpan.FromDays(7);

    private readonly ImapDrafts _drafts = new(door, state, account, gate);
    private bool _looked;

    private Guid Id => account.ProviderUserId;

    public async Task<MailboxProfile> GetProfileAsync(CancellationToken cancellationToken)
    {
        var known = await LookAsync(cancellationToken);
        var mails = known.Folders.Where(f => f.Followed && f.Use != ImapUse.Drafts).Sum(f => f.Messages ?? 0);
        return new(account.Address, mails, known.HistoryId);
    }

    public async Task<MailPage> ListAsync(MailQuery query, string? pageToken, CancellationToken cancellationToken)
    {
        if (pageToken is null)
        {
            await LookAsync(MailLane.Bulk, cancellationToken);
        }

        var count = Math.Clamp(query.PageSize, 1, 500);
        var (after, before) = query.Search ? (query.After, query.Before) : (null, null);
        var mails = await state.ListAsync(Id, after, before, pageToken is null ? null : Cursor(pageToken), count, cancellationToken);
        return new([.. mails.Select(m => new MailId(m.Id, m.ThreadId))], mails.Count < count ? null : Token(mails[^1].Cursor));
    }

    public Task<FetchBatch> FetchAsync(IReadOnlyList<string> ids, FetchOptions options, CancellationToken cancellationToken) =>
        new ImapBatch(door, state, account, options, time).RunAsync(ids, cancellationToken);

    public async Task<IReadOnlyList<ThreadMail>> GetThreadAsync(string threadId, CancellationToken cancellationToken)
    {
        var known = await LookAsync(cancellationToken);
        var mails = (await state.ThreadAsync(Id, threadId, cancellationToken)).Where(m => !m.Deleted).DistinctBy(m => m.Id).ToList();
        if (mails.Count == 0)
        {
            throw new MailboxException(MailboxFault.NotFound, "No mail of the thread is in the mailbox");
        }

        var labels = await LabelsAsync(known, [.. mails.Select(m => m.Id)], cancellationToken);
        return [.. mails.OrderBy(m => m.ReceivedAt).Select(m => new ThreadMail(m.Id, labels[m.Id], m.ReceivedAt, null, m.From ?? (m.FromOwner ? account.Address : null)))];
    }

    public async Task<HistoryPage> GetHistoryAsync(ulong startHistoryId, string? pageToken, CancellationToken cancellationToken)
    {
        var known = pageToken is null
            ? await LookAsync(cancellationToken)
            : await state.ReadAsync(Id, cancellationToken) ?? throw new MailboxException(MailboxFault.AccountGone, "The IMAP account has no settings");
        var start = pageToken is null ? startHistoryId : ulong.TryParse(pageToken, NumberStyles.None, CultureInfo.InvariantCulture, out var from) ? from : throw Expired();
        var records = await state.ChangesAsync(Id, start, HistoryPageSize, cancellationToken)
            ?? throw new MailboxException(MailboxFault.HistoryExpired, "The log of changes does not reach back so far");
        return new(records, records.Count < HistoryPageSize ? null : records[^1].Id.ToString(CultureInfo.InvariantCulture), known.HistoryId);
    }

    public Task<DraftRef> CreateDraftAsync(ReadOnlyMemory<byte> raw, string threadId, CancellationToken cancellationToken) => _drafts.CreateAsync(raw, threadId, cancellationToken);

    public Task<DraftContent?> GetDraftAsync(string draftId, CancellationToken cancellationToken) => _drafts.GetAsync(draftId, LookAsync, cancellationToken);

    public Task<DraftRef> UpdateDraftAsync(string draftId, ReadOnlyMemory<byte> raw, string threadId, CancellationToken cancellationToken) =>
        _drafts.UpdateAsync(draftId, raw, threadId, LookAsync, cancellationToken);

    public async Task<IReadOnlyList<DraftRef>> ListDraftsAsync(string threadId, CancellationToken cancellationToken)
    {
        var known = await LookAsync(cancellationToken);
        var mails = (await state.ThreadAsync(Id, threadId, cancellationToken)).Where(m => !m.Deleted).DistinctBy(m => m.Id).ToList();
        var labels = await LabelsAsync(known, [.. mails.Select(m => m.Id)], cancellationToken);
        return [.. mails.Where(m => labels[m.Id].Contains(ImapLabels.Draft) && !labels[m.Id].Contains(ImapLabels.Trash)).Select(m => new DraftRef(m.Id, m.Id, threadId))];
    }

    public async Task<MailboxWatch> WatchAsync(string topic, CancellationToken cancellationToken) =>
        new((await state.ReadAsync(Id, cancellationToken))?.HistoryId ?? 1, time.GetUtcNow() + s_watch);

    public Task StopWatchAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<IReadOnlyList<string>?> GetLabelsAsync(string messageId, CancellationToken cancellationToken)
    {
        // Asked for one mail after the other: one look answers for all.
        var known = _looked ? await state.ReadAsync(Id, cancellationToken) : null;
        known ??= await LookAsync(cancellationToken);
        var places = await state.LocateAsync(Id, [messageId], cancellationToken);
        return places.Count == 0 ? null : [.. ImapLabels.Of(places, known.Folders.ToDictionary(f => f.Id))];
    }

    private Task<ImapAccountState> LookAsync(CancellationToken cancellationToken) => LookAsync(MailLane.Live, cancellationToken);

    private async Task<ImapAccountState> LookAsync(MailLane lane, CancellationToken cancellationToken)
    {
        var known = await door.UseAsync(account, lane, client => new ImapLook(state, Id, account.Address).RunAsync(client, cancellationToken), cancellationToken);
        _looked = true;
        return known;
    }

    private async Task<Dictionary<string, IReadOnlyList<string>>> LabelsAsync(ImapAccountState known, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var folders = known.Folders.ToDictionary(f => f.Id);
        var places = (await state.LocateAsync(Id, ids, cancellationToken)).ToLookup(p => p.Id, StringComparer.Ordinal);
        return ids.ToDictionary(id => id, id => (IReadOnlyList<string>)[.. ImapLabels.Of([.. places[id]], folders)], StringComparer.Ordinal);
    }

    private static string Token(ImapCursor cursor) => string.Create(CultureInfo.InvariantCulture, $"{cursor.InternalDate.UtcTicks}.{cursor.FolderId}.{cursor.Uid}");

    private static ImapCursor Cursor(string token) =>
        token.Split('.') is [var ticks, var folder, var uid] && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var t) && t <= DateTime.MaxValue.Ticks
            && long.TryParse(folder, NumberStyles.None, CultureInfo.InvariantCulture, out var f) && uint.TryParse(uid, NumberStyles.None, CultureInfo.InvariantCulture, out var u)
            ? new(new DateTimeOffset(t, TimeSpan.Zero), f, u)
            : throw Expired();

    private static MailboxException Expired() => new(MailboxFault.PageExpired, "The page token is not one of IMAP's");
}
