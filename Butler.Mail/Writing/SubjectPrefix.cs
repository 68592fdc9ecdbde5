using System.Collections.Frozen;

namespace Butler.Mail;

/// <summary>Reply and forward prefixes of subjects, in the languages of common mail programs.</summary>
public static class SubjectPrefix
{
    private const int MaxPrefix = 12;

    private static readonly FrozenSet<string> Replies = new[]
    {
        "re", "aw", "antw", "antwort", "sv", "vs", "rv", "ref", "réf", "rif", "r", "odp", "ynt", "res", "atb", "回复", "回覆", "答复", "返信", "ответ", "отв", "vá", "απ", "blt",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Forwards = new[]
    {
        "fw", "fwd", "wg", "tr", "enc", "vl", "vb", "doorst", "rv", "i", "pd", "fs", "转发", "轉寄", "転送", "пересл", "továbbítás",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the subject begins with a reply prefix ("Re:", "AW:", "Re[2]:").</summary>
    public static bool IsReply(string subject) => Prefix(subject, out var name) > 0 && Replies.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name);

    /// <summary>Whether the subject begins with a forward prefix ("Fwd:", "WG:").</summary>
    public static bool IsForward(string subject) => Prefix(subject, out var name) > 0 && Forwards.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name);

    /// <summary>The subject without its reply prefixes.</summary>
    public static string StripReplies(string subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        var rest = subject.AsSpan().Trim();
        while (Prefix(rest, out var name) is var length and > 0 && Replies.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name))
        {
            rest = rest[length..].TrimStart();
        }

        return rest.Length == subject.Length ? subject : rest.ToString();
    }

    // "Re:", "Re[2]:", "Re(2):", "RE :", "回复："
    private static int Prefix(ReadOnlySpan<char> subject, out ReadOnlySpan<char> name)
    {
        name = [];
        var colon = subject[..Math.Min(subject.Length, MaxPrefix)].IndexOfAny(':', '：');
        if (colon <= 0)
        {
            return 0;
        }

        name = subject[..colon].TrimEnd();
        if (name.Length > 0 && name[^1] is ']' or ')' && name.LastIndexOfAny('[', '(') is var open and > 0 && int.TryParse(name[(open + 1)..^1], out _))
        {
            name = name[..open].TrimEnd();
        }

        return colon + 1;
    }
}
