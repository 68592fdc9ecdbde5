namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>The account's folders as the server lists them now, each with its id, and those that it no longer has.</summary>
internal sealed class ImapFolderPlan
{
    private readonly HashSet<long> _new;

    private ImapFolderPlan(IReadOnlyList<ImapFolderState> all, IReadOnlyList<ImapFolderState> gone, HashSet<long> fresh) => (All, Gone, _new) = (all, gone, fresh);

    /// <summary>Folders to compare: those whose mail Butler reads first, so that a mail that left them is found in the others.</summary>
    public IReadOnlyList<ImapFolderState> All { get; }

    public IReadOnlyList<ImapFolderState> Gone { get; }

    public bool IsNew(ImapFolderState folder) => _new.Contains(folder.Id);

    public static async Task<ImapFolderPlan> ReadAsync(IImapState state, Guid account, ImapClient client, ImapAccountState known, CancellationToken cancellationToken)
    {
        var listed = Names(await client.ListAsync(cancellationToken), known.Chosen, client.Capabilities.Gmail);
        var folders = known.Folders;
        var before = known.Folders.ToDictionary(f => f.Name, StringComparer.Ordinal);
        if (listed.Any(l => !before.TryGetValue(l.Name, out var f) || f.Use != l.Use || f.Followed != l.Followed))
        {
            folders = await state.NameFoldersAsync(account, listed, cancellationToken);
        }

        var names = listed.Select(l => l.Name).ToHashSet(StringComparer.Ordinal);
        return new(
            [.. folders.Where(f => names.Contains(f.Name)).OrderByDescending(f => f.Followed).ThenBy(f => f.Id)],
            [.. folders.Where(f => !names.Contains(f.Name))],
            [.. folders.Where(f => names.Contains(f.Name) && !before.ContainsKey(f.Name)).Select(f => f.Id)]);
    }

    /// <summary>
    /// INBOX, Sent, Drafts and the chosen folders are followed. At Gmail folders are labels, and the one with all mail shows every mail
    /// once; elsewhere such views only repeat what is in other folders, and are left out.
    /// </summary>
    public static List<ImapFolderName> Names(IReadOnlyList<ImapFolder> folders, IReadOnlyList<string> chosen, bool gmail)
    {
        var usable = folders.Where(f => f.Selectable).ToList();
        var allMail = gmail && usable.Any(f => f.Use == ImapUse.All);
        bool IsView(ImapFolder f) => allMail
            ? f.Use is not (ImapUse.All or ImapUse.Drafts or ImapUse.Junk or ImapUse.Trash)
            : f.Use is ImapUse.All or ImapUse.Flagged or ImapUse.Important && f.UseIsSaid;
        bool IsFollowed(ImapFolder f) => allMail
            ? f.Use is ImapUse.All or ImapUse.Drafts
            : f.Use is ImapUse.Inbox or ImapUse.Sent or ImapUse.Drafts || (f.Use is not (ImapUse.Junk or ImapUse.Trash) && chosen.Contains(f.Name.Key, StringComparer.Ordinal));
        return [.. usable.Where(f => !IsView(f)).GroupBy(f => f.Name.Key, StringComparer.Ordinal).Select(g => new ImapFolderName(g.Key, g.First().Use, IsFollowed(g.First())))];
    }
}
