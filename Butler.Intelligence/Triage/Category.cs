namespace Butler.Intelligence;

/// <summary>What a mail is to its owner; the closed set of DESIGN section 1.</summary>
public enum Category
{
    /// <summary>Somebody waits for an answer or an action of the owner (<c>needs_reply</c>).</summary>
    NeedsReply,

    /// <summary>Worth keeping, nothing to answer (<c>informational</c>).</summary>
    Informational,

    /// <summary>Unwanted: advertising nobody asked for, fraud, phishing (<c>spam</c>).</summary>
    Spam,
}

/// <summary>The names of categories in databases, APIs and metrics.</summary>
public static class CategoryNames
{
    /// <summary>The snake_case name: <c>needs_reply</c>, <c>informational</c> or <c>spam</c>.</summary>
    public static string Name(this Category category) => category switch
    {
        Category.NeedsReply => "needs_reply",
        Category.Informational => "informational",
        Category.Spam => "spam",
        _ => throw new ArgumentOutOfRangeException(nameof(category)),
    };

    /// <summary>Reads a snake_case name; false for anything else.</summary>
    public static bool TryParse(string? name, out Category category)
    {
        (category, var known) = name switch
        {
            "needs_reply" => (Category.NeedsReply, true),
            "informational" => (Category.Informational, true),
            "spam" => (Category.Spam, true),
            _ => (Category.Informational, false),
        };
        return known;
    }
}
