using Butler.Sandbox.Faults;

namespace Butler.Sandbox.State;

/// <summary>One mailbox: messages newest first, drafts, labels and history. All access is under one lock.</summary>
public sealed partial class SandboxAccount
{
    private readonly Lock _gate = new();
    private readonly List<SandboxMail> _mails = [];
    private readonly Dictionary<ulong, SandboxMail> _byId = [];
    private readonly Dictionary<string, (ulong MessageKey, long At)> _drafts = new(StringComparer.Ordinal);
    private readonly List<DraftEvent> _draftEvents = [];
    private readonly List<HistoryEntry> _history = [];
    private readonly SortedDictionary<string, string> _userLabels = new(StringComparer.Ordinal);
    private readonly Func<Change, bool> _commit;
    private readonly Func<int, string> _refreshToken;
    private readonly NastyBehaviour _nasty;
    private readonly TimeProvider _clock;
    private Dictionary<string, ulong>? _threadIndex;
    private ulong _oldestHistory;

    internal SandboxAccount(string address, Func<int, string> refreshToken, NastyBehaviour nasty, TimeProvider clock, Action<Change> journal, Action<string, Watch?, ulong> changed)
    {
        Address = address;
        _refreshToken = refreshToken;
        Hash = Ids.Hash(address);
        _nasty = nasty;
        _clock = clock;
        _commit = change =>
        {
            journal(change);
            Apply(change);
            if (change.History is not null || change.Kind == ChangeKind.Watch)
            {
                // A successful watch notifies at once, too (Gmail push guide).
                changed(Address, Watch, HistoryId);
            }

            return true;
        };
        HistoryId = 10_000_000 + (Hash % 1_000_000);
        _oldestHistory = HistoryId;
    }

    /// <summary>The account's address.</summary>
    public string Address { get; }

    /// <summary>The refresh token that the token endpoint accepts for it.</summary>
    public string RefreshToken => _refreshToken(Grants);

    /// <summary>Whether the owner took access back: the refresh token answers invalid_grant from then on.</summary>
    public bool Revoked { get; private set; }

    /// <summary>How often the owner has allowed access anew after taking it back.</summary>
    internal int Grants { get; private set; }

    /// <summary>The newest history id.</summary>
    public ulong HistoryId { get; private set; }

    /// <summary>All messages, newest first, drafts included.</summary>
    public IReadOnlyList<SandboxMail> Mails
    {
        get
        {
            lock (_gate)
            {
                return [.. _mails];
            }
        }
    }

    /// <summary>The drafts that exist now.</summary>
    public IReadOnlyList<SandboxDraft> Drafts
    {
        get
        {
            lock (_gate)
            {
                return [.. _drafts.OrderByDescending(d => d.Value.At).ThenBy(d => d.Key, StringComparer.Ordinal).Select(d => new SandboxDraft(d.Key, _byId[d.Value.MessageKey]))];
            }
        }
    }

    /// <summary>Everything that ever happened to drafts, in order; survives a restart with a data folder.</summary>
    public IReadOnlyList<DraftEvent> DraftHistory
    {
        get
        {
            lock (_gate)
            {
                return [.. _draftEvents];
            }
        }
    }

    internal ulong Hash { get; }

    internal Watch? Watch { get; private set; }

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _mails.Count;
            }
        }
    }

    internal IReadOnlyDictionary<string, string> UserLabels
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, string>(_userLabels, StringComparer.Ordinal);
            }
        }
    }

    internal SandboxMail? Find(ulong key)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(key);
        }
    }

    internal SandboxDraft? FindDraft(string id)
    {
        lock (_gate)
        {
            return _drafts.TryGetValue(id, out var d) ? new SandboxDraft(id, _byId[d.MessageKey]) : null;
        }
    }

    /// <summary>A thread's messages, oldest first.</summary>
    internal List<SandboxMail> Thread(ulong threadKey)
    {
        lock (_gate)
        {
            var found = _mails.FindAll(m => m.ThreadKey == threadKey);
            found.Reverse();
            return found;
        }
    }

    internal int CountThreads()
    {
        lock (_gate)
        {
            return _mails.Select(m => m.ThreadKey).Distinct().Count();
        }
    }

    internal (int Messages, int Unread, int Threads, int ThreadsUnread) CountLabel(string label)
    {
        lock (_gate)
        {
            var all = _mails.FindAll(m => m.Has(label));
            var unread = all.FindAll(m => m.Has("UNREAD"));
            return (all.Count, unread.Count, all.DistinctBy(m => m.ThreadKey).Count(), unread.DistinctBy(m => m.ThreadKey).Count());
        }
    }

    /// <summary>
    /// Matching messages, newest first, after a position: the key of the last one seen, or its number when the fault
    /// "pages repeat or skip" is on.
    /// </summary>
    internal (List<SandboxMail> Page, bool More) List(Predicate<SandboxMail> match, long? before, (long Date, ulong Key)? last, int skip, int take)
    {
        lock (_gate)
        {
            var start = last is { } l ? Position(l.Date, l.Key) : 0;
            start = before is { } b ? Math.Max(start, Position(b, 0)) : start;
            while (last is { } seen && start < _mails.Count && _mails[start].InternalDate == seen.Date && _mails[start].Key >= seen.Key)
            {
                start++;
            }

            var page = new List<SandboxMail>(Math.Min(take, 64));
            for (var i = start; i < _mails.Count; i++)
            {
                if (!match(_mails[i]) || skip-- > 0)
                {
                    continue;
                }

                if (page.Count == take)
                {
                    return (page, true);
                }

                page.Add(_mails[i]);
            }

            return (page, false);
        }
    }

    /// <summary>Records after an id, oldest first; null when the id is too old or unknown.</summary>
    internal (List<HistoryEntry> Entries, ulong Current)? HistorySince(ulong start)
    {
        lock (_gate)
        {
            return start < _oldestHistory || start > HistoryId ? null : (_history.FindAll(h => h.Id > start), HistoryId);
        }
    }

    /// <summary>Where a message of this date and id stands or would stand; ids fall with equal dates.</summary>
    private int Position(long date, ulong key)
    {
        int low = 0, high = _mails.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            var m = _mails[middle];
            var isBefore = m.InternalDate > date || (m.InternalDate == date && m.Key > key);
            (low, high) = isBefore ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
