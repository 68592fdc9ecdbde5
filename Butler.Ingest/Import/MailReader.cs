using System.Buffers;
using System.Text;
using System.Text.Json;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Intelligence;
using Butler.Mail;
using Butler.Mailboxes;

namespace Butler.Ingest.Import;

/// <summary>Turns raw bytes into what is stored: the one MIME path for every provider.</summary>
internal static class MailReader
{
    private const int MaxAttachments = 200;

    public static StoredMail Read(Guid id, Account owner, FetchedMail fetched)
    {
        var message = MimeMessage.Parse(fetched.Raw);
        var text = MailText.Read(message);
        var signals = MailSignals.Read(message);
        var from = message.From;
        var outgoing = fetched.Labels.Contains("SENT") || (from is { } sender && sender.IsSameMailbox(owner.Address));
        return new StoredMail
        {
            Id = id,
            ProviderUserId = owner.Id,
            ThreadId = fetched.ThreadId,
            MessageId = message.MessageId,
            InReplyTo = message.InReplyTo is [{ } parent, ..] ? parent : null,
            References = message.References,
            SentAt = message.Date,
            ReceivedAt = fetched.ReceivedAt,
            FromName = from?.Name,
            FromAddress = from?.Address,
            ReplyTo = [.. message.ReplyTo.Select(a => a.Address)],
            To = [.. message.To.Select(a => a.Address)],
            Cc = [.. message.Cc.Select(a => a.Address)],
            Subject = message.Subject,
            NewText = text.NewText,
            QuotedText = text.QuotedText,
            Attachments = Attachments(message),
            Size = fetched.Raw.Length,
            Language = LanguageGuess.Of(text.NewText),
            Signals = Signals(signals, message, owner.Address),
            Labels = fetched.Labels,
            Outgoing = outgoing,
        };
    }

    /// <summary>The account a mail belongs to, as the reader needs it.</summary>
    internal readonly record struct Account(Guid Id, string Address);

    private static string Attachments(MimeMessage message) => message.Attachments.Count == 0 ? "[]" : Json(writer =>
    {
        writer.WriteStartArray();
        foreach (var attachment in message.Attachments.Take(MaxAttachments))
        {
            writer.WriteStartObject();
            writer.WriteString("name", DbText.Clean(attachment.FileName, 255));
            writer.WriteString("type", DbText.Clean(attachment.ContentType, 255));
            writer.WriteNumber("size", attachment.Size);
            writer.WriteBoolean("inline", attachment.IsInline);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static string Signals(MailSignals signals, MimeMessage message, string owner) => Json(writer =>
    {
        writer.WriteStartObject();
        Text(writer, "list_id", signals.ListId);
        Flag(writer, "list_unsubscribe", signals.ListUnsubscribe);
        Text(writer, "precedence", signals.Precedence);
        Text(writer, "auto_submitted", signals.AutoSubmitted);
        Flag(writer, "bulk", signals.IsBulk);
        Flag(writer, "auto_reply", signals.IsAutoReply);
        Flag(writer, "no_reply", signals.IsNoReplySender);
        Flag(writer, "reply", signals.IsReply);
        Flag(writer, "calendar", signals.HasCalendar);
        Text(writer, "spf", signals.Authentication.Spf);
        Text(writer, "dkim", signals.Authentication.Dkim);
        Text(writer, "dmarc", signals.Authentication.Dmarc);
        Text(writer, "addressed", message.To.Any(a => a.IsSameMailbox(owner)) ? "to" : message.Cc.Any(a => a.IsSameMailbox(owner)) ? "cc" : null);
        writer.WriteString("shape", string.Join(' ', MailShape.Read(message))); // Short words of plain letters.
        Purchases(writer, SchemaOrg.Read(message));
        writer.WriteEndObject();
    });

    // What the markup says about purchases, while the raw bytes are at hand: the Classifier books them.
    private static void Purchases(Utf8JsonWriter writer, IReadOnlyList<SchemaOrgPurchase> purchases)
    {
        if (purchases.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("schema_org");
        foreach (var purchase in purchases)
        {
            writer.WriteStartObject();
            Text(writer, "type", purchase.Type);
            Text(writer, "price", purchase.Price);
            Text(writer, "currency", purchase.Currency);
            Text(writer, "seller", purchase.Seller);
            Text(writer, "number", purchase.Number);
            Text(writer, "date", purchase.Date);
            Text(writer, "status", purchase.Status);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Flag(Utf8JsonWriter writer, string name, bool value)
    {
        if (value)
        {
            writer.WriteBoolean(name, true);
        }
    }

    private static void Text(Utf8JsonWriter writer, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            writer.WriteString(name, DbText.Clean(value, DbText.MaxHeader));
        }
    }

    private static string Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
