using System.Globalization;
using System.Text;
using Butler.Intelligence;
using Butler.Responder.Drafts;

namespace Butler.Responder.Templates;

/// <summary>The original below a reply, as mail programs quote it, introduced in the reply's language.</summary>
internal static class QuotedOriginal
{
    // A draft is for a person to read: the whole thread stays at hand in Gmail.
    private const int MaxLines = 300;
    private const int MaxChars = 32 * 1024;

    public static string Of(DueMail mail)
    {
        var language = mail.Language == LanguageGuess.Unknown ? LanguageGuess.Of($"{mail.Subject}\n{mail.NewText}") : mail.Language;
        var phrases = Phrases.For(language);
        var text = new StringBuilder(Introduction(phrases, mail)).Append('\n');
        var lines = 0;
        foreach (var line in Lines(mail))
        {
            if (++lines > MaxLines || text.Length + line.Length > MaxChars)
            {
                text.Append("> ").Append(phrases.Shortened).Append('\n');
                break;
            }

            // ">" on ">" is how levels are counted (RFC 3676 section 4.5).
            text.Append(line.Length == 0 || line[0] == '>' ? ">" : "> ").Append(line).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<string> Lines(DueMail mail)
    {
        var text = mail.QuotedText.Length == 0 ? mail.NewText : $"{mail.NewText}\n\n{mail.QuotedText}";
        return text.ReplaceLineEndings("\n").Trim('\n').Split('\n').Select(l => l.TrimEnd());
    }

    private static string Introduction(Phrases phrases, DueMail mail)
    {
        // Name and address, as Gmail writes it: by the address readers recognise the line in every language.
        var who = ReplyTemplate.OneLine(mail.FromName is { Length: > 0 } name ? $"{name} <{mail.FromAddress}>" : mail.FromAddress ?? "");
        if (mail.SentAt is not { } at)
        {
            return string.Format(CultureInfo.InvariantCulture, phrases.WroteUndated, who);
        }

        return string.Format(CultureInfo.InvariantCulture, phrases.Wrote, at.UtcDateTime.Day, phrases.Months[at.UtcDateTime.Month - 1], at.UtcDateTime.Year, who);
    }
}
