using Butler.Mail;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>
/// One fetch: the ids by folder, each folder's mails in one pipelined FETCH. A UID that is gone is looked for elsewhere before the mail is
/// said to be gone.
/// </summary>
internal sealed class ImapBatch(ImapDoor door, IImapState state, MailboxAccount account, FetchOptions options, TimeProvider time)
{
    /// <summary>A larger mail is a dead letter: every provider's own limit for mail that arrives is lower.</summary>
    private const long MaxMail = 60 * 1024 * 1024;

    private readonly long _started = time.GetTimestamp();
    private readonly Dictionary<string, FetchedMail> _mails = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<long, ImapFolderState> _folders = new Dictionary<long, ImapFolderState>();
    private long _bytes;

    private Guid Id => account.ProviderUserId;

    public async Task<FetchBatch> RunAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        MailboxException? fault = null;
        try
        {
            await door.UseAsync(account, options.Lane, async client =>
            {
                await FetchAsync(client, ids, cancellationToken);
                return true;
            }, cancellationToken);
        }
        catch (MailboxException e)
        {
            fault = e; // What was read before is stored all the same.
        }

        var mails = ids.Where(_mails.ContainsKey).Select(i => _mails[i]).ToList();
        try
        {
            mails = await ThreadAsync(mails, cancellationToken);
        }
        catch (MailboxException e)
        {
            (mails, fault) = ([], e);
        }

        return new(mails, fault is { Fault: MailboxFault.Throttled } ? fault.RetryAt : null, fault);
    }

    private async Task FetchAsync(ImapClient client, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        _folders = (await state.ReadAsync(Id, cancellationToken))?.Folders.ToDictionary(f => f.Id) ?? [];
        var places = (await state.LocateAsync(Id, ids, cancellationToken)).ToLookup(p => p.Id, StringComparer.Ordinal);
        var chosen = Choose(ids, places);
        await FetchAsync(client, chosen, places, cancellationToken);
        var missing = chosen.Where(p => !_mails.ContainsKey(p.Id)).Select(p => p.Id).Concat(ids.Where(i => !places.Contains(i))).Distinct(StringComparer.Ordinal).ToList();
        if (missing.Count == 0 || IsOver())
        {
            return;
        }

        // Moved, deleted, or renumbered since it was listed: the look tells which.
        _folders = (await new ImapLook(state, Id, account.Address).RunAsync(client, cancellationToken)).Folders.ToDictionary(f => f.Id);
        places = (await state.LocateAsync(Id, missing, cancellationToken)).ToLookup(p => p.Id, StringComparer.Ordinal);
        chosen = Choose(missing, places);
        await FetchAsync(client, chosen, places, cancellationToken);
        foreach (var id in missing.Where(i => !_mails.ContainsKey(i)))
        {
            if (!places.Contains(id))
            {
                _mails[id] = new(id, FetchStatus.Gone);
            }
            else if (chosen.Any(c => c.Id == id))
            {
                _mails[id] = new(id, FetchStatus.Retry) { Error = "The server lists the mail and does not give it." };
            }
        }
    }

    /// <summary>One place for each id, in order, until the bytes are used up; at least one.</summary>
    private List<ImapPlace> Choose(IReadOnlyList<string> ids, ILookup<string, ImapPlace> places)
    {
        var chosen = new List<ImapPlace>();
        var planned = _bytes;
        foreach (var id in ids)
        {
            if (places[id].OrderByDescending(p => _folders.GetValueOrDefault(p.FolderId)?.Followed == true).FirstOrDefault() is not { } place)
            {
                continue;
            }

            if (place.Size > MaxMail)
            {
                _mails[id] = new(id, FetchStatus.Failed) { Error = $"The mail is larger than {MaxMail / (1024 * 1024)} MiB." };
                continue;
            }

            if (chosen.Count > 0 && planned + place.Size > options.MaxBytes)
            {
                break;
            }

            planned += place.Size;
            chosen.Add(place);
        }

        return chosen;
    }

    private async Task FetchAsync(ImapClient client, List<ImapPlace> chosen, ILookup<string, ImapPlace> places, CancellationToken cancellationToken)
    {
        foreach (var group in chosen.Where(c => !_mails.ContainsKey(c.Id)).GroupBy(c => c.FolderId))
        {
            if (_mails.Count > 0 && IsOver())
            {
                return;
            }

            if (!_folders.TryGetValue(group.Key, out var folder))
            {
                continue;
            }

            try
            {
                await client.OpenAsync(ImapName.FromKey(folder.Name, client.Utf8Names), cancellationToken);
                if (client.UidValidity != folder.UidValidity || client.Exists == 0)
                {
                    continue;
                }
            }
            catch (MailboxException e) when (e.Fault == MailboxFault.NotFound)
            {
                continue;
            }

            var byUid = group.ToDictionary(p => p.Uid);
            await foreach (var message in client.FetchAsync(new ImapUidSet(byUid.Keys), new(ImapItems.Flags | ImapItems.Labels | ImapItems.Body), cancellationToken))
            {
                if (message.Body is { } raw && byUid.TryGetValue(message.Uid, out var place))
                {
                    _bytes += raw.Length;
                    var now = place with { Marks = message.Flags is null ? place.Marks : ImapLabels.Marks(message), Labels = ImapLabels.Gmail(message) ?? place.Labels };
                    _mails[place.Id] = new(place.Id, FetchStatus.Ok)
                    {
                        Raw = raw,
                        ReceivedAt = place.InternalDate,
                        ThreadId = place.ThreadId ?? "",
                        Labels = [.. ImapLabels.Of([.. places[place.Id].Select(p => p == place ? now : p)], _folders)],
                    };
                }
            }
        }
    }

    private async Task<List<FetchedMail>> ThreadAsync(List<FetchedMail> mails, CancellationToken cancellationToken)
    {
        var without = mails.Where(m => m is { Status: FetchStatus.Ok, ThreadId: "" }).ToList();
        if (without.Count == 0)
        {
            return mails;
        }

        // The parser promises not to throw; should it, the reader behind meets the same mail and makes it a dead letter.
        var threads = await state.ThreadsAsync(Id, [.. without.Select(m => ImapIds.ThreadKeys(MimeMessage.Parse(m.Raw), m.Id))], cancellationToken);
        var byId = without.Zip(threads).ToDictionary(p => p.First.Id, p => p.Second, StringComparer.Ordinal);
        return [.. mails.Select(m => byId.TryGetValue(m.Id, out var thread) ? m with { ThreadId = thread } : m)];
    }

    private bool IsOver() => time.GetElapsedTime(_started) > options.MaxTime;
}
