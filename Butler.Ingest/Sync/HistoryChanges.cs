using Butler.Data.Ingest;
using Butler.Mailboxes;

namespace Butler.Ingest.Sync;

/// <summary>What a page of history comes to, mail by mail.</summary>
internal sealed class HistoryChanges
{
    /// <summary>Labels whose mail is not Butler's: drafts and chats never, Spam and Trash only when the owner asks (DESIGN section 3.1).</summary>
    private static readonly string[] s_notOurs = ["DRAFT", "CHAT", "SPAM", "TRASH"];

    private readonly HashSet<string> _added = new(StringComparer.Ordinal);
    private readonly HashSet<string> _returned = new(StringComparer.Ordinal);
    private readonly HashSet<string> _deleted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LabelChange> _labels = new(StringComparer.Ordinal);

    /// <summary>Mails that are to have a row: new ones, and those that came back from Spam or Trash.</summary>
    public IReadOnlyCollection<string> Wanted => [.. _added.Union(_returned).Order(StringComparer.Ordinal)];

    /// <summary>Mails that have just arrived.</summary>
    public IReadOnlySet<string> Added => _added;

    /// <summary>Mails that are deleted for good.</summary>
    public IReadOnlySet<string> Deleted => _deleted;

    /// <summary>Net label changes by provider id.</summary>
    public IReadOnlyDictionary<string, LabelChange> Labels => _labels;

    /// <summary>Every id that a known row may belong to.</summary>
    public IReadOnlyCollection<string> All => [.. _added.Union(_returned).Union(_deleted).Union(_labels.Keys)];

    public ulong NewestId { get; private set; }

    public static HistoryChanges Read(IReadOnlyList<HistoryRecord> records)
    {
        var changes = new HistoryChanges();

        // In the order of their ids, whatever order they came in; OrderBy is stable.
        foreach (var record in records.OrderBy(r => r.Id))
        {
            changes.Apply(record);
        }

        return changes;
    }

    private void Apply(HistoryRecord record)
    {
        NewestId = Math.Max(NewestId, record.Id);
        switch (record.Kind)
        {
            case HistoryKind.Added when !record.Labels.Any(s_notOurs.Contains):
                _added.Add(record.MessageId);
                break;
            case HistoryKind.Deleted:
                _deleted.Add(record.MessageId);
                break;
            case HistoryKind.LabelsAdded:
                Label(record.MessageId).Add(record.Labels);
                break;
            case HistoryKind.LabelsRemoved:
                Label(record.MessageId).Remove(record.Labels);
                if (record.Labels.Contains("SPAM") || record.Labels.Contains("TRASH"))
                {
                    // Out of Spam or Trash: it may be a mail that never had a row.
                    _returned.Add(record.MessageId);
                }

                break;
        }
    }

    private LabelChange Label(string id) => _labels.TryGetValue(id, out var known) ? known : _labels[id] = new();
}
