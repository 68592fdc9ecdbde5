namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>What a look finds, folder by folder, and what it comes to, mail by mail.</summary>
internal sealed class ImapDiff(long generation, ImapFolderPlan plan)
{
    private readonly Dictionary<long, ImapFolderState> _folders = plan.All.Concat(plan.Gone).ToDictionary(f => f.Id);
    private readonly Dictionary<long, ImapFolderState> _before = plan.All.ToDictionary(f => f.Id);
    private readonly HashSet<long> _cleared = [];
    private readonly Dictionary<(long FolderId, uint Uid), ImapPlace> _vanished = [];
    private readonly Dictionary<(long FolderId, uint Uid), ImapReflag> _reflagged = [];
    private readonly HashSet<string> _reflaggedIds = new(StringComparer.Ordinal);
    private readonly Dictionary<(long FolderId, uint Uid), FreshMail> _added = [];
    private readonly HashSet<(long FolderId, uint Uid)> _silent = [];
    private readonly HashSet<(long FolderId, uint Uid)> _found = [];
    private readonly HashSet<(long FolderId, uint Uid)> _matched = [];

    public long Generation { get; set; } = generation;

    /// <summary>Mails in new places that are not known again yet.</summary>
    public IReadOnlyList<FreshMail> Unmatched => [.. _added.Where(a => !a.Value.IsNamed && !_matched.Contains(a.Key) && !_silent.Contains(a.Key)).Select(a => a.Value)];

    /// <summary>Empty places whose mail was not found elsewhere.</summary>
    public IReadOnlyList<ImapPlace> Lost => [.. _vanished.Where(v => !_found.Contains(v.Key)).Select(v => v.Value)];

    public bool HasLost => _vanished.Count > _found.Count;

    /// <summary>Mails whose labels may differ now.</summary>
    public IReadOnlyCollection<string> Touched =>
        [.. _vanished.Values.Select(v => v.Id).Concat(_reflaggedIds).Concat(Kept().Where(a => !_silent.Contains(a.Key)).Select(a => a.Value.Place.Id)).Distinct(StringComparer.Ordinal)];

    /// <summary>A folder as known before, or as an earlier round of this look left it.</summary>
    public ImapFolderState Step(ImapFolderState folder) => _folders[folder.Id];

    /// <summary>The places of a folder as this look has left them: all, or those of some UIDs.</summary>
    public async Task<IReadOnlyDictionary<uint, ImapPlace>> PlacesAsync(IImapState state, Guid account, ImapFolderState folder, IReadOnlyCollection<uint>? uids, CancellationToken cancellationToken)
    {
        var recorded = _cleared.Contains(folder.Id) ? [] : await state.PlacesAsync(account, folder.Id, uids, cancellationToken);
        var places = recorded.Where(p => !_vanished.ContainsKey((p.FolderId, p.Uid))).Select(Reflagged).ToDictionary(p => p.Uid);
        foreach (var (key, mail) in _added)
        {
            if (key.FolderId == folder.Id && uids?.Contains(key.Uid) != false)
            {
                places[key.Uid] = mail.Place;
            }
        }

        return places;
    }

    public void Set(ImapFolderState folder, uint uidValidity, uint uidNext, ulong? modSeq, long messages) =>
        _folders[folder.Id] = _folders[folder.Id] with { UidValidity = uidValidity, UidNext = uidNext, HighestModSeq = modSeq, Messages = messages };

    /// <summary>The folder is read for the first time: what a cut-off reading left goes.</summary>
    public void Clear(ImapFolderState folder) => _cleared.Add(folder.Id);

    public void Add(IReadOnlyList<FreshMail> fresh, bool silently = false)
    {
        foreach (var mail in fresh)
        {
            var key = (mail.Place.FolderId, mail.Place.Uid);
            if (_added.TryAdd(key, mail) && silently)
            {
                _silent.Add(key);
            }
        }
    }

    /// <summary>UIDVALIDITY changed: no UID means what it meant; every mail must be found again by its content.</summary>
    public void Replace(ImapFolderState folder, ImapSelected selected, IReadOnlyDictionary<uint, ImapPlace> places, IReadOnlyList<FreshMail> all, uint next)
    {
        foreach (var place in places.Values.ToList())
        {
            Vanish(place);
        }

        _cleared.Add(folder.Id);
        Add(all);
        Set(folder, selected.UidValidity, next, selected.HighestModSeq, all.Count);
    }

    public void Vanish(ImapPlace place)
    {
        var key = (place.FolderId, place.Uid);
        _reflagged.Remove(key);
        if (!_added.Remove(key) || _matched.Contains(key))
        {
            _vanished[key] = place;
        }
    }

