using System.Buffers.Text;
using System.Text.Json;

namespace Butler.Ingest.Push;

/// <summary>A notification: which mailbox changed. Its history id is checked and then not used: it only says "look" (MECHANICS 6).</summary>
internal readonly record struct PushNotice(string MessageId, string Address, ulong HistoryId);

/// <summary>Reads what Pub/Sub posts, and what a pull returns (facts/gmail-api.md section 5). Input is hostile: every member is checked.</summary>
internal static class PushEnvelope
{
    private const int MaxMessageId = 128;
    private const int MaxData = 8 * 1024;
    private const int MaxAddress = 320;

    // A doubled member would let two readers see two messages.
    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>Null: malformed; <paramref name="problem"/> says how, without repeating what came.</summary>
    public static PushNotice? Read(ReadOnlyMemory<byte> body, string? subscription, out string problem)
    {
        problem = "the body is not JSON";
        try
        {
            using var document = JsonDocument.Parse(body, s_json);
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } root)
            {
                problem = "the body is no object";
                return null;
            }

            if (subscription is not null && Text(root, "subscription") != subscription)
            {
                problem = "it is another subscription's";
                return null;
            }

            if (!root.TryGetProperty("message", out var message) || message.ValueKind != JsonValueKind.Object)
            {
                problem = "message is missing";
                return null;
            }

            return ReadMessage(message, out problem);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The message inside, as a pull gives it.</summary>
    public static PushNotice? ReadMessage(JsonElement message, out string problem)
    {
        var id = Text(message, "messageId") ?? Text(message, "message_id");
        if (id is null || id.Length > MaxMessageId || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            || (message.TryGetProperty("message_id", out _) && Text(message, "message_id") != id))
        {
            problem = "messageId is missing or not an id";
            return null;
        }

        if (Text(message, "data") is not { Length: > 0 and <= MaxData } data || Decode(data) is not { } bytes)
        {
            problem = "data is missing or not base64";
            return null;
        }

        problem = "data is no notification";
        try
        {
            using var document = JsonDocument.Parse(bytes, s_json);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && Address(root) is { } address && History(root) is { } history
                ? new(id, address, history)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Address(JsonElement root) =>
        Text(root, "emailAddress") is { Length: > 2 and <= MaxAddress } address && address.IndexOf('@') is var at and > 0 && at == address.LastIndexOf('@') && at < address.Length - 1
            && !address.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || char.IsSurrogate(c))
            ? address
            : null;

    /// <summary>A number or a string: both have been seen.</summary>
    private static ulong? History(JsonElement root)
    {
        if (!root.TryGetProperty("historyId", out var history))
        {
            return null;
        }

        ulong id = 0;
        var read = history.ValueKind switch
        {
            JsonValueKind.Number => history.TryGetUInt64(out id),
            JsonValueKind.String => ulong.TryParse(history.GetString(), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out id),
            _ => false,
        };
        return read && id is > 0 and <= long.MaxValue ? id : null;
    }

    /// <summary>Base64 and base64url, with and without padding.</summary>
    private static byte[]? Decode(string data)
    {
        var url = data.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        if (url.AsSpan().ContainsAny(" \t\r\n"))
        {
            return null;
        }

        try
        {
            return Base64Url.DecodeFromChars(url);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement parent, string name)
    {
        try
        {
            return parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // a lone surrogate in an escape
        }
    }
}
