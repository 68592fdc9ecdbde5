using Butler.Sandbox.Quota;

namespace Butler.Sandbox.Gmail;

/// <summary>One call, on its own or from inside a batch.</summary>
internal sealed class GmailCall
{
    private const string Root = "/gmail/v1/users/";
    private List<KeyValuePair<string, string>>? _query;

    public GmailCall(string verb, string target, ReadOnlyMemory<byte> body)
    {
        Body = body;
        // Google's .NET client puts absolute addresses into batches.
        if (target.StartsWith("http", StringComparison.Ordinal) && target.IndexOf("://", StringComparison.Ordinal) is var scheme and > 0)
        {
            var slash = target.IndexOf('/', scheme + 3);
            target = slash < 0 ? "/" : target[slash..];
        }

        var mark = target.IndexOf('?', StringComparison.Ordinal);
        QueryText = mark < 0 ? "" : target[(mark + 1)..];
        var path = mark < 0 ? target : target[..mark];
        if (!path.StartsWith(Root, StringComparison.Ordinal))
        {
            return;
        }

        var parts = path[Root.Length..].Split('/');
        User = Uri.UnescapeDataString(parts[0]);
        Id = parts.Length > 2 ? Uri.UnescapeDataString(parts[2]) : "";
        Id2 = parts.Length > 4 ? Uri.UnescapeDataString(parts[4]) : "";
        Method = Route(verb, parts);
    }

    /// <summary>Google's name of the method; null: there is none at this path.</summary>
    public string? Method { get; }

    public string User { get; } = "";

    public string Id { get; } = "";

    public string Id2 { get; } = "";

    public string QueryText { get; }

    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Whether the call changes anything.</summary>
    public bool IsWrite => Method is Methods.DraftsCreate or Methods.DraftsUpdate or Methods.DraftsDelete or Methods.MessagesModify
        or Methods.LabelsCreate or Methods.MessagesTrash or Methods.MessagesUntrash or Methods.MessagesBatchModify;

    public string? Query(string name)
    {
        foreach (var (key, value) in Parameters)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }

    public List<string> QueryAll(string name) => [.. Parameters.Where(p => p.Key == name).Select(p => p.Value)];

    public bool Flag(string name) => Query(name) is { } v && v.Equals("true", StringComparison.OrdinalIgnoreCase);

    private List<KeyValuePair<string, string>> Parameters => _query ??= Parse(QueryText);

    private static List<KeyValuePair<string, string>> Parse(string text)
    {
        var result = new List<KeyValuePair<string, string>>();
        foreach (var pair in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var eq = pair.IndexOf('=', StringComparison.Ordinal);
            result.Add(new(Decode(eq < 0 ? pair : pair[..eq]), eq < 0 ? "" : Decode(pair[(eq + 1)..])));
        }

        return result;
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static string? Route(string verb, string[] p) => (verb, p.Length, p.Length > 1 ? p[1] : "", p.Length > 3 ? p[3] : "") switch
    {
        ("GET", 2, "profile", _) => Methods.GetProfile,
        ("GET", 2, "messages", _) => Methods.MessagesList,
        ("GET", 3, "messages", _) => Methods.MessagesGet,
        ("POST", 3, "messages", _) when p[2] == "batchModify" => Methods.MessagesBatchModify,
        ("POST", 4, "messages", "modify") => Methods.MessagesModify,
        ("POST", 4, "messages", "trash") => Methods.MessagesTrash,
        ("POST", 4, "messages", "untrash") => Methods.MessagesUntrash,
        ("GET", 5, "messages", "attachments") => Methods.AttachmentsGet,
        ("GET", 2, "threads", _) => Methods.ThreadsList,
        ("GET", 3, "threads", _) => Methods.ThreadsGet,
        ("GET", 2, "history", _) => Methods.HistoryList,
        ("GET", 2, "labels", _) => Methods.LabelsList,
        ("GET", 3, "labels", _) => Methods.LabelsGet,
        ("POST", 2, "labels", _) => Methods.LabelsCreate,
        ("GET", 2, "drafts", _) => Methods.DraftsList,
        ("POST", 2, "drafts", _) => Methods.DraftsCreate,
        ("POST", 3, "drafts", _) when p[2] == "send" => Methods.DraftsSend,
        ("GET", 3, "drafts", _) => Methods.DraftsGet,
        ("PUT", 3, "drafts", _) => Methods.DraftsUpdate,
        ("DELETE", 3, "drafts", _) => Methods.DraftsDelete,
        ("POST", 2, "watch", _) => Methods.Watch,
        ("POST", 2, "stop", _) => Methods.Stop,
        _ => null,
    };
}
