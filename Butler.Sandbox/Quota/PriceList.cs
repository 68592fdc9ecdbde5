namespace Butler.Sandbox.Quota;

/// <summary>Quota units per method; facts/gmail-api.md section 8.</summary>
internal static class PriceList
{
    public static int Units(string method, bool since2026) => method switch
    {
        Methods.GetProfile or Methods.LabelsGet or Methods.LabelsList => 1,
        Methods.HistoryList => 2,
        Methods.MessagesGet or Methods.AttachmentsGet or Methods.DraftsGet => since2026 ? 20 : 5,
        Methods.ThreadsGet => since2026 ? 40 : 10,
        Methods.MessagesTrash or Methods.MessagesUntrash => since2026 ? 20 : 5,
        Methods.ThreadsList or Methods.DraftsCreate or Methods.DraftsDelete => 10,
        Methods.DraftsUpdate => 15,
        Methods.Stop or Methods.MessagesBatchModify => 50,
        Methods.Watch or Methods.DraftsSend => 100,
        _ => 5,
    };
}

/// <summary>Google's names of the methods; faults and statistics use them too.</summary>
public static class Methods
{
    public const string GetProfile = "getProfile";
    public const string MessagesList = "messages.list";
    public const string MessagesGet = "messages.get";
    public const string MessagesModify = "messages.modify";
    public const string MessagesBatchModify = "messages.batchModify";
    public const string MessagesTrash = "messages.trash";
    public const string MessagesUntrash = "messages.untrash";
    public const string AttachmentsGet = "attachments.get";
    public const string ThreadsList = "threads.list";
    public const string ThreadsGet = "threads.get";
    public const string HistoryList = "history.list";
    public const string LabelsList = "labels.list";
    public const string LabelsGet = "labels.get";
    public const string LabelsCreate = "labels.create";
    public const string DraftsList = "drafts.list";
    public const string DraftsGet = "drafts.get";
    public const string DraftsCreate = "drafts.create";
    public const string DraftsUpdate = "drafts.update";
    public const string DraftsDelete = "drafts.delete";
    public const string DraftsSend = "drafts.send";
    public const string Watch = "watch";
    public const string Stop = "stop";
    public const string Batch = "batch";
    public const string Token = "token";
    public const string Revoke = "revoke";
    public const string Push = "push";
    public const string Certs = "certs";
}
