namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>
/// Folders and flags in Gmail's words (INBOX, SENT, UNREAD, …), so that everything behind the seam works for both. A mail has the labels of
/// all its places; one place outside Trash and Spam means that it is in neither.
/// </summary>
internal static class ImapLabels
{
    public const string Inbox = "INBOX", Sent = "SENT", Draft = "DRAFT", Spam = "SPAM", Trash = "TRASH", Unread = "UNREAD", Starred = "STARRED", Important = "IMPORTANT";

    public static SortedSet<string> Of(IReadOnlyCollection<ImapPlace> places, IReadOnlyDictionary<long, ImapFolderState> folders)
    {
        var labels = new SortedSet<string>(StringComparer.Ordinal);
        var kept = places.Where(p => !IsDiscarded(p, folders)).ToList();
        foreach (var place in kept.Count > 0 ? kept : places)
        {
            Add(labels, place, folders.GetValueOrDefault(place.FolderId));
        }

        if (places.Count > 0 && !places.Any(p => p.Marks.HasFlag(ImapMarks.Seen)))
        {
            labels.Add(Unread);
        }

        return labels;
    }

    public static ImapMarks Marks(ImapMessage message) =>
        (message.Has("\\Seen") ? ImapMarks.Seen : 0) | (message.Has("\\Flagged") ? ImapMarks.Flagged : 0) | (message.Has("\\Draft") ? ImapMarks.Draft : 0)
        | (message.Has("\\Deleted") ? ImapMarks.Deleted : 0) | (message.Has("\\Answered") ? ImapMarks.Answered : 0);

    /// <summary>Gmail's labels of a mail in Gmail's API's words; null elsewhere.</summary>
    public static IReadOnlyList<string>? Gmail(ImapMessage message) => message.GmailLabels?.Select(Gmail).Order(StringComparer.Ordinal).ToList();

    private static string Gmail(string label) => label.ToUpperInvariant() switch
    {
        "\\INBOX" => Inbox,
        "\\SENT" => Sent,
        "\\DRAFT" or "\\DRAFTS" => Draft,
        "\\STARRED" => Starred,
        "\\IMPORTANT" => Important,
        "\\JUNK" or "\\SPAM" => Spam,
        "\\TRASH" => Trash,
        _ => label,
    };

    private static bool IsDiscarded(ImapPlace place, IReadOnlyDictionary<long, ImapFolderState> folders) =>
        place.Marks.HasFlag(ImapMarks.Deleted) || folders.GetValueOrDefault(place.FolderId)?.Use is ImapUse.Trash or ImapUse.Junk;

    private static void Add(SortedSet<string> labels, ImapPlace place, ImapFolderState? folder)
    {
        switch (folder?.Use)
        {
            case null or ImapUse.All or ImapUse.Flagged or ImapUse.Important:
                break;
            case ImapUse.Inbox:
                labels.Add(Inbox);
                break;
            case ImapUse.Sent:
                labels.Add(Sent);
                break;
            case ImapUse.Drafts:
                labels.Add(Draft);
                break;
            case ImapUse.Junk:
                labels.Add(Spam);
                break;
            case ImapUse.Trash:
                labels.Add(Trash);
                break;
            default:
                labels.Add(folder!.Name);
                break;
        }

        labels.UnionWith(place.Labels ?? []);
        AddMark(ImapMarks.Flagged, Starred);
        AddMark(ImapMarks.Draft, Draft);
        AddMark(ImapMarks.Deleted, Trash);
        void AddMark(ImapMarks mark, string label)
        {
            if (place.Marks.HasFlag(mark))
            {
                labels.Add(label);
            }
        }
    }
}
