using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Butler.Sandbox.Mail;

namespace Butler.Sandbox.State;

/// <summary>Writes: each becomes one <see cref="Change"/> with all its ids, journaled, then applied.</summary>
public sealed partial class SandboxAccount
{
    /// <summary>A new mail arrives.</summary>
    /// <param name="raw">The message.</param>
    /// <param name="labels">Label ids; none: INBOX and UNREAD, or SENT when the owner is the sender.</param>
    /// <param name="date">When it is said to have been accepted; unset: now.</param>
    public SandboxMail Deliver(ReadOnlyMemory<byte> raw, IEnumerable<string>? labels = null, DateTimeOffset? date = null)
    {
        var content = new MailContent(raw);
        lock (_gate)
        {
            var at = Now;
            var id = NewId(at);
            _commit(new Change
            {
                Kind = ChangeKind.Deliver,
                Account = Address,
                At = at,
                Id = id,
                Thread = ThreadOf(content, id),
                Date = date?.ToUnixTimeMilliseconds() ?? _nasty.ArrivalDate(Hash, id, at),
                Labels = labels?.ToArray() is { Length: > 0 } given ? given : content.IsFrom(Address) ? ["SENT"] : ["INBOX", "UNREAD"],
                Raw = raw.ToArray(),
                History = NextHistory(1),
            });
            return _byId[id];
        }
    }

    /// <summary>Deletes a message for good.</summary>
    public bool Delete(string messageId)
    {
        lock (_gate)
        {
            return Ids.TryParse(messageId, out var key) && _byId.ContainsKey(key)
                && _commit(New(ChangeKind.Delete) with { OldId = key, History = NextHistory(1) });
        }
    }

    /// <summary>The owner puts labels on a message and takes others off; false: there is no such message.</summary>
    public bool Relabel(string messageId, IReadOnlyCollection<string> add, IReadOnlyCollection<string> remove)
    {
        ArgumentNullException.ThrowIfNull(add);
        ArgumentNullException.ThrowIfNull(remove);
        return Ids.TryParse(messageId, out var key) && ChangeLabels(key, add, remove) is not null;
    }

    /// <summary>Forgets all history so far: an older startHistoryId then answers 404.</summary>
    public void ExpireHistory()
    {
        lock (_gate)
        {
            _commit(New(ChangeKind.ExpireHistory) with { History = NextHistory(1) });
        }
    }

    /// <summary>The owner takes access back.</summary>
    public void Revoke()
    {
        lock (_gate)
        {
            _commit(New(ChangeKind.Revoke));
        }
    }

    /// <summary>The owner allows access on the consent page; after a revocation under a new refresh token, as Google does.</summary>
    public void Grant()
    {
        lock (_gate)
        {
            if (Revoked)
            {
                _commit(New(ChangeKind.Grant));
            }
        }
    }

    /// <summary>Creates a draft; into the given thread only when the rules for joining it are met (drafts guide).</summary>
    public SandboxDraft CreateDraft(ReadOnlyMemory<byte> raw, string? threadId = null, string by = "owner")
    {
        lock (_gate)
        {
            var at = Now;
            var id = NewId(at);
            var content = new MailContent(_nasty.RewriteDraft(raw, id));
            var draft = NewDraftId(id);
            _commit(new Change
            {
                Kind = ChangeKind.DraftCreate,
                Account = Address,
                At = at,
                By = by,
                Id = id,
                Thread = DraftThread(content, threadId, id),
                Date = at,
                Labels = ["DRAFT"],
                Raw = content.Bytes.ToArray(),
                Draft = draft,
                History = NextHistory(1),
            });
            return new SandboxDraft(draft, _byId[id]);
        }
    }

    /// <summary>Replaces a draft's content: a new message id always, a new draft id when the fault is on.</summary>
    public SandboxDraft? UpdateDraft(string draftId, ReadOnlyMemory<byte> raw, string? threadId = null, string by = "owner")
    {
        lock (_gate)
        {
            if (!_drafts.TryGetValue(draftId, out var old))
            {
                return null;
            }

            var at = Now;
            var id = NewId(at);
            var content = new MailContent(_nasty.RewriteDraft(raw, id));
            var draft = _nasty.DraftIdChanges ? NewDraftId(id) : draftId;
            _commit(new Change
            {
                Kind = ChangeKind.DraftUpdate,
                Account = Address,
                At = at,
                By = by,
                Id = id,
                OldId = old.MessageKey,
                Thread = threadId is null ? _byId[old.MessageKey].ThreadKey : DraftThread(content, threadId, id),
                Date = at,
                Labels = ["DRAFT"],
                Raw = content.Bytes.ToArray(),
                Draft = draft,
                OldDraft = draftId,
                History = NextHistory(2),
            });
            return new SandboxDraft(draft, _byId[id]);
        }
    }

