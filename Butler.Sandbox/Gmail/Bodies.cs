using System.Text.Json;
using Butler.Sandbox.Mail;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Gmail;

/// <summary>Request bodies, bound strictly: what does not fit is a 400.</summary>
internal static class Bodies
{
    /// <summary>A string member of the body; null when absent or no JSON.</summary>
    public static string? Text(ReadOnlyMemory<byte> body, string name)
    {
        using var document = Parse(body);
        return document is not null && document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    /// <summary>The message of drafts.create and drafts.update.</summary>
    public static (byte[] Raw, string? ThreadId, GmailError? Error) Draft(ReadOnlyMemory<byte> body)
    {
        using var document = Parse(body);
        if (document is null)
        {
            return ([], null, GmailError.Bad("Invalid JSON payload received."));
        }

        if (!document.RootElement.TryGetProperty("message", out var message) || message.ValueKind != JsonValueKind.Object
            || !message.TryGetProperty("raw", out var rawValue) || rawValue.ValueKind != JsonValueKind.String)
        {
            return ([], null, GmailError.Bad("'raw' RFC822 payload message string or uploading message via /upload/* URL required"));
        }

        var text = rawValue.GetString()!;
        if (text.Length == 0 || text.AsSpan().ContainsAnyExcept(Base64UrlText))
        {
            return ([], null, GmailError.Bad("Invalid value at 'draft.message.raw' (TYPE_BYTES), Base64 decoding failed"));
        }

        var raw = Transfer.Base64(System.Text.Encoding.ASCII.GetBytes(text));
        if (raw.Length > Limits.DraftBytes)
        {
            return ([], null, GmailError.TooLarge);
        }

        var thread = message.TryGetProperty("threadId", out var id) && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 } given ? given : null;
        return (raw, thread, null);
    }

    /// <summary>Labels to add and remove; null when one of them does not exist or may not be changed.</summary>
    public static (List<string> Add, List<string> Remove, List<string> Ids)? Labels(ReadOnlyMemory<byte> body, SandboxAccount account)
    {
        using var document = Parse(body);
        if (document is null)
        {
            return null;
        }

        var add = Strings(document, "addLabelIds");
        var remove = Strings(document, "removeLabelIds");
        var user = account.UserLabels;
        var known = add.Concat(remove).All(l => !State.Labels.IsFixed(l) && (State.Labels.System.Contains(l) || user.ContainsKey(l)));
        return known && add.Count <= 100 && remove.Count <= 100 ? (add, remove, Strings(document, "ids")) : null;
    }

    private static List<string> Strings(JsonDocument document, string name) =>
        document.RootElement.TryGetProperty(name, out var array) && array.ValueKind == JsonValueKind.Array
            ? [.. array.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.String).Select(e => e.GetString()!)]
            : [];

    private static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static readonly System.Buffers.SearchValues<char> Base64UrlText =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=\r\n");
}
