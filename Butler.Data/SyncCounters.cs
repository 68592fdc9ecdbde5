using Npgsql;
using NpgsqlTypes;

namespace Butler.Data;

/// <summary>A sync as the last statement left it.</summary>
public readonly record struct SyncVersion(Guid SyncId, Guid AppUserId, long Version, string Status);

/// <summary>
/// The one writer of the counters of <c>sync_jobs</c>. Every change is the last statement of its transaction (MECHANICS 2)
/// and in the same statement decides whether the sync is complete, recomputes the progress and raises the version.
/// The counters of a finished sync never change.
/// </summary>
public static class SyncCounters
{
    // Progress = listed share × closed rows ÷ rows so far; never below the last value; 100 only with completed.
    private const string Finish = """
        , status = CASE WHEN n.total_known AND n.closed >= n.total THEN 'completed' ELSE 'in_progress' END
        , progress = CASE WHEN n.total_known AND n.closed >= n.total THEN 100
            ELSE GREATEST(j.progress, LEAST(99.9, 100 * n.listed_share * CASE WHEN n.total = 0 THEN 0 ELSE n.closed::float8 / n.total END)) END
        , completed_at = CASE WHEN n.total_known AND n.closed >= n.total THEN now() END
        , started_at = COALESCE(j.started_at, now()), updated_at = now(), version = j.version + 1
        FROM n WHERE j.id = n.id
        RETURNING j.id, j.app_user_id, j.version, j.status
        """;

    /// <summary>Adds what a batch closed.</summary>
    /// <param name="connection">Inside the batch's transaction.</param>
    /// <param name="syncId">The sync.</param>
    /// <param name="processed">Mails that became done.</param>
    /// <param name="skipped">Mails that became skipped or gone.</param>
    /// <param name="failed">Mails that became dead.</param>
    /// <param name="processedUntil">The oldest received time in the batch.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The new version, or null when the sync is not active any more.</returns>
    public static Task<SyncVersion?> CloseAsync(
        NpgsqlConnection connection, Guid syncId, int processed, int skipped, int failed, DateTimeOffset? processedUntil, CancellationToken cancellationToken) =>
        CloseAsync(connection, syncId, processed, skipped, failed, processedUntil, 0, cancellationToken);

    /// <summary>Adds what a batch closed, and the transactions found in it.</summary>
    public static Task<SyncVersion?> CloseAsync(
        NpgsqlConnection connection, Guid syncId, int processed, int skipped, int failed, DateTimeOffset? processedUntil, int transactions, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH n AS (
              SELECT id, total_known, total, listed_share, processed + skipped + failed + $2 + $3 + $4 AS closed
              FROM sync_jobs WHERE id = $1 AND status IN ('pending', 'in_progress') FOR NO KEY UPDATE)
            UPDATE sync_jobs j SET processed = j.processed + $2, skipped = j.skipped + $3, failed = j.failed + $4,
              processed_until = LEAST(j.processed_until, $5), transactions = j.transactions + $6
            """ + Finish;
        return RunAsync(connection, Sql, cancellationToken,
            new() { Value = syncId }, new() { Value = (long)processed }, new() { Value = (long)skipped }, new() { Value = (long)failed },
            new() { Value = (object?)processedUntil?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz }, new() { Value = (long)transactions });
    }

    /// <summary>Adds what a listing page found and moves the listing cursor.</summary>
    public static Task<SyncVersion?> ListedAsync(NpgsqlConnection connection, Guid syncId, ListingStep step, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH n AS (
              SELECT id, total_known OR $4 AS total_known, total + $2 AS total, GREATEST(listed_share, $5) AS listed_share, processed + skipped + failed AS closed
              FROM sync_jobs WHERE id = $1 AND status IN ('pending', 'in_progress') FOR NO KEY UPDATE)
            UPDATE sync_jobs j SET total = n.total, already_known = j.already_known + $3, total_known = n.total_known, listed_share = n.listed_share,
              window_before = $6, window_days = $7, window_number = $8, page_token = $9
            """ + Finish;
        return RunAsync(connection, Sql, cancellationToken,
            new() { Value = syncId }, new() { Value = (long)step.New }, new() { Value = (long)step.AlreadyKnown }, new() { Value = step.TotalKnown },
            new() { Value = step.ListedShare }, new() { Value = step.WindowBefore.ToUniversalTime() }, new() { Value = step.WindowDays }, new() { Value = step.WindowNumber },
            new() { Value = (object?)step.PageToken ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
    }

    /// <summary>Ends an active sync as failed: an account fault, or the owner's cancel.</summary>
    public static Task<SyncVersion?> FailAsync(NpgsqlConnection connection, Guid syncId, string code, string error, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE sync_jobs SET status = 'failed', error_code = $2, error = $3, completed_at = now(), updated_at = now(), version = version + 1
            WHERE id = $1 AND status IN ('pending', 'in_progress')
            RETURNING id, app_user_id, version, status
            """;
        return RunAsync(connection, Sql, cancellationToken, new() { Value = syncId }, new() { Value = code }, new() { Value = DbText.Clean(error, DbText.MaxError) });
    }

    private static async Task<SyncVersion?> RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        SyncVersion version;
        await using (var command = new NpgsqlCommand(sql, connection))
        {
            command.Parameters.AddRange(parameters);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken))
            {
                return null;
            }

            version = new(reader.GetGuid(0), reader.GetGuid(1), reader.GetInt64(2), reader.GetString(3));
        }

        if (version.Status is "completed" or "failed")
        {
            await TaskIds.EndAsync(connection, version.SyncId, version.Status, cancellationToken);
        }

        return version;
    }
}

/// <summary>One step of a listing: what a page found and where the cursor stands now.</summary>
public sealed record ListingStep(int New, int AlreadyKnown, bool TotalKnown, double ListedShare, DateTimeOffset WindowBefore, int WindowDays, int WindowNumber, string? PageToken);
