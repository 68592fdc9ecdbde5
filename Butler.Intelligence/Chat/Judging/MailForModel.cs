using System.Globalization;
using System.Text;
using System.Xml;

namespace Butler.Intelligence.Chat.Judging;

/// <summary>What a chat model is shown of a mail: bounded, and in two parts, what Butler knows and what strangers wrote.</summary>
/// <param name="Facts">From headers and the mailbox, in Butler's words.</param>
/// <param name="Text">Sender, subject and new text.</param>
public sealed record MailForModel(string Facts, string Text)
{
    private const int MaxSubject = 300;
    private const int MaxSender = 200;
    private const int MaxText = 6_000;
    private const int MaxQuoted = 800;

    /// <summary>The owner's tags, which may be given beside Butler's.</summary>
    public OwnTags Own { get; private init; } = OwnTags.Empty;

    /// <summary>Takes from a mail what is shown.</summary>
    /// <param name="mail">The mail.</param>
    /// <param name="own">The owner's tags; null: none.</param>
    public static MailForModel Of(MailFeatures mail, OwnTags? own = null)
    {
        ArgumentNullException.ThrowIfNull(mail);
        var facts = new StringBuilder();
        void Say(bool holds, string fact)
        {
            if (holds)
            {
                facts.Append("- ").Append(fact).Append('\n');
            }
        }

        var owner = mail.OwnerAddresses;
        bool IsOwner(string address) => owner.Any(o => string.Equals(o, address, StringComparison.OrdinalIgnoreCase));
        var isTo = mail.To.Any(IsOwner);
        Say(isTo, string.Create(CultureInfo.InvariantCulture, $"addressed to the owner{(mail.To.Count > 1 ? $" and {mail.To.Count - 1} others" : " alone")}"));
        Say(!isTo && mail.Cc.Any(IsOwner), "the owner is only in copy");
        Say(mail.IsReply, "answers an earlier mail");
        Say(mail.AnsweredInThread, "the owner has written in this conversation since");
        Say(mail.IsFromOwner, "written by the owner");
        Say(mail.IsList, "came through a mailing list");
        Say(mail.IsBulk, "bulk mail by its headers");
        Say(mail.IsAutoReply, "an automatic answer by its headers");
        Say(mail.IsNoReply, "its sender takes no answers");
        Say(mail.HasListUnsubscribe, "offers to unsubscribe");
        Say(mail.HasAttachments, "has attachments");
        Say(mail.HasCalendar, "carries a calendar event");
        Say(mail.Labels.Contains("SPAM"), "the provider filed it as spam");
        Say(mail.Labels.Contains("CATEGORY_PROMOTIONS"), "the provider filed it as promotion");
        Say(Is(mail.Dmarc, "fail"), "fails DMARC");
        Say(Is(mail.Dmarc, "pass"), "passes DMARC");
        Say(Is(mail.Spf, "fail"), "fails SPF");
        if (facts.Length == 0)
        {
            facts.Append("- nothing more\n");
        }

        var text = new StringBuilder();
        text.Append("From: ").Append(Line($"{mail.From.Name} <{mail.From.Address}>", MaxSender)).Append('\n');
        text.Append("Subject: ").Append(Line(mail.Subject, MaxSubject)).Append("\n\n");
        text.Append(Cut(mail.NewText, MaxText));
        if (mail.QuotedText is { Length: > 0 } quoted)
        {
            text.Append("\n\n[earlier in the conversation]\n").Append(Cut(quoted, MaxQuoted));
        }

        return new(facts.ToString().TrimEnd(), Clean(text)) { Own = own ?? OwnTags.Empty };
    }

    /// <summary>Never prints mail.</summary>
    public override string ToString() => "mail";

    /// <summary>A message of a prompt is XML, which has no words for control characters and lone surrogates.</summary>
    private static string Clean(StringBuilder text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
            {
                i++;
            }
            else if (!XmlConvert.IsXmlChar(text[i]))
            {
                text[i] = ' ';
            }
        }

        return text.ToString();
    }

    private static bool Is(string? result, string value) => string.Equals(result, value, StringComparison.OrdinalIgnoreCase);

    private static string Line(string text, int max) => Cut(text.ReplaceLineEndings(" "), max);

    private static string Cut(string text, int max) => text.Length <= max ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[max - 1]) ? max - 1 : max), "…");
}
