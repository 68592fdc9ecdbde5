using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Butler.Mail;
using Butler.Responder.Templates;

namespace Butler.Responder.Drafts;

/// <summary>A draft as it goes to Gmail, and the hash by which it is known again.</summary>
internal sealed record ComposedDraft(byte[] Raw, byte[] ContentHash);

/// <summary>Makes the message of a reply: recipients and threading from the mail's headers, the text above its quoted original.</summary>
internal sealed class DraftComposer(TimeProvider time)
{
    public ComposedDraft Compose(DueMail mail, string reply)
    {
        var owner = new MailAddress(mail.Account.DisplayName is { Length: > 0 } name ? name : null, mail.Account.Address);
        var raw = ReplyWriter.Write(new ReplyDraft
        {
            From = owner,
            To = Recipients.Of(mail),
            Subject = mail.Subject,
            Text = $"{reply}\n\n{QuotedOriginal.Of(mail)}",
            // Gmail replaces it by its own. Elsewhere the same reply to the same mail is known by it, so that it is put there once.
            MessageId = string.Create(CultureInfo.InvariantCulture, $"butler.{mail.Id:N}.{TextKey(reply)}@{(owner.Domain.Length > 0 ? owner.Domain : "localhost")}"),
            Date = time.GetUtcNow(),
            InReplyTo = mail.MessageId,
            // RFC 5322 section 3.6.4: the parent's References, or else its single In-Reply-To.
            References = mail.References.Count > 0 ? mail.References : mail.InReplyTo is { } parent ? [parent] : [],
        });
        return new(raw, DraftHash.Of(raw));
    }

    private static string TextKey(string reply) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(reply)).AsSpan(0, 8));
}

/// <summary>
/// A draft's content as one hash, of what a person sees of it and may change: subject, recipients, text, attachments. Gmail
/// rewrites Message-ID and drops fields, and may encode the same text in another way, so no header is relied on.
/// </summary>
internal static class DraftHash
{
    private const string Version = "butler draft 2";

    public static byte[] Of(ReadOnlyMemory<byte> raw)
    {
        var message = MimeMessage.Parse(raw);
        var content = new StringBuilder(Version);
        Line(content, SubjectPrefix.StripReplies(message.Subject));
        foreach (var list in new[] { message.To, message.Cc, message.Bcc })
        {
            Line(content, string.Join(',', list.Select(a => a.Address.ToLowerInvariant()).Order(StringComparer.Ordinal)));
        }

        // Whole: what counts as quoted may be told apart in another way by a later version.
        Line(content, MailText.ReadWhole(message));
        foreach (var attachment in message.Attachments)
        {
            Line(content, string.Create(CultureInfo.InvariantCulture, $"{attachment.FileName} {attachment.Size}"));
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes(content.ToString()));
    }

    // White space is what re-encoding and re-wrapping changes.
    private static void Line(StringBuilder content, string text)
    {
        content.Append('\n');
        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            content.Append(word).Append(' ');
        }
    }
}
