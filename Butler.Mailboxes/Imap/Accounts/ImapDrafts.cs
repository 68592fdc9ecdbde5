using Butler.Mail;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>
/// Drafts by APPEND with \Draft (RFC 3501 section 6.3.11). Once only: the Drafts folder is searched for the Message-ID first, and the same
/// reply to the same mail has the same Message-ID.
/// </summary>
internal sealed class ImapDrafts(ImapDoor door, IImapState state, MailboxAccount account, IDraftGate gate)
{
    private static readonly string[] s_flags = ["\\Draft", "\\Seen"];

    private Guid Id => account.ProviderUserId;

    public Task<DraftRef> CreateAsync(ReadOnlyMemory<byte> raw, string threadId, CancellationToken cancellationToken) => door.UseAsync(account, MailLane.Live, async client =>
    {
        var folder = await SelectAsync(client, cancellationToken);
        var messageId = MessageId(raw);
        return await FindAsync(client, folder, messageId, threadId, cancellationToken) ?? await AppendAsync(client, folder, raw, messageId, threadId, cancellationToken);
    }, cancellationToken);

    public async Task<DraftContent?> GetAsync(string draftId, Func<CancellationToken, Task<ImapAccountState>> look, CancellationToken cancellationToken)
    {
        var (place, folder) = await PlaceAsync(draftId, look, cancellationToken);
        if (place is null || folder is null)
        {
            return null;
        }

        return await door.UseAsync(account, MailLane.Live, async client =>
        {
            var selected = await client.SelectAsync(ImapName.FromKey(folder.Name, client.Utf8Names), readOnly: true, null, cancellationToken);
            DraftContent? content = null;
            if (selected.UidValidity == folder.UidValidity && selected.Exists > 0)
            {
                await foreach (var message in client.FetchAsync(new ImapUidSet([place.Uid]), new(ImapItems.Flags | ImapItems.Body), cancellationToken))
                {
                    content = message.Uid == place.Uid && message.Body is { } raw && !message.Has("\\Deleted") ? new(new(draftId, draftId, place.ThreadId ?? ""), raw) : content;
                }
            }

            return content;
        }, cancellationToken);
    }

    /// <summary>
    /// The new one first, then the old one goes: after a crash in between both are there, and the next call finds the new one by its
    /// Message-ID and only removes.
    /// </summary>
    public async Task<DraftRef> UpdateAsync(string draftId, ReadOnlyMemory<byte> raw, string threadId, Func<CancellationToken, Task<ImapAccountState>> look, CancellationToken cancellationToken)
    {
        var (old, _) = await PlaceAsync(draftId, look, cancellationToken);
        return await door.UseAsync(account, MailLane.Live, async client =>
        {
            var folder = await SelectAsync(client, cancellationToken);
            var messageId = MessageId(raw);
            var found = await FindAsync(client, folder, messageId, threadId, cancellationToken);
            if (found?.DraftId == draftId)
            {
                found = null;
            }

            var made = found ?? await AppendAsync(client, folder, raw, messageId, threadId, cancellationToken, guarded: false);
            if (old is not null && old.FolderId == folder.Id)
            {
                var set = new ImapUidSet([old.Uid]);
                await client.StoreAsync(set, add: true, ["\\Deleted"], cancellationToken);
                await client.ExpungeAsync(set, cancellationToken);
            }

            return made;
        }, cancellationToken);
    }

    private async Task<(ImapPlace? Place, ImapFolderState? Folder)> PlaceAsync(string draftId, Func<CancellationToken, Task<ImapAccountState>> look, CancellationToken cancellationToken)
    {
        var known = await look(cancellationToken);
        var drafts = known.Folders.Where(f => f.Use == ImapUse.Drafts).ToDictionary(f => f.Id);
        var place = (await state.LocateAsync(Id, [draftId], cancellationToken)).FirstOrDefault(p => drafts.ContainsKey(p.FolderId));
        return (place, place is null ? null : drafts[place.FolderId]);
    }

    /// <summary>The Drafts folder, opened for writing; made where there is none.</summary>
    private async Task<DraftFolder> SelectAsync(ImapClient client, CancellationToken cancellationToken)
    {
        var known = await new ImapLook(state, Id, account.Address).RunAsync(client, cancellationToken);
        if (known.Folders.FirstOrDefault(f => f.Use == ImapUse.Drafts) is not { } folder)
        {
            await client.CreateFolderAsync(ImapName.FromKey("Drafts", client.Utf8Names), cancellationToken);
            known = await new ImapLook(state, Id, account.Address).RunAsync(client, cancellationToken);
            folder = known.Folders.FirstOrDefault(f => f.Use == ImapUse.Drafts) ?? throw new MailboxException(MailboxFault.BadRequest, "The account has no folder for drafts");
        }

        var name = ImapName.FromKey(folder.Name, client.Utf8Names);
        var selected = await client.SelectAsync(name, readOnly: false, null, cancellationToken);
        return new(folder.Id, name, selected.UidValidity, selected.Exists);
    }

    private static async Task<DraftRef?> FindAsync(ImapClient client, DraftFolder folder, string messageId, string threadId, CancellationToken cancellationToken)
    {
        if (folder.Exists == 0)
        {
            return null;
        }

        // Servers look for parts of it too: what is found is compared.
        var found = await client.SearchAsync(new ImapSearch { MessageId = messageId, NotDeleted = true }, cancellationToken);
        DraftRef? draft = null;
        if (!found.IsEmpty)
        {
            await foreach (var message in client.FetchAsync(found, new(ImapItems.Flags | ImapItems.Ids) { Headers = ["Message-ID"] }, cancellationToken))
            {
                if (draft is null && message.Headers is { } headers && MimeMessage.Parse(headers).MessageId == messageId)
                {
                    var id = ImapIds.Mail(message, folder.Id, folder.UidValidity);
                    draft = new(id, id, threadId);
                }
            }
        }

        return draft;
    }

    private async Task<DraftRef> AppendAsync(
        ImapClient client, DraftFolder folder, ReadOnlyMemory<byte> raw, string messageId, string threadId, CancellationToken cancellationToken, bool guarded = true)
    {
        if (guarded)
        {
            gate.Pass();
        }

        var appended = await client.AppendAsync(folder.Name, s_flags, null, raw, cancellationToken);
        try
        {
            if (appended.Uid is { } uid && !client.Capabilities.Gmail && !client.Capabilities.ObjectId)
            {
                var id = ImapIds.Place(folder.Id, appended.UidValidity ?? folder.UidValidity, uid);
                return new(id, id, threadId);
            }

            return await FindAsync(client, folder with { Exists = 1 }, messageId, threadId, cancellationToken) ?? throw new MailboxException(MailboxFault.Unavailable, "The server took the draft and does not show it");
        }
        catch (MailboxException e) when (!e.OutcomeUnknown)
        {
            throw new MailboxException(e.Fault, e.Message, e) { OutcomeUnknown = true, RetryAt = e.RetryAt };
        }
    }

    private static string MessageId(ReadOnlyMemory<byte> raw) => MimeMessage.Parse(raw).MessageId is { Length: > 0 } id ? id : throw new MailboxException(MailboxFault.BadRequest, "A draft needs a Message-ID");

    private sealed record DraftFolder(long Id, ImapName Name, uint UidValidity, uint Exists);
}
