using System.Text.RegularExpressions;

namespace Butler.Sandbox.Models;

/// <summary>Finds the mail in a prompt: what stands between its delimiters, else all of it.</summary>
internal static partial class MailText
{
    /// <summary>The text to judge: of the newest user message that has one between delimiters, else all of the newest.</summary>
    public static string In(ModelRequest request)
    {
        for (var i = request.Users.Count - 1; i >= 0; i--)
        {
            if (Between(request.Users[i]) is { } mail)
            {
                return mail.Trim();
            }
        }

        return request.User.Trim();
    }

    private static string? Between(string prompt)
    {
        try
        {
            return (Tags().Matches(prompt).LastOrDefault() ?? Lines().Matches(prompt).LastOrDefault())?.Groups["text"].Value;
        }
        catch (RegexMatchTimeoutException)
        {
            // A mail made of beginnings without ends: the prompt is judged as a whole.
            return null;
        }
    }

    // <mail>…</mail>, <email id="x">…</email>, <message-7f3a>…</message-7f3a>
    [GeneratedRegex("<(?<name>(?:mail|email|message|thread|content|document|untrusted)[\\w:-]*)(?:\\s[^>]{0,200})?>(?<text>.*?)</\\k<name>>", RegexOptions.Singleline | RegexOptions.IgnoreCase, 1_000)]
    private static partial Regex Tags();

    // A line that names the beginning, and one that names the end: -----BEGIN MAIL 7f3a-----, === END MAIL ===, <<<MAIL … MAIL>>>
    [GeneratedRegex("^[^\\w\\n]*(?:BEGIN|START)[^\\n]*\\n(?<text>.*?)^[^\\w\\n]*END\\b[^\\n]*$", RegexOptions.Singleline | RegexOptions.Multiline, 1_000)]
    private static partial Regex Lines();
}
