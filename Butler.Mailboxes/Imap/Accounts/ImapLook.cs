using Butler.Mail;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>
/// One look at an account: every folder is compared with what is known of it, and the difference is recorded at once, together with the
/// log of changes that it comes to (RFC 4549, RFC 7162). A crash anywhere repeats the look. What is recorded last is what was seen first:
/// the state of a folder is that of its SELECT, so that nothing that happens meanwhile is passed over.
/// </summary>
internal sealed class ImapLook(IImapState state, Guid account, string owner)
{
    /// <summary>How often a look begins again because another one was recorded first.</summary>
    private const int MaxTries = 5;

    /// <summary>Places of one transaction when a folder is read for the first time.</summary>
    private const int BaselineRows = 20_000;

    /// <summary>Rounds over the folders: a mail that is missing in one may have been moved to one that was looked at before.</summary>
    private const int MaxRounds = 2;

    /// <summary>Looks, records, and returns the account as it is recorded then.</summary>
    /// <exception cref="MailboxException">The server failed or refused, or the account is not there.</exception>
    public async Task<ImapAccountState> RunAsync(ImapClient client, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var known = await state.ReadAsync(account, cancellationToken) ?? throw new MailboxException(MailboxFault.AccountGone, "The IMAP account has no settings");
            if (await OnceAsync(client, known, cancellationToken))
            {
                return await state.ReadAsync(account, cancellationToken) ?? throw new MailboxException(MailboxFault.AccountGone, "The IMAP account has no settings");
            }
        }