    public void Reflag(ImapPlace place, ImapMarks marks, IReadOnlyList<string>? labels)
    {
        var key = (place.FolderId, place.Uid);
        if (_added.TryGetValue(key, out var fresh))
        {
            _added[key] = fresh with { Place = fresh.Place with { Marks = marks, Labels = labels } };
            return;
        }

        _reflagged[key] = new(place.FolderId, place.Uid, marks, labels);
        _reflaggedIds.Add(place.Id);
    }

    public void Match(IReadOnlyDictionary<FreshMail, string> matches)
    {
        var byId = Lost.ToLookup(v => v.Id, StringComparer.Ordinal);
        foreach (var (mail, id) in matches)
        {
            var key = (mail.Place.FolderId, mail.Place.Uid);
            _added[key] = mail with { Place = mail.Place with { Id = id } };
            _matched.Add(key);
            foreach (var place in byId[id])
            {
                _found.Add((place.FolderId, place.Uid));
            }
        }

        // A server's own id says that it is the same mail.
        var named = _added.Values.Where(a => a.IsNamed).Select(a => a.Place.Id).ToHashSet(StringComparer.Ordinal);
        _found.UnionWith(_vanished.Where(v => named.Contains(v.Value.Id)).Select(v => v.Key));
    }

    /// <summary>The step to record. <paramref name="known"/>: all recorded places of <see cref="Touched"/>.</summary>
    public ImapStep ToStep(IReadOnlyList<ImapPlace> known)
    {
        var added = Kept().ToList();
        var gone = plan.Gone.Select(f => f.Id).ToList();
        var removed = _vanished.Keys.Where(k => !_cleared.Contains(k.FolderId)).ToList();
        var changed = _folders.Values.Where(f => _before.TryGetValue(f.Id, out var b) && b != f && f.UidValidity is not null);
        return new(Generation)
        {
            Cleared = [.. _cleared],
            Gone = gone,
            Removed = removed,
            Added = [.. added.Select(a => a.Value.Place)],
            Reflagged = [.. _reflagged.Values.Where(r => !_cleared.Contains(r.FolderId))],
            Folders = [.. changed.Select(f => new ImapFolderStep(f.Id, f.UidValidity!.Value, f.UidNext ?? 1, f.HighestModSeq, f.Messages ?? 0))],
            Changes = Changes(known, added),
            Complete = true,
        };
    }

    /// <summary>New places of followed folders, and elsewhere those of known mails.</summary>
    private IEnumerable<KeyValuePair<(long FolderId, uint Uid), FreshMail>> Kept()
    {
        var followed = _added.Where(a => _folders[a.Key.FolderId].Followed).Select(a => a.Value.Place.Id).Concat(_vanished.Values.Select(v => v.Id)).ToHashSet(StringComparer.Ordinal);
        return _added.Where(a => _folders[a.Key.FolderId].Followed || _matched.Contains(a.Key) || (a.Value.IsNamed && followed.Contains(a.Value.Place.Id)));
    }

    private List<HistoryRecord> Changes(IReadOnlyList<ImapPlace> known, List<KeyValuePair<(long FolderId, uint Uid), FreshMail>> added)
    {
        var before = known.ToLookup(p => p.Id, StringComparer.Ordinal);
        var fresh = added.ToLookup(a => a.Value.Place.Id, a => a.Value.Place, StringComparer.Ordinal);
        var changes = new List<HistoryRecord>();
        foreach (var id in Touched)
        {
            var was = before[id].ToList();
            List<ImapPlace> now = [.. was.Where(p => !_vanished.ContainsKey((p.FolderId, p.Uid)) && !_cleared.Contains(p.FolderId)).Select(Reflagged), .. fresh[id]];
            var thread = now.Concat(was).Select(p => p.ThreadId).FirstOrDefault(t => t is not null) ?? "";
            var (old, labels) = (ImapLabels.Of(was, _before), ImapLabels.Of(now, _folders));
            if (now.Count == 0)
            {
                changes.Add(new(0, HistoryKind.Deleted, id, thread, [.. old]));
            }
            else if (was.Count == 0)
            {
                changes.Add(new(0, HistoryKind.Added, id, thread, [.. labels]));
            }
            else
            {
                Differ(HistoryKind.LabelsAdded, labels.Except(old));
                Differ(HistoryKind.LabelsRemoved, old.Except(labels));
            }

            void Differ(HistoryKind kind, IEnumerable<string> difference)
            {
                if (difference.ToList() is { Count: > 0 } some)
                {
                    changes.Add(new(0, kind, id, thread, some));
                }
            }
        }

        return changes;
    }

    private ImapPlace Reflagged(ImapPlace place) => _reflagged.TryGetValue((place.FolderId, place.Uid), out var r) ? place with { Marks = r.Marks, Labels = r.Labels } : place;
}
