using Butler.Sandbox.Mail;

namespace Butler.Sandbox.State;

/// <summary>The one place that changes memory: for a request and, at the start, for each line of the journal.</summary>
public sealed partial class SandboxAccount
{
    /// <summary>Mail that is there from the start, oldest first; it has no history.</summary>
    internal void Load(IReadOnlyList<InitialMail> mails)
    {
        lock (_gate)
        {
            var index = new Dictionary<string, ulong>(StringComparer.Ordinal);
            var copies = new Dictionary<ulong, uint>();
            var history = HistoryId - (ulong)mails.Count;
            foreach (var mail in mails)
            {
                // From the content and which copy of it this is: a file that grows keeps the ids it had.
                var copy = copies[mail.Content.Hash] = copies.GetValueOrDefault(mail.Content.Hash) + 1;
                var id = Ids.Make(Hash, mail.Content.Hash, copy);
                while (_byId.ContainsKey(id))
                {
                    id++;
                }

                string[] labels = Labels.Shared(mail.Labels.Select(LabelId).Where(l => l.Length > 0));
                var message = new SandboxMail(id, Thread(index, mail.Content, id), mail.Content, mail.Date, labels) { Redated = mail.Redated, HistoryId = ++history };
                _byId.Add(id, message);
                _mails.Add(message);
                if (message.Has("DRAFT"))
                {
                    _drafts[NewDraftId(id)] = (id, mail.Date);
                }
            }

            _mails.Sort(static (a, b) => a.InternalDate != b.InternalDate ? b.InternalDate.CompareTo(a.InternalDate) : b.Key.CompareTo(a.Key));
        }
    }

    internal void Apply(Change change)
    {
        lock (_gate)
        {
            var history = change.History ?? HistoryId;
            switch (change.Kind)
            {
                case ChangeKind.NewAccount:
                    break;
                case ChangeKind.Deliver:
                    Add(change, history);
                    break;
                case ChangeKind.Delete:
                    Remove(change, history);
                    foreach (var draft in _drafts.Where(d => d.Value.MessageKey == change.OldId).Select(d => d.Key).ToArray())
                    {
                        _drafts.Remove(draft);
                    }

                    break;
                case ChangeKind.Labels:
                    Relabel(change, history);
                    break;
                case ChangeKind.NewLabel:
                    _userLabels[change.Draft!] = change.Name!;
                    break;
                case ChangeKind.DraftCreate:
                    Add(change, history);
                    _drafts[change.Draft!] = (change.Id!.Value, change.At);
                    Record("created", change, change.Draft!, change.Thread!.Value);
                    break;
                case ChangeKind.DraftUpdate:
                    _drafts.Remove(change.OldDraft!);
                    Remove(change, history - 1);
                    Add(change, history);
                    _drafts[change.Draft!] = (change.Id!.Value, change.At);
                    Record("updated", change, change.Draft!, change.Thread!.Value);
                    break;
                case ChangeKind.DraftDelete:
                    _drafts.Remove(change.OldDraft!);
                    Record("deleted", change, change.OldDraft!, Remove(change, history));
                    break;
                case ChangeKind.DraftSend:
                    _drafts.Remove(change.OldDraft!);
                    Record("sent", change, change.OldDraft!, Remove(change, history - 1));
                    Add(change, history);
                    break;
                case ChangeKind.Watch:
                    Watch = new Watch(change.Name!, change.Date!.Value);
                    break;
                case ChangeKind.Stop:
                    Watch = null;
                    break;
                case ChangeKind.Revoke:
                    Revoked = true;
                    break;
                case ChangeKind.Grant:
                    Revoked = false;
                    Grants++;
                    break;
                case ChangeKind.ExpireHistory:
                    _history.Clear();
                    _oldestHistory = history;
                    break;
                default:
                    throw new InvalidDataException($"Unknown change '{change.Kind}' in the journal");
            }

            HistoryId = Math.Max(HistoryId, history);
        }
    }

