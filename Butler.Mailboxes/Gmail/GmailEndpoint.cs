namespace Butler.Mailboxes.Gmail;

/// <summary>
/// A method of the API with its price under both lists. Source: Google's "Usage limits" page as of May 2026, and for the
/// second column five project notes of 2026-05 to 2026-10 that agree (facts/gmail-api.md section 8).
/// </summary>
internal sealed record GmailEndpoint(string Name, int ClassicUnits, int Units2026)
{
    public static readonly GmailEndpoint GetProfile = new("users.getProfile", 1, 1);
    public static readonly GmailEndpoint LabelsList = new("labels.list", 1, 1);
    public static readonly GmailEndpoint HistoryList = new("history.list", 2, 2);
    public static readonly GmailEndpoint Watch = new("users.watch", 100, 100);
    public static readonly GmailEndpoint Stop = new("users.stop", 50, 50);
    public static readonly GmailEndpoint MessagesList = new("messages.list", 5, 5);
    public static readonly GmailEndpoint MessagesGet = new("messages.get", 5, 20);
    public static readonly GmailEndpoint ThreadsGet = new("threads.get", 10, 40);
    public static readonly GmailEndpoint DraftsList = new("drafts.list", 5, 5);
    public static readonly GmailEndpoint DraftsGet = new("drafts.get", 5, 20);
    public static readonly GmailEndpoint DraftsCreate = new("drafts.create", 10, 10);
    public static readonly GmailEndpoint DraftsUpdate = new("drafts.update", 15, 15);

    public int Units(GmailPriceList list) => list == GmailPriceList.Classic ? ClassicUnits : Units2026;
}
