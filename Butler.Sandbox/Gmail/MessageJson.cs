using System.Text.Json;
using Butler.Sandbox.Mail;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Gmail;

/// <summary>The Message resource in its four formats.</summary>
internal static class MessageJson
{
    private static int _attachmentNumber;

    public static void Write(OutBuffer output, SandboxMail mail, string format, List<string> metadataHeaders, SandboxStats stats)
    {
        var json = output.Json;
        json.WriteStartObject();
        WriteIds(json, mail);
        WriteLabels(json, mail.Labels);
        json.WriteString("snippet"u8, mail.Content.Snippet);
        switch (format)
        {
            case "raw":
                stats.Served(mail.Content.Bytes.Length);
                WriteRaw(output, mail);
                break;
            case "full":
                stats.Served(mail.Content.Bytes.Length);
                json.WritePropertyName("payload"u8);
                WritePart(output, MimePart.Read(mail.Raw()));
                break;
            case "metadata":
                json.WritePropertyName("payload"u8);
                WriteHeaders(json, mail, metadataHeaders);
                break;
        }

        json.WriteNumber("sizeEstimate"u8, mail.Content.Bytes.Length);
        WriteUInt64(json, "historyId"u8, mail.HistoryId);
        WriteInt64(json, "internalDate"u8, mail.InternalDate);
        json.WriteEndObject();
    }

    public static void WriteIds(Utf8JsonWriter json, SandboxMail mail)
    {
        WriteId(json, "id"u8, mail.Key);
        WriteId(json, "threadId"u8, mail.ThreadKey);
    }

    public static void WriteLabels(Utf8JsonWriter json, string[] labels)
    {
        if (labels.Length == 0)
        {
            return;
        }

        json.WriteStartArray("labelIds"u8);
        foreach (var label in labels)
        {
            json.WriteStringValue(label);
        }

        json.WriteEndArray();
    }

    public static void WriteId(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong id)
    {
        Span<byte> text = stackalloc byte[16];
        id.TryFormat(text, out _, "x16");
        json.WriteString(name, text);
    }

    /// <summary>64-bit numbers travel as strings (discovery document, format uint64).</summary>
    public static void WriteUInt64(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong value)
    {
        Span<byte> text = stackalloc byte[20];
        value.TryFormat(text, out var length);
        json.WriteString(name, text[..length]);
    }

    /// <inheritdoc cref="WriteUInt64"/>
    public static void WriteInt64(Utf8JsonWriter json, ReadOnlySpan<byte> name, long value)
    {
        Span<byte> text = stackalloc byte[20];
        value.TryFormat(text, out var length);
        json.WriteString(name, text[..length]);
    }

    private static void WriteRaw(OutBuffer output, SandboxMail mail)
    {
        if (!mail.Redated)
        {
            output.WriteBase64UrlMember("raw"u8, mail.Content.Bytes.Span);
            return;
        }

        var scratch = OutBuffer.Rent();
        mail.Content.WriteRedated(mail.InternalDate, scratch);
        output.WriteBase64UrlMember("raw"u8, scratch.Written.Span);
        scratch.Return();
    }

    private static void WriteHeaders(Utf8JsonWriter json, SandboxMail mail, List<string> wanted)
    {
        var root = HeaderScan.All(mail.Redated ? mail.Raw() : mail.Content.Bytes.Span).Fields;
        var type = root.FirstOrDefault(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value ?? "text/plain";
        json.WriteStartObject();
        json.WriteString("mimeType"u8, type.Split(';')[0].Trim().ToLowerInvariant());
        WriteHeaderArray(json, wanted.Count == 0 ? root : root.FindAll(h => wanted.Contains(h.Key, StringComparer.OrdinalIgnoreCase)));
        json.WriteEndObject();
    }

    private static void WriteHeaderArray(Utf8JsonWriter json, List<KeyValuePair<string, string>> headers)
    {
        if (headers.Count == 0)
        {
            return;
        }

        json.WriteStartArray("headers"u8);
        foreach (var (name, value) in headers)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            json.WriteString("value"u8, value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePart(OutBuffer output, MimePart part)
    {
        var json = output.Json;
        json.WriteStartObject();
        json.WriteString("partId"u8, part.PartId);
        json.WriteString("mimeType"u8, part.MimeType);
        json.WriteString("filename"u8, part.Filename);
        WriteHeaderArray(json, part.Headers);
        json.WriteStartObject("body"u8);
        if (part.IsContainer)
        {
            json.WriteNumber("size"u8, 0);
        }
        else
        {
            var data = part.Decode();
            if (part.IsAttachment)
            {
                json.WriteString("attachmentId"u8, NewAttachmentId(part.PartId));
            }

            json.WriteNumber("size"u8, data.Length);
            if (!part.IsAttachment && data.Length > 0)
            {
                output.WriteBase64UrlMember("data"u8, data);
            }
        }

        json.WriteEndObject();
        if (part.Parts.Count > 0)
        {
            json.WriteStartArray("parts"u8);
            foreach (var child in part.Parts)
            {
                WritePart(output, child);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>The id of an attachment: another one each time, as with Gmail, but it always finds its part.</summary>
    public static string NewAttachmentId(string partId) =>
        $"ANGjdJ{(uint)Interlocked.Increment(ref _attachmentNumber) * 2_654_435_761u:x8}_{partId.Replace('.', '-')}";

    /// <summary>The part id inside an attachment id.</summary>
    public static string? PartIdOf(string attachmentId)
    {
        var mark = attachmentId.IndexOf('_', StringComparison.Ordinal);
        return mark < 0 ? null : attachmentId[(mark + 1)..].Replace('-', '.');
    }
}
