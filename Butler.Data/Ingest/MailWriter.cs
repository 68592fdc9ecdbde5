using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Ingest;

/// <summary>The content of one mail as it is stored; strings are cleaned by <see cref="DbText"/> when written.</summary>
public sealed record StoredMail
{
    /// <summary>The ledger id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The account.</summary>
    public required Guid ProviderUserId { get; init; }

    /// <summary>The provider's thread.</summary>
    public required string ThreadId { get; init; }

    /// <summary>RFC 5322 Message-ID without brackets; never unique.</summary>
    public string? MessageId { get; init; }

    /// <summary>The first In-Reply-To.</summary>
    public string? InReplyTo { get; init; }

    /// <summary>References.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>The Date header.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>When the provider accepted it.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The sender's name.</summary>
    public string? FromName { get; init; }

    /// <summary>The sender's address.</summary>
    public string? FromAddress { get; init; }

    /// <summary>Reply-To addresses.</summary>
    public IReadOnlyList<string> ReplyTo { get; init; } = [];

    /// <summary>To addresses.</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>Cc addresses.</summary>
    public IReadOnlyList<string> Cc { get; init; } = [];

    /// <summary>Decoded subject.</summary>
    public string Subject { get; init; } = "";

    /// <summary>What the sender wrote now.</summary>
    public string NewText { get; init; } = "";

    /// <summary>Quoted history.</summary>
    public string QuotedText { get; init; } = "";

    /// <summary>Attachment names and sizes as a JSON array.</summary>
    public string Attachments { get; init; } = "[]";

    /// <summary>Raw size in bytes.</summary>
    public int Size { get; init; }

    /// <summary>ISO 639-1, or "und".</summary>
    public string Language { get; init; } = "und";

    /// <summary>Signals taken from the headers, as a JSON object.</summary>
    public string Signals { get; init; } = "{}";

    /// <summary>The provider's labels.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>True when the owner sent it.</summary>
    public bool Outgoing { get; init; }

    /// <summary>When it expires, as the ledger says (<see cref="MovedMail.ExpiresAt"/>); null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Writes <c>emails</c> and <c>mail_state</c> by binary COPY, for exactly the rows a ledger transition moved.</summary>
public static class MailWriter
{
    private const int MaxAddresses = 200;

    /// <summary>Writes contents; the caller has moved the rows in this transaction, so none can be there already.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, IReadOnlyList<StoredMail> mails, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (mails.Count == 0)
        {
            return;
        }

        await using (var copy = await connection.BeginBinaryImportAsync("""
            COPY emails (id, expires_at, provider_user_id, thread_id, message_id, in_reply_to, reference_ids, sent_at, received_at, from_name, from_address,
              reply_to, to_addresses, cc_addresses, subject, new_text, quoted_text, attachments, size, language, signals, stored_at) FROM STDIN (FORMAT BINARY)
            """, cancellationToken))
        {
            foreach (var mail in mails)
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(mail.Id, NpgsqlDbType.Uuid, cancellationToken);
                await copy.WriteAsync(mail.ExpiresAt?.UtcDateTime ?? DateTime.MaxValue, NpgsqlDbType.TimestampTz, cancellationToken); // infinity: kept
                await copy.WriteAsync(mail.ProviderUserId, NpgsqlDbType.Uuid, cancellationToken);
                await TextAsync(copy, mail.ThreadId, cancellationToken);
                await TextAsync(copy, mail.MessageId, cancellationToken);
                await TextAsync(copy, mail.InReplyTo, cancellationToken);
                await ArrayAsync(copy, mail.References, cancellationToken);
                await TimeAsync(copy, mail.SentAt, cancellationToken);
                await TimeAsync(copy, mail.ReceivedAt, cancellationToken);
                await TextAsync(copy, mail.FromName, cancellationToken);
                await TextAsync(copy, mail.FromAddress, cancellationToken);
                await ArrayAsync(copy, mail.ReplyTo, cancellationToken);
                await ArrayAsync(copy, mail.To, cancellationToken);
                await ArrayAsync(copy, mail.Cc, cancellationToken);
                await TextAsync(copy, mail.Subject, cancellationToken);
                await copy.WriteAsync(DbText.Clean(mail.NewText, DbText.MaxText), NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(DbText.Clean(mail.QuotedText, DbText.MaxText), NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(mail.Attachments, NpgsqlDbType.Jsonb, cancellationToken);
                await copy.WriteAsync(mail.Size, NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(mail.Language, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(mail.Signals, NpgsqlDbType.Jsonb, cancellationToken);
                await TimeAsync(copy, now, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        var state = await connection.BeginBinaryImportAsync(
            "COPY mail_state (id, provider_user_id, labels, direction, updated_at) FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var mail in mails)
        {
            await state.StartRowAsync(cancellationToken);
            await state.WriteAsync(mail.Id, NpgsqlDbType.Uuid, cancellationToken);
            await state.WriteAsync(mail.ProviderUserId, NpgsqlDbType.Uuid, cancellationToken);
            await ArrayAsync(state, mail.Labels, cancellationToken);
            await state.WriteAsync(mail.Outgoing ? "out" : "in", NpgsqlDbType.Text, cancellationToken);
            await TimeAsync(state, now, cancellationToken);
        }

        await state.CompleteAsync(cancellationToken);
        await state.DisposeAsync();
        await MailStates.TakeOverAsync(connection, [.. mails.Select(m => m.Id)], now, cancellationToken);
    }

    private static Task TextAsync(NpgsqlBinaryImporter copy, string? text, CancellationToken cancellationToken) =>
        text is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(DbText.Clean(text, DbText.MaxHeader), NpgsqlDbType.Text, cancellationToken);

    private static Task ArrayAsync(NpgsqlBinaryImporter copy, IReadOnlyList<string> values, CancellationToken cancellationToken) =>
        copy.WriteAsync(values.Take(MaxAddresses).Select(v => DbText.Clean(v, DbText.MaxHeader)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);

    private static Task TimeAsync(NpgsqlBinaryImporter copy, DateTimeOffset? time, CancellationToken cancellationToken) =>
        time is { } t ? copy.WriteAsync(t.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken) : copy.WriteNullAsync(cancellationToken);
}