        throw new MailboxException(MailboxFault.Unavailable, "The account's folders are being read by others all the time");
    }

    private async Task<bool> OnceAsync(ImapClient client, ImapAccountState known, CancellationToken cancellationToken)
    {
        var folders = await ImapFolderPlan.ReadAsync(state, account, client, known, cancellationToken);
        var diff = new ImapDiff(known.Generation, folders);
        foreach (var folder in folders.Gone)
        {
            foreach (var place in (await diff.PlacesAsync(state, account, folder, null, cancellationToken)).Values)
            {
                diff.Vanish(place);
            }
        }

        for (var round = 0; round < MaxRounds; round++)
        {
            foreach (var folder in folders.All)
            {
                if (!await CompareAsync(client, known, folder, folders.IsNew(folder), diff, cancellationToken))
                {
                    return false;
                }
            }

            await MatchAsync(diff, cancellationToken);
            if (!diff.HasLost)
            {
                break;
            }
        }

        return await RecordAsync(known, diff, cancellationToken);
    }

    /// <summary>False: another look was recorded meanwhile.</summary>
    private async Task<bool> CompareAsync(ImapClient client, ImapAccountState known, ImapFolderState folder, bool isNew, ImapDiff diff, CancellationToken cancellationToken)
    {
        var name = ImapName.FromKey(folder.Name, client.Utf8Names);
        var before = diff.Step(folder);
        // A folder that is followed is opened: what servers say of one from outside may be old (Dovecot's list index).
        ImapStatus status;
        ImapSelected? selected = null;
        try
        {
            if (folder.Followed)
            {
                selected = await client.SelectAsync(name, readOnly: true, null, cancellationToken);
                status = new(name, selected.Exists, selected.UidNext, selected.UidValidity, selected.HighestModSeq);
            }
            else
            {
                status = await client.StatusAsync(name, cancellationToken);
            }
        }
        catch (MailboxException e) when (e.Problem is ImapProblem.NoSuchFolder or ImapProblem.NotPermitted or ImapProblem.CommandRefused && folder.Use != ImapUse.Inbox)
        {
            return true; // One folder that cannot be read does not stop the account; one that is gone is not listed the next time.
        }

        if (IsSame(folder, before, status))
        {
            return true;
        }

        var isFirst = before.UidNext is null;
        if (!folder.Followed && isFirst)
        {
            // Only what comes later matters: a mail that is moved here.
            diff.Set(folder, status.UidValidity ?? 0, status.UidNext ?? 1, status.HighestModSeq, status.Messages ?? 0);
            return true;
        }

        var renumbered = before.UidValidity is { } v && (status.UidValidity is { } said && said != v);
        IReadOnlyDictionary<uint, ImapPlace>? places = null;
        if (!folder.Followed && renumbered && (places = await diff.PlacesAsync(state, account, folder, null, cancellationToken)).Count == 0)
        {
            diff.Set(folder, status.UidValidity!.Value, status.UidNext ?? 1, status.HighestModSeq, status.Messages ?? 0);
            return true;
        }

        try
        {
            selected ??= await client.SelectAsync(name, readOnly: true, null, cancellationToken);
        }
        catch (MailboxException e) when (e.Problem is ImapProblem.NoSuchFolder or ImapProblem.NotPermitted)
        {
            return true;
        }

        if (isFirst)
        {
            return await BaselineAsync(client, folder, selected, isNew && known.LookedBefore, diff, cancellationToken);
        }

        if (before.UidValidity != selected.UidValidity || selected.UidValidity == 0)
        {
            places ??= await diff.PlacesAsync(state, account, folder, null, cancellationToken);
            var all = await FetchAsync(client, folder, selected, ImapUidSet.Range(1, Last(selected)), withHeaders: true, cancellationToken);
            diff.Replace(folder, selected, places, all, Next(selected, all));
            return true;
        }

        var first = before.UidNext!.Value;
        var fresh = selected.UidNext is { } next && next <= first ? [] : await FetchAsync(client, folder, selected, ImapUidSet.Range(first, Last(selected)), withHeaders: true, cancellationToken);
        fresh.RemoveAll(f => f.Place.Uid < first); // "n:*" names the last mail even when it is older (RFC 3501 section 6.4.8)
        await FlagsAsync(client, folder, before, selected, diff, cancellationToken);
        var messages = before.Messages + fresh.Count;
        if (messages != selected.Exists)
        {
            messages -= await VanishedAsync(client, folder, diff, cancellationToken);
            messages = folder.Followed ? messages : selected.Exists;
        }

        diff.Add(fresh);
        diff.Set(folder, selected.UidValidity, Math.Max(first, Next(selected, fresh)), selected.HighestModSeq, messages ?? 0);
        return true;
    }

    private static bool IsSame(ImapFolderState folder, ImapFolderState before, ImapStatus status) =>
        before.UidValidity is { } validity && validity == status.UidValidity && before.UidNext is { } next && status.UidNext == next && before.Messages == status.Messages
        // Without MODSEQ flags may have changed all the same; of other folders only the mails that are there matter.
        && (status.HighestModSeq is { } mod ? mod == before.HighestModSeq : !folder.Followed);

    // What comes while it is read belongs to the next look, where the server says where that begins.
    private static uint Last(ImapSelected selected) => selected.UidNext is > 1 and { } next ? next - 1 : uint.MaxValue;

    private static uint Next(ImapSelected selected, IReadOnlyList<FreshMail> fresh) =>
        Math.Max(selected.UidNext ?? 1, fresh.Count == 0 ? 1 : fresh.Max(f => f.Place.Uid) + 1);

    /// <summary>The first reading of a followed folder: all its mails become known, by chunks; a crash repeats it from the start.</summary>
    private async Task<bool> BaselineAsync(
        ImapClient client, ImapFolderState folder, ImapSelected selected, bool isNews, ImapDiff diff, CancellationToken cancellationToken)
    {
        var all = await FetchAsync(client, folder, selected, ImapUidSet.Range(1, Last(selected)), isNews || folder.Use == ImapUse.Drafts, cancellationToken);
        if (isNews || all.Count <= BaselineRows)
        {
            diff.Clear(folder);
            diff.Add(all, silently: !isNews);
        }
        else
        {
            var cleared = new List<long> { folder.Id };
            foreach (var chunk in all.Chunk(BaselineRows))
            {
                if (!await state.ApplyAsync(account, new(diff.Generation) { Cleared = [.. cleared], Added = [.. chunk.Select(f => f.Place)] }, cancellationToken))
                {
                    return false;
                }

                diff.Generation++;
                cleared.Clear();
            }
        }

        diff.Set(folder, selected.UidValidity, Next(selected, all), selected.HighestModSeq, all.Count);
        return true;
    }

    private async Task FlagsAsync(ImapClient client, ImapFolderState folder, ImapFolderState before, ImapSelected selected, ImapDiff diff, CancellationToken cancellationToken)
    {
        if (before.UidNext is null or 1 || (selected.HighestModSeq is { } now && now == before.HighestModSeq))
        {
            return;
        }

        var since = selected.HighestModSeq is not null ? before.HighestModSeq : null;
        var said = new Dictionary<uint, ImapMessage>();
        await foreach (var message in client.FetchAsync(ImapUidSet.Range(1, before.UidNext.Value - 1), new(ImapItems.Flags | ImapItems.Labels) { ChangedSince = since }, cancellationToken))
        {
            if (message is { Uid: > 0, Flags: not null })
            {
                said[message.Uid] = message;
            }
        }

        if (said.Count == 0)
        {
            return;
        }

        foreach (var place in (await diff.PlacesAsync(state, account, folder, since is null ? null : said.Keys, cancellationToken)).Values)
        {
            if (said.TryGetValue(place.Uid, out var message) && (ImapLabels.Marks(message), ImapLabels.Gmail(message)) is var (marks, labels)
                && (marks != place.Marks || !(labels ?? []).SequenceEqual(place.Labels ?? [])))
            {
                diff.Reflag(place, marks, labels);
            }
        }
    }

    /// <summary>Looks for what is missing, because the numbers do not agree. Returns how many places are empty now.</summary>
    private async Task<int> VanishedAsync(ImapClient client, ImapFolderState folder, ImapDiff diff, CancellationToken cancellationToken)
    {
        var places = await diff.PlacesAsync(state, account, folder, null, cancellationToken);
        if (places.Count == 0)
        {
            return 0;
        }

        var there = await client.SearchAsync(new ImapSearch { Uids = folder.Followed ? ImapUidSet.Range(1, places.Keys.Max()) : new ImapUidSet(places.Keys) }, cancellationToken);
        var gone = places.Values.Where(p => !there.Contains(p.Uid)).ToList();
        foreach (var place in gone)
        {
            diff.Vanish(place);
        }

        return gone.Count;
    }

    private async Task<List<FreshMail>> FetchAsync(ImapClient client, ImapFolderState folder, ImapSelected selected, ImapUidSet uids, bool withHeaders, CancellationToken cancellationToken)
    {
        var fetch = new ImapFetch(ImapItems.Flags | ImapItems.InternalDate | ImapItems.Size | ImapItems.Ids | ImapItems.Labels)
        {
            Headers = withHeaders ? ["Message-ID", "In-Reply-To", "References", "From"] : [],
        };
        var fresh = new List<FreshMail>();
        if (selected.Exists == 0)
        {
            return fresh;
        }

        var headers = new List<(int At, MimeMessage Message)>();
        var seen = new HashSet<uint>();
        await foreach (var message in client.FetchAsync(uids, fetch, cancellationToken))
        {
            if (message is not { Uid: > 0, Flags: not null, InternalDate: { } date } || !seen.Add(message.Uid))
            {
                continue;
            }

            var id = ImapIds.Mail(message, folder.Id, selected.UidValidity);
            var parsed = message.Headers is { } bytes ? MimeMessage.Parse(bytes) : null;
            var place = new ImapPlace(folder.Id, message.Uid, id, ImapLabels.Marks(message), ImapLabels.Gmail(message), message.Size ?? 0, date, ImapIds.Thread(message),
                parsed?.From is { } from && from.IsSameMailbox(owner));
            if (parsed is not null && place.ThreadId is null)
            {
                headers.Add((fresh.Count, parsed));
            }

            fresh.Add(new(place, string.IsNullOrEmpty(parsed?.MessageId) ? null : parsed.MessageId, message.GmailMessageId is not null || message.EmailId is not null));
        }

        if (headers.Count > 0)
        {
            var threads = await state.ThreadsAsync(account, [.. headers.Select(h => ImapIds.ThreadKeys(h.Message, fresh[h.At].Place.Id))], cancellationToken);
            foreach (var ((at, _), thread) in headers.Zip(threads))
            {
                fresh[at] = fresh[at] with { Place = fresh[at].Place with { ThreadId = thread } };
            }
        }

        return fresh;
    }

    private async Task MatchAsync(ImapDiff diff, CancellationToken cancellationToken)
    {
        var fresh = diff.Unmatched;
        if (fresh.Count == 0)
        {
            return;
        }

        var vanished = diff.Lost;
        var stored = vanished.Count == 0 ? [] : await state.IdentifyAsync(account, [.. vanished.Select(v => v.Id)], cancellationToken);
        List<string> messageIds = [.. fresh.Select(f => f.MessageId).OfType<string>().Distinct(StringComparer.Ordinal)];
        var same = messageIds.Count == 0 ? [] : await state.FindSameAsync(account, messageIds, cancellationToken);
        diff.Match(ImapMatching.Match(fresh, vanished, stored, same));
    }

    private async Task<bool> RecordAsync(ImapAccountState known, ImapDiff diff, CancellationToken cancellationToken)
    {
        var places = await state.LocateAsync(account, diff.Touched, cancellationToken);
        var step = diff.ToStep(places);
        return (known.LookedBefore && IsNothing(step)) || await state.ApplyAsync(account, step, cancellationToken);
    }

    private static bool IsNothing(ImapStep step) =>
        step is { Cleared.Count: 0, Gone.Count: 0, Removed.Count: 0, Added.Count: 0, Reflagged.Count: 0, Folders.Count: 0 };
}
