namespace Butler.Mail.Tests;

/// <summary>Reads everything a message offers, and checks what always holds.</summary>
internal static class Touch
{
    public static void Everything(MimeMessage message)
    {
        Assert.NotNull(message.Subject);
        Assert.DoesNotContain('\0', message.Subject);
        Assert.DoesNotContain('\n', message.Subject);
        foreach (var list in (IReadOnlyList<MailAddress>[])[message.FromAll, message.Sender, message.ReplyTo, message.To, message.Cc, message.Bcc])
        {
            Assert.True(list.Count <= MimeLimits.Default.Addresses);
            Assert.All(list, a => Assert.False(string.IsNullOrEmpty(a.Address)));
        }

        _ = message.Date;
        Assert.NotEqual("", message.MessageId);
        Assert.True(message.InReplyTo.Count + message.References.Count <= 2 * MimeLimits.Default.References);
        foreach (var attachment in message.Attachments)
        {
            Assert.True(attachment.Size >= 0);
            Assert.DoesNotContain('/', attachment.FileName ?? "");
        }

        var text = MailText.Read(message);
        Assert.True(text.NewText.Length + text.QuotedText.Length + text.Signature.Length <= 2 * MimeLimits.Default.TextChars);
        Assert.DoesNotContain('\0', text.NewText);
        _ = MailSignals.Read(message);
        Part(message.Body, 0);
    }

    private static void Part(MimePart part, int depth)
    {
        Assert.True(depth <= MimeLimits.Default.Depth);
        Assert.InRange(part.RawBody.Length, 0, part.Raw.Length);
        Assert.InRange(part.Parts.Count, 0, MimeLimits.Default.Parts);
        _ = part.ContentId;
        _ = part.FileName;
        if (part.Parts.Count == 0)
        {
            var size = part.GetDecodedSize();
            var body = part.DecodeBody();
            Assert.Equal(size, body.Length);
            _ = part.DecodeText();
        }

        foreach (var child in part.Parts)
        {
            Part(child, depth + 1);
        }

        if (part.Message is { } inner)
        {
            Part(inner.Body, depth + 1);
        }
    }
}
