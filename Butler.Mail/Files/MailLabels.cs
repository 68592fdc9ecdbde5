namespace Butler.Mail.Files;

/// <summary>Labels from what each kind of file says about its mails.</summary>
internal static class MailLabels
{
    private const int MaxLabels = 100;

    /// <summary>From X-Gmail-Labels (Takeout) or Status (mbox).</summary>
    public static IReadOnlyList<string> FromHeader(ReadOnlyMemory<byte> mail)
    {
        var window = mail[..Math.Min(mail.Length, 64 * 1024)];
        if (window.Span.IndexOf("X-Gmail-Labels"u8) < 0 && window.Span.IndexOf("\nStatus:"u8) < 0)
        {
            return [];
        }

        var headers = MimeMessage.Parse(window).Headers;
        if (headers.Get("X-Gmail-Labels") is { } value)
        {
            List<string> labels = [];
            foreach (var label in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (Takeout(label.Trim('"')) is { } name && labels.Count < MaxLabels && !labels.Contains(name))
                {
                    labels.Add(name);
                }
            }

            return labels;
        }

        return headers.Get("Status") is { } status && !status.Contains('R') ? ["UNREAD"] : [];
    }

    /// <summary>From a Maildir path: folder/cur/unique:2,flags; null where the path is none.</summary>
    public static IReadOnlyList<string>? FromMaildir(string path)
    {
        var parts = path.Replace('\\', '/').Split('/');
        if (parts.Length < 2 || parts[^2] is not ("cur" or "new"))
        {
            return null;
        }

        List<string> labels = [];
        var folder = parts.Length > 2 && parts[^3].StartsWith('.') ? parts[^3][1..] : "";
        labels.Add(folder.ToLowerInvariant() switch
        {
            "" => "INBOX",
            "sent" or "sent items" or "sent mail" or "gesendet" => "SENT",
            "spam" or "junk" => "SPAM",
            "trash" or "deleted items" or "deleted messages" => "TRASH",
            "drafts" => "DRAFT",
            _ => folder,
        });

        var mark = parts[^1].LastIndexOf(",", StringComparison.Ordinal);
        var info = mark > 1 && parts[^1][mark - 1] == '2' && parts[^1][mark - 2] is ':' or ';' or '!' or '_' ? parts[^1].AsSpan(mark + 1) : [];
        AddIf(parts[^2] == "new" || !info.Contains('S'), "UNREAD");
        AddIf(info.Contains('F'), "STARRED");
        AddIf(info.Contains('T'), "TRASH");
        AddIf(info.Contains('D'), "DRAFT");
        return labels;

        void AddIf(bool condition, string label)
        {
            if (condition && !labels.Contains(label))
            {
                labels.Add(label);
            }
        }
    }

    private static string? Takeout(string label) => label.ToLowerInvariant() switch
    {
        "" or "opened" or "archived" => null,
        "inbox" => "INBOX",
        "sent" => "SENT",
        "unread" => "UNREAD",
        "starred" => "STARRED",
        "important" => "IMPORTANT",
        "spam" => "SPAM",
        "trash" => "TRASH",
        "drafts" or "draft" => "DRAFT",
        "chat" or "chats" => "CHAT",
        "category personal" => "CATEGORY_PERSONAL",
        "category social" => "CATEGORY_SOCIAL",
        "category promotions" => "CATEGORY_PROMOTIONS",
        "category updates" => "CATEGORY_UPDATES",
        "category forums" => "CATEGORY_FORUMS",
        _ => label,
    };
}
