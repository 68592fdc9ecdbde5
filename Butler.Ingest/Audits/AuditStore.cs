using Butler.Data;
using Butler.Data.Ingest;
using Butler.Ingest.Sync;
using Butler.Messaging.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Butler.Ingest.Audits;

/// <summary>An audit as it stands.</summary>
internal sealed record AuditState(
    Guid Id, Guid ProviderUserId, Guid OwnerId, Guid? OwnerFamilyId, bool Repair, string Status, DateTimeOffset? RangeFrom, bool WholeRange, string? PageToken, int Pages, bool Listed, int Looks, Guid? AskedAfter,
    AuditCounts Counts, string[] Differing, string? Error, DateTimeOffset CreatedAt, DateTimeOffset? CompletedAt, string Provider);

/// <summary>The one writer of <c>audits</c> and <c>audit_ids</c>.</summary>
internal sealed class AuditStore(Database database)
{
    /// <summary>Ids of missing mails that are shown.</summary>
    private const int MaxDiffering = 100;

    private const int Chunk = 500;

    /// <summary>Of a ledger row l and the audit a: it lies in the audit's range, and the provider did not list it.</summary>
    private const string Unlisted = """
        l.reason IS DISTINCT FROM 'draft'
        AND ((l.received_at IS NULL AND a.whole_range) OR ((a.range_from IS NULL OR l.received_at >= a.range_from) AND l.received_at < a.created_at))
        AND NOT EXISTS (SELECT FROM audit_ids i WHERE i.audit_id = a.id AND i.provider_message_id = l.provider_message_id)
        """;

