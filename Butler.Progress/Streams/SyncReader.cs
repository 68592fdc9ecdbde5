using Butler.Progress.Reads;
using Npgsql;

namespace Butler.Progress.Streams;

/// <summary>Reads <c>sync_jobs</c>.</summary>
internal sealed class SyncReader(VisibleData data)
{
    private const string Select = """
        SELECT j.id, j.app_user_id, butler_family_of(j.app_user_id), j.provider_user_id, j.type, j.trigger, j.status, j.months, j.progress, j.total_known, j.listed_share, j.total,
          j.already_known, j.processed, j.skipped, j.failed, j.transactions, j.processed_until, j.error, j.error_code, j.details::text, j.correlation_id,
          j.version, j.created_at, j.started_at, j.updated_at, j.completed_at
        """;

    private const string Columns = Select + " FROM sync_jobs j";

    /// <summary>One sync: 404 when unknown, 403 when the caller may not read it.</summary>
    public async Task<SyncSnapshot> RequireAsync(Guid syncId, CancellationToken cancellationToken) =>
        (await ReadAsync(Columns + " WHERE j.id = $1", cancellationToken, syncId)).FirstOrDefault() ?? throw await data.MissingAsync("sync", syncId, cancellationToken);

    /// <summary>Syncs by id.</summary>
    public Task<List<SyncSnapshot>> ManyAsync(Guid[] syncIds, CancellationToken cancellationToken) => WatchedAsync(syncIds, [], cancellationToken);

    /// <summary>A user's syncs, newest first.</summary>
    public Task<List<SyncSnapshot>> HistoryAsync(Guid userId, int limit, CancellationToken cancellationToken) =>
        ReadAsync(Columns + " WHERE j.app_user_id = $1 ORDER BY j.created_at DESC, j.id DESC LIMIT $2", cancellationToken, userId, limit);

    /// <summary>The newest sync of each of a user's accounts, the running ones first.</summary>
    public async Task<List<SyncSnapshot>> LatestAsync(Guid userId, CancellationToken cancellationToken)
    {
        var jobs = await ReadAsync($"""
            SELECT DISTINCT ON (j.provider_user_id) {Columns["SELECT ".Length..]} WHERE j.app_user_id = $1 ORDER BY j.provider_user_id, j.created_at DESC, j.id DESC
            """, cancellationToken, userId);
        return [.. jobs.OrderBy(j => j.IsFinal).ThenByDescending(j => j.CreatedAt).ThenByDescending(j => j.SyncId)];
    }

    /// <summary>
    /// Everything watched in one query, for nobody in particular (each stream was checked when it began): the given syncs, and of the given users what runs or has ended a moment ago (a
    /// sync may begin and end between two reads).
    /// </summary>
    public Task<List<SyncSnapshot>> WatchedAsync(Guid[] syncIds, Guid[] userIds, CancellationToken cancellationToken) =>
        ReadAsync(Select + " FROM butler_watched_syncs($1, $2) j", cancellationToken, syncIds, userIds);

    private Task<List<SyncSnapshot>> ReadAsync(string sql, CancellationToken cancellationToken, params object[] values) =>
        data.ReadAsync(sql, [.. values.Select(v => new NpgsqlParameter { Value = v })], async reader =>
        {
            var jobs = new List<SyncSnapshot>();
            while (await reader.ReadAsync(cancellationToken))
            {
                jobs.Add(Map(reader));
            }

            return jobs;
        }, cancellationToken);

    private static SyncSnapshot Map(NpgsqlDataReader row) => new()
    {
        SyncId = row.GetGuid(0),
        AppUserId = row.GetGuid(1),
        FamilyId = row.IsDBNull(2) ? null : row.GetGuid(2),
        ProviderUserId = row.GetGuid(3),
        Type = row.GetString(4),
        Trigger = row.GetString(5),
        Status = row.GetString(6),
        Months = row.IsDBNull(7) ? null : row.GetInt32(7),
        Progress = row.GetDouble(8),
        TotalKnown = row.GetBoolean(9),
        ListedShare = row.GetDouble(10),
        Total = row.GetInt64(11),
        AlreadyKnown = row.GetInt64(12),
        Processed = row.GetInt64(13) + row.GetInt64(14),
        Skipped = row.GetInt64(14),
        Failed = row.GetInt64(15),
        Transactions = row.GetInt64(16),
        ProcessedUntil = Time(row, 17),
        Error = row.IsDBNull(18) ? null : row.GetString(18),
        ErrorCode = row.IsDBNull(19) ? null : row.GetString(19),
        Details = row.GetString(20),
        CorrelationId = row.GetGuid(21),
        Version = row.GetInt64(22),
        CreatedAt = Time(row, 23)!.Value,
        StartedAt = Time(row, 24),
        UpdatedAt = Time(row, 25)!.Value,
        CompletedAt = Time(row, 26),
    };

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
