using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Classifier;

/// <summary>A verdict on one mail.</summary>
/// <param name="MailId">The mail.</param>
/// <param name="ProviderUserId">Its account.</param>
/// <param name="Category">needs_reply, informational or spam.</param>
/// <param name="Confidence">0 to 1.</param>
/// <param name="Reasoning">In words.</param>
/// <param name="Summary">One or two sentences.</param>
/// <param name="ModelUsed">The model's name.</param>
/// <param name="TokensUsed">0 for local models.</param>
/// <param name="Tags">From the closed set.</param>
public sealed record StoredVerdict(
    Guid MailId, Guid ProviderUserId, string Category, float Confidence, string Reasoning, string Summary, string ModelUsed, int TokensUsed, IReadOnlyList<string> Tags)
{
    /// <summary>When it expires, with its mail, as the ledger says; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>A chat model is asked yet.</summary>
    public bool Provisional { get; init; }

    /// <summary>What it rests on, as JSON (docs/chat.md); it may hold text of the mail.</summary>
    public string? Record { get; init; }

    /// <summary>Never prints what was read in the mail.</summary>
    public override string ToString() => $"verdict on {MailId}: {Category}";
}

/// <summary>Writes <c>verdicts</c> and <c>email_tags</c>.</summary>
public static class VerdictWriter
{
    /// <summary>First verdicts, by COPY, for exactly the rows the ledger moved to done.</summary>
    public static async Task WriteFirstAsync(NpgsqlConnection connection, IReadOnlyList<StoredVerdict> verdicts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (verdicts.Count == 0)
        {
            return;
        }

        await using (var copy = await connection.BeginBinaryImportAsync("""
            COPY verdicts (mail_id, revision, expires_at, provider_user_id, category, confidence, reasoning, summary, model_used, tokens_used, provisional, created_at, record)
            FROM STDIN (FORMAT BINARY)
            """, cancellationToken))
        {
            foreach (var verdict in verdicts)
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(verdict.MailId, NpgsqlDbType.Uuid, cancellationToken);
                await copy.WriteAsync(1, NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(verdict.ExpiresAt?.UtcDateTime ?? DateTime.MaxValue, NpgsqlDbType.TimestampTz, cancellationToken);
                await copy.WriteAsync(verdict.ProviderUserId, NpgsqlDbType.Uuid, cancellationToken);
                await copy.WriteAsync(verdict.Category, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(verdict.Confidence, NpgsqlDbType.Real, cancellationToken);
                await copy.WriteAsync(DbText.Clean(verdict.Reasoning, DbText.MaxError), NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(DbText.Clean(verdict.Summary, DbText.MaxError), NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(verdict.ModelUsed, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(verdict.TokensUsed, NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(verdict.Provisional, NpgsqlDbType.Boolean, cancellationToken);
                await copy.WriteAsync(now.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
                if (verdict.Record is { } record)
                {
                    await copy.WriteAsync(record, NpgsqlDbType.Jsonb, cancellationToken);
                }
                else
                {
                    await copy.WriteNullAsync(cancellationToken);
                }
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await using var tags = await connection.BeginBinaryImportAsync(
            "COPY email_tags (mail_id, expires_at, provider_user_id, tag) FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var verdict in verdicts)
        {
            foreach (var tag in verdict.Tags)
            {
                await tags.StartRowAsync(cancellationToken);
                await tags.WriteAsync(verdict.MailId, NpgsqlDbType.Uuid, cancellationToken);
                await tags.WriteAsync(verdict.ExpiresAt?.UtcDateTime ?? DateTime.MaxValue, NpgsqlDbType.TimestampTz, cancellationToken);
                await tags.WriteAsync(verdict.ProviderUserId, NpgsqlDbType.Uuid, cancellationToken);
                await tags.WriteAsync(tag, NpgsqlDbType.Text, cancellationToken);
            }
        }

        await tags.CompleteAsync(cancellationToken);
    }

    /// <summary>
    /// A further revision (judging again): the ledger does not move. Idempotent by task: the revision is the next one unless
    /// the newest was written after <paramref name="taskCreatedAt"/>. Of a mail that has expired nothing is written.
    /// </summary>
    public static async Task<bool> AddRevisionAsync(NpgsqlConnection connection, StoredVerdict verdict, DateTimeOffset taskCreatedAt, CancellationToken cancellationToken)
    {
        const string Sql = """
            INSERT INTO verdicts (mail_id, revision, expires_at, provider_user_id, category, confidence, reasoning, summary, model_used, tokens_used, provisional, created_at, record)
            SELECT $1, max(revision) + 1, $10, $2, $3, $4, $5, $6, $7, $8, $11, now(), $12::jsonb FROM verdicts WHERE mail_id = $1
            HAVING max(revision) IS NOT NULL AND max(created_at) < $9
            ON CONFLICT DO NOTHING
            """;
        var (expiry, isOver) = await Ledger.ExpiryAsync(connection, verdict.MailId, cancellationToken);
        if (isOver)
        {
            return false;
        }

        var expires = new NpgsqlParameter { Value = expiry?.UtcDateTime ?? DateTime.MaxValue, NpgsqlDbType = NpgsqlDbType.TimestampTz };
        await using (var command = new NpgsqlCommand(Sql, connection)
        {
            Parameters =
            {
                new() { Value = verdict.MailId }, new() { Value = verdict.ProviderUserId }, new() { Value = verdict.Category }, new() { Value = verdict.Confidence },
                new() { Value = DbText.Clean(verdict.Reasoning, DbText.MaxError) }, new() { Value = DbText.Clean(verdict.Summary, DbText.MaxError) }, new() { Value = verdict.ModelUsed },
                new() { Value = verdict.TokensUsed }, new() { Value = taskCreatedAt.ToUniversalTime() }, expires,
                new() { Value = verdict.Provisional }, new() { Value = (object?)verdict.Record ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        })
        {
            if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                return false;
            }
        }

        await using var tags = new NpgsqlCommand("""
            WITH old AS (DELETE FROM email_tags WHERE mail_id = $1 AND tag <> ALL ($3))
            INSERT INTO email_tags (mail_id, expires_at, provider_user_id, tag) SELECT $1, $4, $2, unnest($3) ON CONFLICT DO NOTHING
            """, connection)
        { Parameters = { new() { Value = verdict.MailId }, new() { Value = verdict.ProviderUserId }, new() { Value = verdict.Tags.ToArray() }, expires.Clone() } };
        await tags.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }
}
