using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Butler.Progress.Reads;

/// <summary>A mail with its owner, for the access check.</summary>
internal sealed record MailRow(Guid AppUserId, Guid? FamilyId, MailBody Body);

/// <summary>Reads mails, verdicts, tags, drafts and failures of accounts that the caller was checked for.</summary>
internal sealed class MailReader(VisibleData data)
{
    private const int MaxFailures = 200;

    /// <summary>Received mail, newest first. One walk down the index per account, so a page costs the same at any depth.</summary>
    public Task<MailListBody> ListAsync(Guid[] accounts, MailQuery query, CancellationToken cancellationToken) =>
        data.ReadAsync(connection => ListAsync(connection, accounts, query, cancellationToken), cancellationToken);

    private static async Task<MailListBody> ListAsync(NpgsqlConnection connection, Guid[] accounts, MailQuery query, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT m.id, m.provider_message_id, a.id, m.from_name, m.from_address, m.subject, m.received_at, m.category, m.confidence, m.reasoning, m.summary,
              (SELECT coalesce(array_agg(t.tag ORDER BY t.tag), '{}') FROM email_tags t WHERE t.mail_id = m.id AND t.expires_at > now()),
              (SELECT r.state FROM replies r WHERE r.mail_id = m.id AND r.expires_at > now() LIMIT 1)
            FROM unnest($1::uuid[]) AS a(id)
            CROSS JOIN LATERAL (
              SELECT e.id, l.provider_message_id, e.from_name, e.from_address, e.subject, e.received_at, v.category, v.confidence, v.reasoning, v.summary
              FROM emails e
              JOIN mail_state s ON s.id = e.id AND s.direction = 'in' AND s.deleted_at IS NULL
              JOIN ledger l ON l.id = e.id
              LEFT JOIN LATERAL (SELECT category, confidence, reasoning, summary FROM verdicts WHERE mail_id = e.id AND expires_at > now() ORDER BY revision DESC LIMIT 1) v ON true
              WHERE e.provider_user_id = a.id AND e.expires_at > now()
                AND ($2::timestamptz IS NULL OR e.received_at <= $2 AND (e.received_at < $2 OR e.id > $3))
                AND ($4::text IS NULL OR v.category = $4)
                AND ($5::text IS NULL OR EXISTS (SELECT 1 FROM email_tags t WHERE t.mail_id = e.id AND t.tag = $5 AND t.expires_at > now()))
              ORDER BY e.received_at DESC, e.id LIMIT $6) m
            ORDER BY m.received_at DESC, m.id LIMIT $6
            """;
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new() { Value = accounts });
        command.Parameters.Add(new() { Value = (object?)query.Before?.ReceivedAt ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)query.Before?.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = (object?)query.Category ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)query.Tag ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = query.Limit + 1 });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var mails = new List<MailItem>();
        while (await row.ReadAsync(cancellationToken))
        {
            mails.Add(new(
                row.GetGuid(0), row.GetString(1), row.GetGuid(2), Text(row, 3), Text(row, 4), row.GetString(5), row.GetFieldValue<DateTimeOffset>(6), Text(row, 7),
                row.IsDBNull(8) ? null : Math.Round(row.GetFloat(8), 3), Text(row, 9), Text(row, 10), row.GetFieldValue<string[]>(11), Text(row, 12)));
        }

        if (mails.Count <= query.Limit)
        {
            return new(mails, null);
        }

        mails.RemoveAt(query.Limit);
        return new(mails, new MailCursor(mails[^1].ReceivedAt, mails[^1].Id).ToString());
    }

    /// <summary>One mail with everything, and its owner.</summary>
    public async Task<MailRow> FindAsync(Guid mailId, CancellationToken cancellationToken) =>
        await data.ReadAsync(connection => FindAsync(connection, mailId, cancellationToken), cancellationToken) ?? throw await data.MissingAsync("mail", mailId, cancellationToken);

    private static async Task<MailRow?> FindAsync(NpgsqlConnection connection, Guid mailId, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT p.app_user_id, u.family_id, e.id, l.provider_message_id, e.provider_user_id, l.state, e.thread_id, e.from_name, e.from_address, e.to_addresses, e.cc_addresses, e.subject,
              e.received_at, e.sent_at, e.language, e.size, e.new_text, e.quoted_text, e.attachments::text,
              (SELECT coalesce(array_agg(t.tag ORDER BY t.tag), '{}') FROM email_tags t WHERE t.mail_id = e.id AND t.expires_at > now()),
              v.category, v.confidence, v.reasoning, v.summary, v.model_used, v.tokens_used, v.provisional, v.revision, v.created_at,
              r.state, r.reason, r.generated_reply, r.intent, r.language, r.model_used, r.draft_id, r.created_at, r.updated_at, v.record::text
            FROM emails e
            JOIN ledger l ON l.id = e.id
            JOIN provider_users p ON p.id = e.provider_user_id
            JOIN app_users u ON u.id = p.app_user_id
            LEFT JOIN LATERAL (SELECT * FROM verdicts WHERE mail_id = e.id AND expires_at > now() ORDER BY revision DESC LIMIT 1) v ON true
            LEFT JOIN LATERAL (SELECT * FROM replies WHERE mail_id = e.id AND expires_at > now() LIMIT 1) r ON true
            WHERE e.id = $1 AND e.expires_at > now()
            """;
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new() { Value = mailId });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return null;
        }

        var verdict = row.IsDBNull(20)
            ? null
            : new MailVerdict(
                row.GetString(20), Math.Round(row.GetFloat(21), 3), row.GetString(22), row.GetString(23), row.GetString(24), row.GetInt32(25), row.GetBoolean(26), row.GetInt32(27),
                row.GetFieldValue<DateTimeOffset>(28), MailJudges.Read(Text(row, 38), row.GetString(24)));
        var draft = row.IsDBNull(29)
            ? null
            : new MailDraft(
                row.GetString(29), Text(row, 30), row.GetString(31), Text(row, 32), Text(row, 33), Text(row, 34), Text(row, 35), row.GetFieldValue<DateTimeOffset>(36),
                row.GetFieldValue<DateTimeOffset>(37));
        return new(
            row.GetGuid(0), row.IsDBNull(1) ? null : row.GetGuid(1),
            new(
                row.GetGuid(2), row.GetString(3), row.GetGuid(4), row.GetString(5), row.GetString(6), Text(row, 7), Text(row, 8), row.GetFieldValue<string[]>(9),
                row.GetFieldValue<string[]>(10), row.GetString(11), row.GetFieldValue<DateTimeOffset>(12), row.IsDBNull(13) ? null : row.GetFieldValue<DateTimeOffset>(13),
                row.GetString(14), row.GetInt32(15), row.GetString(16), row.GetString(17), Attachments(row.GetString(18)), row.GetFieldValue<string[]>(19), verdict, draft));
    }

    /// <summary>Dead letters of accounts, newest first.</summary>
    public Task<List<FailureItem>> FailuresAsync(Guid[] accounts, CancellationToken cancellationToken) =>
        data.ReadAsync(connection => FailuresAsync(connection, accounts, cancellationToken), cancellationToken);

    private static async Task<List<FailureItem>> FailuresAsync(NpgsqlConnection connection, Guid[] accounts, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT f.id, f.task, f.provider_user_id, f.ledger_id, l.provider_message_id, e.subject, f.sync_id, f.error, f.retry_count, f.created_at, f.resolved_at
            FROM failed_tasks f
            LEFT JOIN ledger l ON l.id = f.ledger_id
            LEFT JOIN LATERAL (SELECT subject FROM emails WHERE id = f.ledger_id AND expires_at > now() LIMIT 1) e ON true
            WHERE f.provider_user_id = ANY ($1) ORDER BY f.created_at DESC, f.id LIMIT $2
            """;
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new() { Value = accounts });
        command.Parameters.Add(new() { Value = MaxFailures });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var failures = new List<FailureItem>();
        while (await row.ReadAsync(cancellationToken))
        {
            failures.Add(new(
                row.GetGuid(0), row.GetString(1), Id(row, 2), Id(row, 3), Text(row, 4), Text(row, 5), Id(row, 6), row.GetString(7), row.GetInt32(8),
                row.GetFieldValue<DateTimeOffset>(9), row.IsDBNull(10) ? null : row.GetFieldValue<DateTimeOffset>(10)));
        }

        return failures;
    }

    /// <summary>What the home page counts: mails by category, drafts that wait for their owner, open failures.</summary>
    public Task<(long NeedsReply, long Informational, long Spam, long Drafts, long Failures)> CountsAsync(Guid[] accounts, CancellationToken cancellationToken) =>
        data.ReadAsync(connection => CountsAsync(connection, accounts, cancellationToken), cancellationToken);

    private static async Task<(long NeedsReply, long Informational, long Spam, long Drafts, long Failures)> CountsAsync(NpgsqlConnection connection, Guid[] accounts, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT count(*) FILTER (WHERE v.category = 'needs_reply'), count(*) FILTER (WHERE v.category = 'informational'), count(*) FILTER (WHERE v.category = 'spam'),
              (SELECT count(*) FROM replies WHERE provider_user_id = ANY ($1) AND state = 'created' AND expires_at > now()),
              (SELECT count(*) FROM failed_tasks WHERE provider_user_id = ANY ($1) AND resolved_at IS NULL)
            FROM verdicts v
            WHERE v.provider_user_id = ANY ($1) AND v.expires_at > now()
              AND NOT EXISTS (SELECT 1 FROM verdicts n WHERE n.mail_id = v.mail_id AND n.revision = v.revision + 1 AND n.expires_at > now())
            """;
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new() { Value = accounts });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4));
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static Guid? Id(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetGuid(column);

    private static List<MailAttachment> Attachments(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind != JsonValueKind.Array
            ? []
            : [.. document.RootElement.EnumerateArray().Select(a => new MailAttachment(
                a.TryGetProperty("name", out var name) ? name.GetString() ?? "" : "", a.TryGetProperty("size", out var size) && size.TryGetInt64(out var bytes) ? bytes : 0))];
    }
}
