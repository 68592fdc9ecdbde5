using Butler.ServiceDefaults.Errors;
using Npgsql;

namespace Butler.Progress.Reads;

/// <summary>What a model made of a mail.</summary>
internal sealed record AiResponse(string Category, double Confidence, string? GeneratedReply, string? DraftId);

/// <summary>The body of <c>GET /api/task-status/{taskId}</c>. For a sync's task the mail's fields are null and <c>sync_id</c> is set.</summary>
internal sealed record TaskStatusBody(
    Guid? TaskId, string? EmailId, string Status, string? Stage, Guid CorrelationId, DateTimeOffset CreatedAt, DateTimeOffset? CompletedAt, AiResponse? AiResponse, Guid? SyncId);

/// <summary>A task or mail with its owner, for the access check.</summary>
internal sealed record TaskRow(Guid AppUserId, Guid? FamilyId, TaskStatusBody Body);

/// <summary>Reads tasks and the stage a mail is at.</summary>
internal sealed class TaskReader(VisibleData data)
{
    private const string Select = """
        SELECT p.app_user_id, u.family_id, t.id, l.provider_message_id, t.status, CASE WHEN l.expires_at <= now() THEN 'expired' ELSE l.state END, r.state, r.generated_reply, v.category, v.confidence, r.draft_id,
          coalesce(t.correlation_id, l.correlation_id), coalesce(t.created_at, l.listed_at), coalesce(t.completed_at, CASE WHEN t.id IS NULL THEN l.closed_at END), t.sync_id, t.kind
        """;

    private const string Joins = """
         LEFT JOIN LATERAL (SELECT category, confidence FROM verdicts WHERE mail_id = l.id AND expires_at > now() ORDER BY revision DESC LIMIT 1) v ON true
         LEFT JOIN LATERAL (SELECT state, generated_reply, draft_id FROM replies WHERE mail_id = l.id AND expires_at > now() LIMIT 1) r ON true
        """;

    /// <summary>By the id that was handed out.</summary>
    public async Task<TaskRow> ByIdAsync(Guid taskId, CancellationToken cancellationToken) =>
        await ReadAsync(Select + """
             FROM tasks t JOIN provider_users p ON p.id = t.provider_user_id JOIN app_users u ON u.id = p.app_user_id LEFT JOIN ledger l ON l.id = t.ledger_id
            """ + Joins + " WHERE t.id = $1", cancellationToken, taskId) ?? throw await data.MissingAsync("task", taskId, cancellationToken);

    /// <summary>By the provider's id of a mail in one account; its newest task, if one was asked for.</summary>
    public async Task<TaskRow> ByEmailAsync(Guid accountId, string emailId, CancellationToken cancellationToken) =>
        await ReadAsync(Select + """
             FROM ledger l JOIN provider_users p ON p.id = l.provider_user_id JOIN app_users u ON u.id = p.app_user_id
             LEFT JOIN LATERAL (SELECT * FROM tasks WHERE ledger_id = l.id ORDER BY created_at DESC LIMIT 1) t ON true
            """ + Joins + " WHERE l.provider_user_id = $1 AND l.provider_message_id = $2", cancellationToken, accountId, emailId) ?? throw ApiErrors.NotFound("mail");

    private Task<TaskRow?> ReadAsync(string sql, CancellationToken cancellationToken, params object[] values) =>
        data.ReadAsync(sql, [.. values.Select(v => new NpgsqlParameter { Value = v })], row => RowAsync(row, cancellationToken), cancellationToken);

    private static async Task<TaskRow?> RowAsync(NpgsqlDataReader row, CancellationToken cancellationToken)
    {
        if (!await row.ReadAsync(cancellationToken))
        {
            return null;
        }

        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);
        var (task, ledger, reply) = (Text(4), Text(5), Text(6));
        var isSync = Text(15) == "sync";
        var response = Text(8) is { } category ? new AiResponse(category, Math.Round(row.GetFloat(9), 3), Text(7) is { Length: > 0 } text ? text : null, Text(10)) : null;
        return new(
            row.GetGuid(0), row.IsDBNull(1) ? null : row.GetGuid(1),
            new(
                row.IsDBNull(2) ? null : row.GetGuid(2), Text(3), task ?? Status(ledger, reply), isSync ? null : Stage(task, ledger, response is not null, reply, Text(7)), row.GetGuid(11),
                row.GetFieldValue<DateTimeOffset>(12), row.IsDBNull(13) ? null : row.GetFieldValue<DateTimeOffset>(13), response, row.IsDBNull(14) ? null : row.GetGuid(14)));
    }

    /// <summary>queued, fetched, classified, reply_generated, draft_created, skipped or failed.</summary>
    internal static string Stage(string? task, string? ledger, bool judged, string? reply, string? text)
    {
        if (ledger == "dead" || task == "failed")
        {
            return "failed";
        }

        return (ledger, reply) switch
        {
            ("skipped" or "gone" or "expired", _) => "skipped",
            ("done", "created" or "removed") => "draft_created",
            // "unknown": the draft may be there, and is never sent again.
            ("done", "intended" or "sending" or "unknown") => string.IsNullOrEmpty(text) ? "classified" : "reply_generated",
            ("done", _) when judged => "classified",
            ("stored", _) => "fetched",
            _ => "queued",
        };
    }

    // Of a mail without a task of its own: an import makes none per mail.
    private static string Status(string? ledger, string? reply) => (ledger, reply) switch
    {
        ("listed", _) => "pending",
        ("stored", _) or ("done", "intended" or "sending") => "processing",
        ("dead", _) => "failed",
        _ => "completed",
    };
}
