using System.Collections.Concurrent;

namespace Butler.Sandbox.State;

/// <summary>Gmail's system labels and the names Takeout gives them.</summary>
internal static class Labels
{
    public static readonly string[] System =
    [
        "INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT", "CHAT",
        "CATEGORY_PERSONAL", "CATEGORY_SOCIAL", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_FORUMS",
    ];

    /// <summary>Labels that clients may not set or remove (labels guide).</summary>
    public static bool IsFixed(string label) => label is "SENT" or "DRAFT" or "CHAT";

    /// <summary>A system label for a name from X-Gmail-Labels; null for a user's own; empty for states that are no label.</summary>
    public static string? FromTakeout(string name) => name.Trim().ToUpperInvariant() switch
    {
        "OPENED" or "ARCHIVED" or "" => "",
        "DRAFTS" => "DRAFT",
        "SENT MAIL" => "SENT",
        "BIN" => "TRASH",
        "CHATS" => "CHAT",
        var upper when upper.StartsWith("CATEGORY ", StringComparison.Ordinal) && System.Contains("CATEGORY_" + upper[9..]) => "CATEGORY_" + upper[9..],
        var upper when System.Contains(upper) => upper,
        _ => null,
    };

    /// <summary>One array for equal sets, since millions of messages share a handful of them.</summary>
    public static string[] Shared(IEnumerable<string> labels)
    {
        var set = labels.Distinct(StringComparer.Ordinal).ToArray();
        return set.Length > 4 ? set : Cache.GetOrAdd(string.Join('\n', set), set);
    }

    private static readonly ConcurrentDictionary<string, string[]> Cache = new(StringComparer.Ordinal);
}