    private void Add(Change change, ulong history)
    {
        var key = change.Id!.Value;
        var mail = new SandboxMail(key, change.Thread!.Value, new MailContent(change.Raw), change.Date!.Value, Labels.Shared(change.Labels!)) { HistoryId = history, ArrivedAt = change.At };
        _byId[key] = mail;
        _mails.Insert(Position(mail.InternalDate, key), mail);
        if (_threadIndex is { } index)
        {
            Register(index, mail.Content, mail.ThreadKey);
        }

        _history.Add(new HistoryEntry(history, HistoryType.Added, key, mail.ThreadKey, mail.Labels, []));
    }

    private ulong Remove(Change change, ulong history)
    {
        var key = change.OldId!.Value;
        if (!_byId.Remove(key, out var mail))
        {
            return key;
        }

        _mails.RemoveAt(_mails.IndexOf(mail, Position(mail.InternalDate, key)));
        _history.Add(new HistoryEntry(history, HistoryType.Deleted, key, mail.ThreadKey, mail.Labels, []));
        return mail.ThreadKey;
    }

    private void Relabel(Change change, ulong history)
    {
        if (!_byId.TryGetValue(change.Id!.Value, out var mail))
        {
            return;
        }

        mail.Labels = Labels.Shared(mail.Labels.Except(change.Removed!).Concat(change.Labels!));
        mail.HistoryId = history;
        if (change.Removed is { Length: > 0 } removed)
        {
            var id = change.Labels is { Length: > 0 } ? history - 1 : history;
            _history.Add(new HistoryEntry(id, HistoryType.LabelsRemoved, mail.Key, mail.ThreadKey, mail.Labels, removed));
        }

        if (change.Labels is { Length: > 0 } added)
        {
            _history.Add(new HistoryEntry(history, HistoryType.LabelsAdded, mail.Key, mail.ThreadKey, mail.Labels, added));
        }
    }

    private void Record(string kind, Change change, string draftId, ulong threadKey) =>
        _draftEvents.Add(new DraftEvent(kind, change.By ?? "owner", draftId, Ids.Text(threadKey), change.Raw, DateTimeOffset.FromUnixTimeMilliseconds(change.At)));

    /// <summary>The label id for a name from a file: a system label, or a user label that is made on first sight.</summary>
    private string LabelId(string name)
    {
        if (Labels.FromTakeout(name) is { } system)
        {
            return system;
        }

        var known = _userLabels.FirstOrDefault(l => l.Value.Equals(name, StringComparison.OrdinalIgnoreCase)).Key;
        if (known is null)
        {
            known = "Label_" + (_userLabels.Count + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
            _userLabels[known] = name;
        }

        return known;
    }

    private ulong ThreadOf(MailContent content, ulong id)
    {
        if (_threadIndex is null)
        {
            _threadIndex = new(StringComparer.Ordinal);
            foreach (var mail in Enumerable.Reverse(_mails))
            {
                Register(_threadIndex, mail.Content, mail.ThreadKey);
            }
        }

        return Known(_threadIndex, content) ?? id;
    }

    private static ulong Thread(Dictionary<string, ulong> index, MailContent content, ulong id)
    {
        var thread = Known(index, content) ?? id;
        Register(index, content, thread);
        return thread;
    }

    private static ulong? Known(Dictionary<string, ulong> index, MailContent content)
    {
        foreach (var reference in content.References)
        {
            if (index.TryGetValue(reference, out var thread))
            {
                return thread;
            }
        }

        return content.MessageId is { } own && index.TryGetValue(own, out var same) ? same : null;
    }

    private static void Register(Dictionary<string, ulong> index, MailContent content, ulong thread)
    {
        if (content.MessageId is { } own)
        {
            index.TryAdd(own, thread);
        }

        foreach (var reference in content.References)
        {
            index.TryAdd(reference, thread);
        }
    }
}

/// <summary>A mail of a file or of the generator, before it is in an account.</summary>
internal readonly record struct InitialMail(MailContent Content, long Date, IReadOnlyList<string> Labels, bool Redated);
