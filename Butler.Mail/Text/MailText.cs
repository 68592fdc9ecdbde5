namespace Butler.Mail;

/// <summary>A message's text for people and models.</summary>
/// <param name="NewText">What the sender wrote in this message. Lines end in \n.</param>
/// <param name="QuotedText">Quoted or forwarded history, attribution lines included.</param>
/// <param name="Signature">The signature, its delimiter included.</param>
/// <param name="FromHtml">Whether the text comes from an HTML part.</param>
public sealed record MailText(string NewText, string QuotedText, string Signature, bool FromHtml)
{
    /// <summary>No text.</summary>
    public static MailText Empty { get; } = new("", "", "", false);

    /// <summary>
    /// The text of a message: its plain part where there is one with text, else its HTML part. Never throws on content;
    /// at most <see cref="MimeLimits.TextChars"/> characters.
    /// </summary>
    public static MailText Read(MimeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var body = BodyText.Find(message.Body);
        return body.Text is null ? Empty : QuoteSplitter.Split(CleanText.Lines(body.Text), message.From?.Name ?? message.From?.LocalPart, body.Kinds) with { FromHtml = body.FromHtml };
    }

    /// <summary>The same text whole: nothing is told apart.</summary>
    public static string ReadWhole(MimeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return BodyText.Find(message.Body).Text ?? "";
    }

    /// <summary>Splits plain text.</summary>
    /// <param name="text">The text, any line ends.</param>
    /// <param name="sender">The sender's display name, by which a signature is known; may be null.</param>
    public static MailText FromPlain(string text, string? sender = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return QuoteSplitter.Split(CleanText.Lines(text), sender);
    }

    /// <summary>Converts and splits HTML.</summary>
    public static MailText FromHtmlText(string html)
    {
        ArgumentNullException.ThrowIfNull(html);
        var body = HtmlText.ConvertLines(html, MimeLimits.Default);
        return QuoteSplitter.Split(body.Text, null, body.Kinds) with { FromHtml = true };
    }
}