    /// <summary>
    /// Makes the audit's row unless it is there or one runs for the account. The range is the asked-for months, and never more than was
    /// imported: mail that nobody asked Butler to read is not missing. False: nothing was ever imported, or one runs.
    /// </summary>
    public static async Task<bool> BeginAsync(NpgsqlConnection connection, AuditMailbox audit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            INSERT INTO audits (id, provider_user_id, requested_by, repair, status, range_from, whole_range)
            SELECT $1, $2, $3, $4, 'running', GREATEST(j.oldest, now() - make_interval(months => $5)), $5::int IS NULL OR COALESCE(now() - make_interval(months => $5) <= j.oldest, false)
            FROM (SELECT CASE WHEN bool_or(range_from IS NULL) THEN NULL ELSE min(range_from) END AS oldest, count(*) AS n FROM sync_jobs WHERE provider_user_id = $2 AND type = 'import') AS j
            WHERE j.n > 0 ON CONFLICT DO NOTHING
            """, connection)
        {
            Parameters =
            {
                new() { Value = audit.AuditId }, new() { Value = audit.ProviderUserId }, new() { Value = (object?)audit.RequestedBy ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
                new() { Value = audit.Repair }, new() { Value = (object?)audit.Months ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
            },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>The audit, or null.</summary>
    public Task<AuditState?> FindAsync(Guid id, CancellationToken cancellationToken) => FindAsync("a.id = $1", id, cancellationToken);

    /// <summary>The account's running audit, or null.</summary>
    public Task<AuditState?> RunningAsync(Guid account, CancellationToken cancellationToken) => FindAsync("a.provider_user_id = $1 AND a.status = 'running'", account, cancellationToken);

    /// <summary>Records a page of the listing and moves on to the next; false: this page was recorded before, by a twin of the message.</summary>
    public Task<bool> PageAsync(AuditState audit, IReadOnlyList<string> ids, string? nextPage, bool listed, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            await using var step = new NpgsqlCommand("""
                UPDATE audits SET pages = pages + 1, page_token = $3, listed = $4, updated_at = now() WHERE id = $1 AND pages = $2 AND status = 'running'
                """, connection)
            {
                Parameters =
                {
                    new() { Value = audit.Id }, new() { Value = audit.Pages }, new() { Value = (object?)nextPage ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }, new() { Value = listed },
                },
            };
            if (await step.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                return false;
            }

            await using var add = new NpgsqlCommand("""
                INSERT INTO audit_ids (audit_id, provider_message_id) SELECT $1, id FROM unnest($2::text[]) AS m(id) ORDER BY id ON CONFLICT DO NOTHING
                """, connection)
            { Parameters = { new() { Value = audit.Id }, new() { Value = ids.Distinct(StringComparer.Ordinal).ToArray() } } };
            await add.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }, cancellationToken);

    /// <summary>Compares what is listed with the ledger and keeps the numbers. Returns how many are missing.</summary>
    public async Task<long> CompareAsync(AuditState audit, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand($$"""
            WITH listed AS (
              SELECT i.provider_message_id, l.state FROM audit_ids i LEFT JOIN ledger l ON l.provider_user_id = $2 AND l.provider_message_id = i.provider_message_id WHERE i.audit_id = $1),
            n AS (
              SELECT count(*) AS all, count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state = 'skipped') AS skipped, count(*) FILTER (WHERE state = 'gone') AS gone,
                count(*) FILTER (WHERE state = 'dead') AS dead, count(*) FILTER (WHERE state = 'expired') AS expired, count(*) FILTER (WHERE state IN ('listed', 'stored')) AS open,
                count(*) FILTER (WHERE state IS NULL) AS missing FROM listed),
            rest AS (
              SELECT count(*) FILTER (WHERE l.state <> 'gone' AND s.deleted_at IS NULL) AS unlisted, count(*) FILTER (WHERE l.state = 'gone' OR s.deleted_at IS NOT NULL) AS deleted
              FROM ledger l JOIN audits a ON a.id = $1 LEFT JOIN mail_state s ON s.id = l.id
              WHERE l.provider_user_id = $2 AND l.state IN ('done', 'skipped', 'gone') AND {{Unlisted}})
            UPDATE audits a SET at_provider = n.all, done = n.done, skipped = n.skipped, gone = n.gone, dead = n.dead, expired = n.expired, open = n.open, missing = n.missing,
              unlisted = rest.unlisted, deleted = rest.deleted, looks = looks + 1, updated_at = now(),
              differing = COALESCE((SELECT array_agg(provider_message_id) FROM (SELECT provider_message_id FROM listed WHERE state IS NULL ORDER BY 1 LIMIT $3) AS m), '{}')
            FROM n, rest WHERE a.id = $1 RETURNING a.missing
            """);
        command.Parameters.Add(new() { Value = audit.Id });
        command.Parameters.Add(new() { Value = audit.ProviderUserId });
        command.Parameters.Add(new() { Value = MaxDiffering });
        return await command.ExecuteScalarAsync(cancellationToken) as long? ?? 0;
    }

    /// <summary>Stored mails that the provider did not list and that are not known to be deleted, by ledger id.</summary>
    public async Task<List<Suspect>> UnlistedAsync(AuditState audit, Guid after, int count, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand($"""
            SELECT l.id, l.provider_message_id, s.updated_at FROM audits a JOIN ledger l ON l.provider_user_id = a.provider_user_id JOIN mail_state s ON s.id = l.id
            WHERE a.id = $1 AND l.provider_user_id = $2 AND l.id > $3 AND l.state IN ('done', 'skipped') AND s.deleted_at IS NULL AND {Unlisted} ORDER BY l.id LIMIT $4
            """);
        command.Parameters.Add(new() { Value = audit.Id });
        command.Parameters.Add(new() { Value = audit.ProviderUserId });
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = count });
        return await Suspect.ReadAsync(command, cancellationToken);
    }

    /// <summary>Keeps how far an audit has asked, inside the transaction of its answers.</summary>
    public static async Task AskedAsync(NpgsqlConnection connection, AuditState audit, Guid after, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE audits SET asked_after = $2, updated_at = now() WHERE id = $1", connection)
        {
            Parameters = { new() { Value = audit.Id }, new() { Value = after } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Listed ids that the ledger does not know, at most 500.</summary>
    public async Task<List<string>> MissingAsync(AuditState audit, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT i.provider_message_id FROM audit_ids i
            WHERE i.audit_id = $1 AND NOT EXISTS (SELECT FROM ledger l WHERE l.provider_user_id = $2 AND l.provider_message_id = i.provider_message_id) ORDER BY 1 LIMIT $3
            """);
        command.Parameters.Add(new() { Value = audit.Id });
        command.Parameters.Add(new() { Value = audit.ProviderUserId });
        command.Parameters.Add(new() { Value = Chunk });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetString(0));
        }

        return ids;
    }

    /// <summary>Open failures about mails that are listed.</summary>
    public async Task<List<(Guid Id, Guid? Mail)>> FailuresAsync(AuditState audit, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT f.id, f.ledger_id FROM failed_tasks f JOIN ledger l ON l.id = f.ledger_id JOIN audit_ids i ON i.provider_message_id = l.provider_message_id
            WHERE i.audit_id = $1 AND f.provider_user_id = $2 AND f.resolved_at IS NULL AND l.state = 'dead' ORDER BY f.id LIMIT $3
            """);
        command.Parameters.Add(new() { Value = audit.Id });
        command.Parameters.Add(new() { Value = audit.ProviderUserId });
        command.Parameters.Add(new() { Value = Chunk * 10 });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var failures = new List<(Guid Id, Guid? Mail)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            failures.Add((reader.GetGuid(0), reader.GetGuid(1)));
        }

        return failures;
    }

    /// <summary>Counts a repaired chunk, inside its transaction, and tells the owner once per audit.</summary>
    public static async Task CountRepairAsync(NpgsqlConnection connection, AuditState audit, int repaired, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            WITH counted AS (UPDATE audits SET repaired = repaired + $2, updated_at = now() WHERE id = $1 RETURNING repaired)
            INSERT INTO user_events (id, app_user_id, provider_user_id, kind, message)
            SELECT $1, $3, $4, 'repaired', 'An audit found mail that had not been recorded. It is being read now.' FROM counted WHERE repaired > 0 ON CONFLICT (id) DO NOTHING
            """, connection)
        { Parameters = { new() { Value = audit.Id }, new() { Value = (long)repaired }, new() { Value = audit.OwnerId }, new() { Value = audit.ProviderUserId } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends an audit and drops what it listed.</summary>
    public Task EndAsync(AuditState audit, string? error, int retried, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            await using var end = new NpgsqlCommand("""
                UPDATE audits SET status = CASE WHEN $2::text IS NULL THEN 'completed' ELSE 'failed' END, error = $2, retried = $3, completed_at = now(), updated_at = now(), page_token = NULL
                WHERE id = $1 AND status = 'running'
                """, connection)
            { Parameters = { new() { Value = audit.Id }, new() { Value = (object?)DbText.CleanOrNull(error, DbText.MaxError) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }, new() { Value = (long)retried } } };
            await end.ExecuteNonQueryAsync(cancellationToken);
            await using var drop = new NpgsqlCommand("DELETE FROM audit_ids WHERE audit_id = $1", connection) { Parameters = { new() { Value = audit.Id } } };
            await drop.ExecuteNonQueryAsync(cancellationToken);
        }, cancellationToken);

    private async Task<AuditState?> FindAsync(string where, Guid id, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand($"""
            SELECT a.id, a.provider_user_id, p.app_user_id, u.family_id, a.repair, a.status, a.range_from, a.whole_range, a.page_token, a.pages, a.listed, a.looks, a.at_provider, a.done, a.skipped,
              a.gone, a.dead, a.expired, a.open, a.missing, a.unlisted, a.deleted, a.repaired, a.retried, a.differing, a.error, a.created_at, a.completed_at, a.asked_after, p.provider
            FROM audits a JOIN provider_users p ON p.id = a.provider_user_id JOIN app_users u ON u.id = p.app_user_id WHERE {where}
            """);
        command.Parameters.Add(new() { Value = id });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return null;
        }

        DateTimeOffset? Time(int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
        return new(
            row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), row.IsDBNull(3) ? null : row.GetGuid(3), row.GetBoolean(4), row.GetString(5), Time(6), row.GetBoolean(7),
            row.IsDBNull(8) ? null : row.GetString(8), row.GetInt32(9), row.GetBoolean(10), row.GetInt32(11), row.IsDBNull(28) ? null : row.GetGuid(28),
            new(row.GetInt64(12), row.GetInt64(13), row.GetInt64(14), row.GetInt64(15), row.GetInt64(16), row.GetInt64(17), row.GetInt64(18), row.GetInt64(19), row.GetInt64(20), row.GetInt64(21),
                row.GetInt64(22), row.GetInt64(23)),
            row.GetFieldValue<string[]>(24), row.IsDBNull(25) ? null : row.GetString(25), Time(26)!.Value, Time(27), row.GetString(29));
    }
}
