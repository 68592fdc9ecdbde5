using System.Text.RegularExpressions;

namespace Butler.Sandbox.Models;

/// <summary>Finds the mail in a prompt: what stands between its delimiters, else all of it.</summary>
internal static partial class MailText
{
    /// <summary>The text to judge.</summary>
    public static string In(string prompt)
    {
        var match = Tags().Matches(prompt).LastOrDefault();
        if (match is not null)
        {
            return match.Groups["text"].Value.Trim();
        }

        match = Lines().Matches(prompt).LastOrDefault();
        return (match is null ? prompt : match.Groups["text"].Value).Trim();
    }

    // <mail>…</mail>, <email id="x">…</email>, <message-7f3a>…</message-7f3a>
    [GeneratedRegex("<(?<name>(?:mail|email|message|thread|content|document|untrusted)[\\w:-]*)(?:\\s[^>]{0,200})?>(?<text>.*?)</\\k<name>>", RegexOptions.Singleline | RegexOptions.IgnoreCase, 1_000)]
    private static partial Regex Tags();

    // A line that names the beginning, and one that names the end: -----BEGIN MAIL 7f3a-----, === END MAIL ===, <<<MAIL … MAIL>>>
    [GeneratedRegex("^[^\\w\\n]*(?:BEGIN|START)[^\\n]*\\n(?<text>.*?)^[^\\w\\n]*END\\b[^\\n]*$", RegexOptions.Singleline | RegexOptions.Multiline, 1_000)]
    private static partial Regex Lines();
}
