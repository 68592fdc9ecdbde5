using System.Text;
using Butler.Intelligence;
using Butler.Responder.Drafts;

namespace Butler.Responder.Templates;

/// <summary>The text of a reply, without the quoted original.</summary>
/// <param name="Text">Lines end in \n.</param>
/// <param name="Intent">question, request, meeting, invitation, thanks, complaint or other.</param>
/// <param name="Language">The language it is written in.</param>
internal sealed record WrittenReply(string Text, string Intent, string Language)
{
    /// <summary>Never prints mail.</summary>
    public override string ToString() => $"{Intent} {Language}";
}

/// <summary>
/// The local reply: greets, quotes what is to be answered, and leaves a visible blank for the owner. It says nothing of its own: every
/// word is a fixed phrase, the sender's name, the sender's sentence or the owner's name (DESIGN promise 5). The same mail gives the same text.
/// </summary>
internal static class ReplyTemplate
{
    public const string ModelName = "template-1";

    private const int MaxName = 100;

    public static WrittenReply Write(DueMail mail)
    {
        var language = mail.Language == LanguageGuess.Unknown ? LanguageGuess.Of($"{mail.Subject}\n{mail.NewText}") : mail.Language;
        var (intent, key) = IntentGuess.Of(mail.Subject, mail.NewText);
        return Write(Phrases.For(language), intent, key, mail.FromName, mail.Account.DisplayName, mail.NewText);
    }

    internal static WrittenReply Write(Phrases phrases, Intent intent, string? keySentence, string? sender, string owner, string newText)
    {
        var informal = phrases.IsInformal(newText);
        var words = phrases.Of(intent);
        var text = new StringBuilder();
        text.Append(phrases.Greet(PersonName.Of(sender), informal)).Append("\n\n");
        if (keySentence is { Length: > 0 })
        {
            text.Append(informal ? words.InformalQuoting : words.Quoting).Append("\n\n> ").Append(OneLine(keySentence)).Append("\n\n");
        }
        else
        {
            text.Append(informal ? words.InformalOpening : words.Opening).Append("\n\n");
        }

        text.Append(words.Blank).Append("\n\n").Append(informal ? phrases.InformalClosing : phrases.Closing);
        var name = OneLine(owner);
        if (name.Length is > 0 and <= MaxName)
        {
            text.Append('\n').Append(name);
        }

        return new(text.ToString(), intent.ToString().ToLowerInvariant(), phrases.Code);
    }

    /// <summary>White space and control characters collapsed: nothing of a mail can add a line.</summary>
    internal static string OneLine(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var plain = char.IsWhiteSpace(c) || char.IsControl(c) ? ' ' : c;
            if (plain != ' ' || (result.Length > 0 && result[^1] != ' '))
            {
                result.Append(plain);
            }
        }

        return result.ToString().TrimEnd();
    }
}
