using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;

namespace Butler.Mailboxes.Gmail;

/// <summary>Reads a message resource of format=raw from its JSON bytes, decoding the mail straight from them.</summary>
internal static class RawMessage
{
    // Nearly all labels of nearly all mails: they are not made anew each time.
    private static readonly string[] KnownLabels =
    [
        "INBOX", "UNREAD", "SENT", "DRAFT", "SPAM", "TRASH", "IMPORTANT", "STARRED", "CHAT",
        "CATEGORY_PERSONAL", "CATEGORY_UPDATES", "CATEGORY_PROMOTIONS", "CATEGORY_SOCIAL", "CATEGORY_FORUMS",
    ];

    // Gmail allows 10,000 labels per account; one mail with more than this is not a mail.
    private const int MaxLabels = 1000;

    /// <summary>The mail, <see cref="FetchStatus.Retry"/> for an answer that is cut or not the asked-for one.</summary>
    public static FetchedMail Read(string id, ReadOnlySpan<byte> json)
    {
        try
        {
            return ReadCore(id, json);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // The parser's message can quote its input: the mail.
            return new(id, FetchStatus.Retry) { Error = "the answer is not a message resource" };
        }
    }

    private static FetchedMail ReadCore(string id, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        string? answeredId = null, threadId = null;
        var received = DateTimeOffset.UnixEpoch;
        List<string> labels = [];
        byte[]? raw = null;
        var length = 0;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException();
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("raw"u8))
            {
                reader.Read();
                raw = Decode(ref reader, out length);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                answeredId = reader.GetString();
            }
            else if (reader.ValueTextEquals("threadId"u8))
            {
                reader.Read();
                threadId = reader.GetString();
            }
            else if (reader.ValueTextEquals("internalDate"u8))
            {
                reader.Read();
                received = Date(ref reader);
            }
            else if (reader.ValueTextEquals("labelIds"u8))
            {
                reader.Read();
                ReadLabels(ref reader, labels);
            }
            else
            {
                reader.Skip();
            }
        }

        if (answeredId != id)
        {
            return new(id, FetchStatus.Retry) { Error = "the answer is about another message" };
        }

        if (raw is null)
        {
            return new(id, FetchStatus.Retry) { Error = "the answer has no raw message" };
        }

        return new(id, FetchStatus.Ok) { ThreadId = threadId ?? "", Labels = labels, ReceivedAt = received, Raw = raw.AsMemory(0, length) };
    }

    private static byte[] Decode(ref Utf8JsonReader reader, out int length)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new FormatException();
        }

        if (!reader.ValueIsEscaped)
        {
            return Decode(reader.ValueSpan, out length);
        }

        // Google's JSON may write "=" as \u003d.
        var rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            var copied = reader.CopyString(rented);
            return Decode(rented.AsSpan(0, copied), out length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static byte[] Decode(ReadOnlySpan<byte> text, out int length)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(Base64Url.GetMaxDecodedLength(text.Length));
        var status = Base64Url.DecodeFromUtf8(text, bytes, out _, out length);
        if (status != OperationStatus.Done)
        {
            // Some servers write the other alphabet.
            status = Base64.DecodeFromUtf8(text, bytes, out _, out length);
        }

        return status == OperationStatus.Done ? bytes : throw new FormatException();
    }

    private static DateTimeOffset Date(ref Utf8JsonReader reader)
    {
        var ms = reader.TokenType == JsonTokenType.Number ? reader.GetInt64() : long.Parse(reader.GetString() ?? "", CultureInfo.InvariantCulture);
        // The range of DateTimeOffset; a forged Date of an imported mail can lie outside.
        return DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, -62_135_596_800_000, 253_402_300_799_999));
    }

    private static void ReadLabels(ref Utf8JsonReader reader, List<string> labels)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            if (labels.Count >= MaxLabels)
            {
                throw new FormatException();
            }

            labels.Add(Label(ref reader));
        }
    }

    private static string Label(ref Utf8JsonReader reader)
    {
        foreach (var known in KnownLabels)
        {
            if (reader.ValueTextEquals(known))
            {
                return known;
            }
        }

        return reader.GetString()!;
    }
}