    /// <summary>Deletes a draft for good.</summary>
    public bool DeleteDraft(string draftId, string by = "owner")
    {
        lock (_gate)
        {
            return _drafts.TryGetValue(draftId, out var old)
                && _commit(New(ChangeKind.DraftDelete) with { By = by, OldDraft = draftId, OldId = old.MessageKey, History = NextHistory(1) });
        }
    }

    /// <summary>The owner sends a draft: it vanishes and a message with the label SENT appears in its thread.</summary>
    public SandboxMail? SendDraft(string draftId)
    {
        lock (_gate)
        {
            if (!_drafts.TryGetValue(draftId, out var old))
            {
                return null;
            }

            var mail = _byId[old.MessageKey];
            var id = NewId(Now);
            _commit(New(ChangeKind.DraftSend) with
            {
                By = "owner",
                Id = id,
                OldId = old.MessageKey,
                OldDraft = draftId,
                Thread = mail.ThreadKey,
                Date = Now,
                Labels = ["SENT"],
                Raw = mail.Raw(),
                History = NextHistory(2),
            });
            return _byId[id];
        }
    }

    internal SandboxMail? ChangeLabels(ulong key, IReadOnlyCollection<string> add, IReadOnlyCollection<string> remove)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(key, out var mail))
            {
                return null;
            }

            string[] added = [.. add.Where(l => !mail.Has(l)).Distinct()];
            string[] removed = [.. remove.Where(mail.Has).Distinct()];
            if (added.Length + removed.Length > 0)
            {
                var count = (added.Length > 0 ? 1 : 0) + (removed.Length > 0 ? 1 : 0);
                _commit(New(ChangeKind.Labels) with { Id = key, Labels = added, Removed = removed, History = NextHistory(count) });
            }

            return mail;
        }
    }

    /// <summary>The owner makes a label; returns its id, or null when there is one of that name.</summary>
    public string? CreateLabel(string name)
    {
        lock (_gate)
        {
            if (_userLabels.Values.Contains(name, StringComparer.OrdinalIgnoreCase) || _userLabels.Count >= Limits.Labels)
            {
                return null;
            }

            var id = "Label_" + (_userLabels.Count + 1).ToString(CultureInfo.InvariantCulture);
            _commit(New(ChangeKind.NewLabel) with { Draft = id, Name = name });
            return id;
        }
    }

    internal Watch StartWatch(string topic)
    {
        lock (_gate)
        {
            _commit(New(ChangeKind.Watch) with { Name = topic, Date = Now + (7 * 86_400_000L) });
            return Watch!;
        }
    }

    internal void StopWatch()
    {
        lock (_gate)
        {
            _commit(New(ChangeKind.Stop));
        }
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private Change New(string kind) => new() { Kind = kind, Account = Address, At = Now };

    private ulong NextHistory(int records) => HistoryId + (ulong)records + _nasty.HistoryJump(Hash, HistoryId);

    private ulong NewId(long at)
    {
        for (var salt = HistoryId; ; salt++)
        {
            var id = Ids.Make(Hash, salt, (ulong)at);
            if (!_byId.ContainsKey(id))
            {
                return id;
            }
        }
    }

    private static string NewDraftId(ulong id)
    {
        Span<byte> hash = stackalloc byte[32];
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, id);
        SHA256.HashData(bytes, hash);
        return "r" + BinaryPrimitives.ReadInt64LittleEndian(hash).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Drafts guide: the thread is joined when reply headers name one of its messages and the subject matches.</summary>
    private ulong DraftThread(MailContent content, string? threadId, ulong id)
    {
        if (threadId is null || !Ids.TryParse(threadId, out var wanted))
        {
            return ThreadOf(content, id);
        }

        var thread = _mails.FindAll(m => m.ThreadKey == wanted);
        var answers = content.References.Length > 0 && thread.Exists(m => m.MessageId is { } mid && content.References.Contains(mid));
        var sameSubject = thread.Exists(m => m.Content.BaseSubject.Equals(content.BaseSubject, StringComparison.OrdinalIgnoreCase));
        return answers && sameSubject ? wanted : id;
    }
}
