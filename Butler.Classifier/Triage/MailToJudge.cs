using System.Text.Json;
using Butler.Classifier.Judging;
using Butler.Data.Classifier;
using Butler.Intelligence;
using Butler.Intelligence.Transactions;
using Npgsql;

namespace Butler.Classifier.Triage;

/// <summary>A stored mail with what the judge needs.</summary>
internal sealed record MailToJudge(Guid Id, Guid ProviderUserId, DateTimeOffset ReceivedAt, MailFeatures Features)
{
    /// <summary>Purchases that the mail's schema.org markup names.</summary>
    public IReadOnlyList<MarkupPurchase> Markup { get; init; } = [];

    /// <summary>Judges, summarises and tags: the owner's tags whose rules fit, and Butler's own.</summary>
    public StoredVerdict Judge(OwnTags own) => Judge(own, LocalTriage.Understand(Features));

    /// <summary>The same for a caller that has the local model's understanding already.</summary>
    public StoredVerdict Judge(OwnTags own, Understanding understanding)
    {
        var verdict = understanding.Verdict;
        return new(Id, ProviderUserId, verdict.Category.Name(), (float)verdict.Confidence, verdict.Reasoning, understanding.Summary, verdict.ModelUsed, 0, [.. own.Of(Features), .. understanding.Tags])
        {
            Record = VerdictRecords.Of(verdict),
        };
    }
}

/// <summary>Reads mails in one query per batch.</summary>
internal static class MailsToJudge
{
    /// <summary>The mails of the batch that are in <paramref name="state"/> (null: any), with whether the owner answered in the thread since.</summary>
    public static async Task<List<MailToJudge>> ReadAsync(NpgsqlDataSource dataSource, Guid[] ids, string? state, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT e.id, e.provider_user_id, e.received_at, e.subject, e.new_text, e.quoted_text, e.from_name, e.from_address, e.to_addresses, e.cc_addresses, e.signals::text,
              s.labels, p.address, jsonb_array_length(e.attachments) > 0, s.direction = 'out',
              EXISTS (SELECT FROM emails a JOIN mail_state t ON t.id = a.id
                WHERE a.provider_user_id = e.provider_user_id AND a.thread_id = e.thread_id AND t.direction = 'out' AND a.received_at > e.received_at AND a.expires_at > now())
            FROM ledger l JOIN emails e ON e.id = l.id JOIN mail_state s ON s.id = l.id JOIN provider_users p ON p.id = e.provider_user_id
            WHERE l.id = ANY ($1) AND ($2::text IS NULL OR l.state = $2) AND e.expires_at > now()
            """;
        await using var command = dataSource.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = ids });
        command.Parameters.Add(new() { Value = (object?)state ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var mails = new List<MailToJudge>(ids.Length);
        while (await reader.ReadAsync(cancellationToken))
        {
            using var signals = JsonDocument.Parse(reader.GetString(10));
            mails.Add(new(reader.GetGuid(0), reader.GetGuid(1), new DateTimeOffset(reader.GetDateTime(2)), Features(reader, signals)) { Markup = MarkupPurchases.OfSignals(signals.RootElement) });
        }

        return mails;
    }

    private static MailFeatures Features(NpgsqlDataReader reader, JsonDocument signals)
    {
        bool Flag(string name) => signals.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
        string? Text(string name) => signals.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
        return new MailFeatures
        {
            Subject = reader.GetString(3),
            NewText = reader.GetString(4),
            QuotedText = reader.GetString(5) is { Length: > 0 } quoted ? quoted : null,
            From = new(reader.IsDBNull(6) ? "" : reader.GetString(6), reader.IsDBNull(7) ? "" : reader.GetString(7)),
            To = reader.GetFieldValue<string[]>(8),
            Cc = reader.GetFieldValue<string[]>(9),
            OwnerAddresses = [reader.GetString(12)],
            Labels = reader.GetFieldValue<string[]>(11),
            IsList = Text("list_id") is not null,
            ListId = Text("list_id"),
            IsBulk = Flag("bulk"),
            IsAutoReply = Flag("auto_reply"),
            IsNoReply = Flag("no_reply"),
            IsReply = Flag("reply"),
            HasListUnsubscribe = Flag("list_unsubscribe"),
            HasCalendar = Flag("calendar"),
            Spf = Text("spf"),
            Dkim = Text("dkim"),
            Dmarc = Text("dmarc"),
            Shape = Text("shape")?.Split(' ') ?? [],
            HasAttachments = reader.GetBoolean(13),
            IsFromOwner = reader.GetBoolean(14),
            AnsweredInThread = reader.GetBoolean(15),
        };
    }
}
