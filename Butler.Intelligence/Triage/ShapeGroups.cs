namespace Butler.Intelligence.Triage;

/// <summary>The words of <see cref="Butler.Mail.MailShape"/> in groups that can be said to a person.</summary>
internal static class ShapeGroups
{
    private static readonly string[] s_names =
    [
        "the header fields of its sending program", "the form of its addresses", "the form of its subject", "the program that sent it", "its Message-ID",
        "its date", "the servers it came through", "the build of its parts", "its HTML", "the places its links lead to",
    ];

    private static readonly string[] s_like = [.. s_names.Select(n => $"{n}, as in spam")];
    private static readonly string[] s_unlike = [.. s_names.Select(n => $"{n}, unlike spam")];

    public static int Count => s_names.Length;

    public static string Words(int group, bool spam) => spam ? s_like[group] : s_unlike[group];

    public static int Of(string word)
    {
        var end = word.AsSpan().IndexOfAny(':', '=', '@');
        return (end < 0 ? word : word.AsSpan(0, end)) switch
        {
            "has" => 0,
            "from" or "to" or "reply" or "bounce" => 1,
            "subject" => 2,
            "mailer" => 3,
            "id" => 4,
            "date" => 5,
            "hop" or "hops" or "origin" => 6,
            "html" or "img" or "form" or "font" => 8,
            "url" or "host" or "link" => 9,
            _ => word.StartsWith('<') ? 8 : 7,
        };
    }
}
