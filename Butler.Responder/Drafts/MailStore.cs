using System.Globalization;
using Butler.Data;
using Butler.Mailboxes;
using Npgsql;

namespace Butler.Responder.Drafts;

/// <summary>The account that gets the draft.</summary>
internal sealed record DraftAccount(Guid Id, string DisplayName, string Address, string Status, bool MailOn, MailboxAccount? Mailbox)
{
    /// <summary>Whether a draft can be put there now.</summary>
    public bool IsUsable => Status == "active" && MailOn && Mailbox is not null;

    /// <summary>Its mailbox takes no drafts (files): they are kept here.</summary>
    public bool KeepsDrafts => Mailbox is { Provider: "file" };

    /// <summary>Never prints address or credentials.</summary>
    public override string ToString() => $"account {Id}";
}

/// <summary>A stored mail with all that decides about its draft.</summary>
internal sealed record DueMail
{
    public required Guid Id { get; init; }

    public required DraftAccount Account { get; init; }

    public required string ProviderMessageId { get; init; }

    public required string ThreadId { get; init; }

    public string? MessageId { get; init; }

    public string? InReplyTo { get; init; }

    public IReadOnlyList<string> References { get; init; } = [];

    public DateTimeOffset? SentAt { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    public string? FromName { get; init; }

    public string? FromAddress { get; init; }

    public IReadOnlyList<string> ReplyTo { get; init; } = [];

    public required string Subject { get; init; }

    public required string NewText { get; init; }

    public string QuotedText { get; init; } = "";

    public required string Language { get; init; }

    /// <summary>A list, a mass mailing, an automatic answer, or a sender whose mail nobody reads.</summary>
    public bool IsBulk { get; init; }

    public bool IsOutgoing { get; init; }

    /// <summary>Deleted, in Trash or in Spam.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>The newest verdict, null before there is one.</summary>
    public string? Category { get; init; }

    /// <summary>Whether a later mail of the owner is stored in its thread.</summary>
    public bool IsAnswered { get; init; }

    /// <summary>Never prints mail.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"mail {Id}");
}

/// <summary>Reads what a draft is decided and written from. Reads only.</summary>
internal sealed class MailStore(NpgsqlDataSource dataSource, CredentialSealer sealer)
{
    private const string Sql = """
        SELECT l.provider_message_id, e.thread_id, e.message_id, e.in_reply_to, e.reference_ids, e.sent_at, e.received_at, e.from_name, e.from_address, e.reply_to,
          e.subject, e.new_text, e.quoted_text, e.language,
          coalesce(e.signals->>'bulk' = 'true' OR e.signals->>'auto_reply' = 'true' OR e.signals->>'no_reply' = 'true', false),
          s.direction = 'out', s.deleted_at IS NOT NULL OR s.labels && ARRAY['TRASH', 'SPAM'],
          (SELECT category FROM verdicts v WHERE v.mail_id = e.id ORDER BY revision DESC LIMIT 1),
          EXISTS (SELECT FROM emails o JOIN mail_state os ON os.id = o.id
            WHERE o.provider_user_id = e.provider_user_id AND o.thread_id = e.thread_id AND o.received_at >= e.received_at AND o.id <> e.id AND os.direction = 'out'
              AND o.expires_at > now()),
          p.provider, p.address, p.display_name, p.status, p.services && '{gmail,imap,file}', p.credentials
        FROM emails e JOIN mail_state s ON s.id = e.id JOIN ledger l ON l.id = e.id JOIN provider_users p ON p.id = e.provider_user_id
        WHERE e.id = $1 AND e.provider_user_id = $2 AND e.expires_at > now()
        """;

    /// <summary>Null: no such mail, or it has expired.</summary>
    public async Task<DueMail?> FindAsync(Guid account, Guid mail, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = mail });
        command.Parameters.Add(new() { Value = account });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        string? Text(int i) => reader.IsDBNull(i) ? null : reader.GetString(i);
        var (provider, address) = (reader.GetString(19), reader.GetString(20));
        var mailbox = reader.IsDBNull(24) ? null : new MailboxAccount(account, provider, address, sealer.Open(account, reader.GetFieldValue<byte[]>(24)));
        return new DueMail
        {
            Id = mail,
            Account = new(account, reader.GetString(21), address, reader.GetString(22), reader.GetBoolean(23), mailbox),
            ProviderMessageId = reader.GetString(0),
            ThreadId = reader.GetString(1),
            MessageId = Text(2),
            InReplyTo = Text(3),
            References = reader.GetFieldValue<string[]>(4),
            SentAt = reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5),
            ReceivedAt = reader.GetFieldValue<DateTimeOffset>(6),
            FromName = Text(7),
            FromAddress = Text(8),
            ReplyTo = reader.GetFieldValue<string[]>(9),
            Subject = reader.GetString(10),
            NewText = reader.GetString(11),
            QuotedText = reader.GetString(12),
            Language = reader.GetString(13),
            IsBulk = reader.GetBoolean(14),
            IsOutgoing = reader.GetBoolean(15),
            IsDeleted = reader.GetBoolean(16),
            Category = Text(17),
            IsAnswered = reader.GetBoolean(18),
        };
    }
}
