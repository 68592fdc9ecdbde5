using Npgsql;
using NpgsqlTypes;

namespace Butler.Data;

/// <summary>A mail waiting to be fetched.</summary>
public readonly record struct OpenMail(Guid Id, string ProviderMessageId, Guid? SyncId, Guid CorrelationId, int Attempts);

/// <summary>A ledger row found by its provider id.</summary>
/// <param name="Id">The ledger id.</param>
/// <param name="ProviderMessageId">The provider's.</param>
/// <param name="State">Its state.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="HasContent">Whether content was stored.</param>
public sealed record KnownMail(Guid Id, string ProviderMessageId, string State, Lane Lane, bool HasContent);

/// <summary>A ledger row that a transition moved, with the sync it counts for.</summary>
/// <param name="Id">The ledger id.</param>
/// <param name="SyncId">The sync that counts the move, if any.</param>
/// <param name="ExpiresAt">When its content expires; null: never. What is written for the mail in the same transaction bears it.</param>
public readonly record struct MovedMail(Guid Id, Guid? SyncId, DateTimeOffset? ExpiresAt = null);

/// <summary>A mail whose retention was changed.</summary>
public readonly record struct Rescheduled(Guid Id, DateTimeOffset? ExpiresAt, bool IsOver);

/// <summary>The closed set of reasons for <c>skipped</c>.</summary>
public static class SkipReasons
{
    /// <summary>The owner sent it; stored, because it tells what is answered.</summary>
    public const string Sent = "sent";

    /// <summary>A draft or chat that a listing showed all the same.</summary>
    public const string Draft = "draft";
}

/// <summary>
/// The one writer of <c>ledger</c>, <c>ledger_open</c> and <c>ledger_events</c>: the named transitions of a mail
/// (MECHANICS 1). Each is set-based, guarded by the expected state, locks rows in id order, and answers which rows it
/// really moved: a repeated batch moves none and so writes, sends and counts nothing. All run inside the caller's
/// transaction.
/// </summary>
public static partial class Ledger
{
    private const string Lock = "SELECT count(*) FROM (SELECT FROM ledger WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) AS l";

    /// <summary>
    /// Records ids that a listing or the history showed. Known ids stay as they are. Returns how many were new.
    /// </summary>
    public static async Task<int> ListAsync(
        NpgsqlConnection connection, Guid providerUserId, Guid? syncId, Guid correlationId, Lane lane, IReadOnlyList<string> providerMessageIds, long firstRank, CancellationToken cancellationToken)
    {
        // Sorted by the unique key: two unsorted inserts with ON CONFLICT deadlock.
        const string Sql = """
            WITH new AS (
              INSERT INTO ledger (id, provider_user_id, provider_message_id, state, lane, rank, sync_id, correlation_id)
              SELECT m.id, $1, m.provider_message_id, 'listed', $2, m.rank, $3, $4
              FROM unnest($5::uuid[], $6::text[], $7::bigint[]) AS m(id, provider_message_id, rank)
              ORDER BY m.provider_message_id
              ON CONFLICT ON CONSTRAINT ledger_once DO NOTHING
              RETURNING id, lane, rank)
            INSERT INTO ledger_open (id, provider_user_id, stage, lane, rank) SELECT id, $1, 0, lane, rank FROM new
            """;
        if (providerMessageIds.Count == 0)
        {
            return 0;
        }

        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new() { Value = providerUserId });
        command.Parameters.Add(new() { Value = (short)lane });
        command.Parameters.Add(new() { Value = (object?)syncId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = correlationId });
        command.Parameters.Add(new() { Value = providerMessageIds.Select(_ => Guid.CreateVersion7()).ToArray() });
        command.Parameters.Add(new() { Value = providerMessageIds.ToArray() });
        command.Parameters.Add(new() { Value = providerMessageIds.Select((_, i) => firstRank + i).ToArray() });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// The rows of these provider ids, locked in id order so that a caller may move any of them next (MECHANICS 1).
    /// </summary>
    public static async Task<List<KnownMail>> FindAsync(NpgsqlConnection connection, Guid providerUserId, IReadOnlyCollection<string> providerMessageIds, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT id, provider_message_id, state, lane, stored_at IS NOT NULL FROM ledger
            WHERE provider_user_id = $1 AND provider_message_id = ANY ($2) ORDER BY id FOR NO KEY UPDATE
            """;
        if (providerMessageIds.Count == 0)
        {
            return [];
        }

        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = providerUserId }, new() { Value = providerMessageIds.ToArray() } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var known = new List<KnownMail>();
        while (await reader.ReadAsync(cancellationToken))
        {
            known.Add(new(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), (Lane)reader.GetInt16(3), reader.GetBoolean(4)));
        }

        return known;
    }

    /// <summary>
    /// Moves listed mails from the bulk to the live lane: a listing saw them first, but they have just arrived. They stay in their sync.
    /// The rows are locked by the caller.
    /// </summary>
    public static async Task<int> PromoteAsync(NpgsqlConnection connection, Guid[] ids, long rank, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH moved AS (UPDATE ledger SET lane = 1, rank = $2 WHERE id = ANY ($1) AND state = 'listed' AND lane = 0 RETURNING id)
            UPDATE ledger_open o SET lane = 1, rank = $2 FROM moved WHERE o.id = moved.id
            """;
        if (ids.Length == 0)
        {
            return 0;
        }

        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = ids }, new() { Value = rank } } };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>done → gone: the owner deleted the mail at the provider.</summary>
    public static Task<List<MovedMail>> VanishAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH moved AS (
              UPDATE ledger t SET state = 'gone', reason = 'deleted at the provider' WHERE t.id = ANY ($1) AND t.state = 'done' RETURNING t.id, t.sync_id, t.provider_user_id, t.expires_at),
            noted AS (INSERT INTO ledger_events (ledger_id, provider_user_id, kind, note) SELECT id, provider_user_id, 'gone', 'deleted at the provider' FROM moved)
            SELECT id, sync_id, expires_at FROM moved
            """;
        return MoveAsync(connection, Sql, cancellationToken, ids);
    }

    /// <summary>The next mails to fetch of one account and lane, newest first. Claims nothing: the slot does.</summary>
    public static async Task<List<OpenMail>> NextAsync(NpgsqlConnection connection, Guid providerUserId, Lane lane, int count, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT l.id, l.provider_message_id, l.sync_id, l.correlation_id, l.attempts
            FROM ledger_open o JOIN ledger l ON l.id = o.id
            WHERE o.provider_user_id = $1 AND o.stage = 0 AND o.lane = $2 AND l.state = 'listed' AND (l.not_before IS NULL OR l.not_before <= now())
            ORDER BY o.rank LIMIT $3
            """;
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = providerUserId }, new() { Value = (short)lane }, new() { Value = count } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var mails = new List<OpenMail>(count);
        while (await reader.ReadAsync(cancellationToken))
        {
            mails.Add(new(reader.GetGuid(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetGuid(2), reader.GetGuid(3), reader.GetInt16(4)));
        }

        return mails;
    }

    /// <summary>When the earliest postponed mail of an account and lane may be fetched; null when none waits.</summary>
    public static async Task<TimeSpan?> NextWaitAsync(NpgsqlConnection connection, Guid providerUserId, Lane lane, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT min(greatest(l.not_before, now())) - now()
            FROM ledger_open o JOIN ledger l ON l.id = o.id
            WHERE o.provider_user_id = $1 AND o.stage = 0 AND o.lane = $2 AND l.state = 'listed'
            """;
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = providerUserId }, new() { Value = (short)lane } } };
        return await command.ExecuteScalarAsync(cancellationToken) is TimeSpan wait ? wait : null;
    }

    /// <summary>
    /// Counts a try of a mail that is fetched or judged alone, before the work (MECHANICS 4). Returns its tries in this stage, 0 when it
    /// is not open.
    /// </summary>
    public static async Task<int> CountTryAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        const string Sql = "UPDATE ledger SET attempts = attempts + 1 WHERE id = $1 AND state IN ('listed', 'stored') RETURNING attempts";
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = id } } };
        return await command.ExecuteScalarAsync(cancellationToken) as short? ?? 0;
    }

    /// <summary>
    /// listed → stored: the content is written in the same transaction, for exactly the returned ids, to expire when the account's
    /// retention says, counted from now.
    /// </summary>
    public static Task<List<MovedMail>> StoreAsync(NpgsqlConnection connection, Guid[] ids, DateTimeOffset[] receivedAt, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH moved AS (
              UPDATE ledger t SET state = 'stored', attempts = 0, stored_at = now(), received_at = m.received_at,
                expires_at = (SELECT now() + make_interval(hours => 24 * NULLIF(p.retention_days, 0)) FROM provider_users p WHERE p.id = t.provider_user_id)
              FROM unnest($1, $2::timestamptz[]) AS m(id, received_at)
              WHERE t.id = m.id AND t.state = 'listed' RETURNING t.id, t.sync_id, t.expires_at),
            staged AS (UPDATE ledger_open o SET stage = 1 FROM moved WHERE o.id = moved.id)
            SELECT id, sync_id, expires_at FROM moved
            """;
        return MoveAsync(connection, Sql, cancellationToken, ids, receivedAt);
    }

    /// <summary>stored → done: the first verdict is written in the same transaction. What has expired meanwhile stays for its erasure.</summary>
    public static Task<List<MovedMail>> FinishAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH moved AS (UPDATE ledger t SET state = 'done', closed_at = now() WHERE t.id = ANY ($1) AND t.state = 'stored' AND (t.expires_at IS NULL OR t.expires_at > now())
              RETURNING t.id, t.sync_id, t.expires_at),
            closed AS (DELETE FROM ledger_open o USING moved WHERE o.id = moved.id)
            SELECT id, sync_id, expires_at FROM moved
            """;
        return MoveAsync(connection, Sql, cancellationToken, ids);
    }

    /// <summary>stored → skipped (content kept), or listed → skipped.</summary>
    public static Task<List<MovedMail>> SkipAsync(NpgsqlConnection connection, Guid[] ids, string reason, CancellationToken cancellationToken) =>
        CloseAsync(connection, ids, "skipped", reason, cancellationToken);

    /// <summary>listed → gone: the provider says that the mail is deleted.</summary>
    public static Task<List<MovedMail>> GoneAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken) =>
        CloseAsync(connection, ids, "gone", "deleted at the provider before it was fetched", cancellationToken);

    /// <summary>open → dead: the error is a dead letter in <c>failed_tasks</c>.</summary>
    public static Task<List<MovedMail>> DieAsync(NpgsqlConnection connection, Guid[] ids, string error, CancellationToken cancellationToken) =>
        CloseAsync(connection, ids, "dead", DbText.Clean(error, DbText.MaxError), cancellationToken);

    /// <summary>
    /// dead → listed or stored: a named, counted move. The row leaves its sync, whose counters never change afterwards, and goes to the
    /// live lane, because the bulk lane works for a sync only.
    /// </summary>
    public static Task<List<MovedMail>> ReopenAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH moved AS (
              UPDATE ledger t SET state = CASE WHEN stored_at IS NULL THEN 'listed' ELSE 'stored' END, closed_at = NULL, reason = NULL, attempts = 0, not_before = NULL, sync_id = NULL, lane = 1
              WHERE t.id = ANY ($1) AND t.state = 'dead' RETURNING t.id, t.sync_id, t.provider_user_id, t.lane, t.rank, t.state, t.expires_at),
            opened AS (INSERT INTO ledger_open (id, provider_user_id, stage, lane, rank)
              SELECT id, provider_user_id, CASE state WHEN 'listed' THEN 0 ELSE 1 END, lane, rank FROM moved),
            noted AS (INSERT INTO ledger_events (ledger_id, provider_user_id, kind) SELECT id, provider_user_id, 'reopened' FROM moved)
            SELECT id, sync_id, expires_at FROM moved
            """;
        return MoveAsync(connection, Sql, cancellationToken, ids);
    }

    /// <summary>Of reopened mails those that wait for their verdict; the others wait for their content.</summary>
    public static async Task<Guid[]> StoredAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT coalesce(array_agg(id), '{}') FROM ledger WHERE id = ANY ($1) AND state = 'stored'", connection) { Parameters = { new() { Value = ids } } };
        return (Guid[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>
    /// Records ids that an audit found at the provider and not here; they belong to no sync. Returns how many were new, each with an event.
    /// </summary>
    public static async Task<int> RepairAsync(NpgsqlConnection connection, Guid providerUserId, Guid correlationId, IReadOnlyList<string> providerMessageIds, CancellationToken cancellationToken)
    {
        var added = await ListAsync(connection, providerUserId, null, correlationId, Lane.Live, providerMessageIds, 0, cancellationToken);
        await using var command = new NpgsqlCommand("""
            INSERT INTO ledger_events (ledger_id, provider_user_id, kind, note)
            SELECT id, provider_user_id, 'repaired', 'found by an audit' FROM ledger
            WHERE provider_user_id = $1 AND provider_message_id = ANY ($2) AND correlation_id = $3
            """, connection)
        { Parameters = { new() { Value = providerUserId }, new() { Value = providerMessageIds.ToArray() }, new() { Value = correlationId } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
        return added;
    }

    /// <summary>Postpones mails that failed once more; they stay listed.</summary>
    public static async Task RetryAsync(NpgsqlConnection connection, Guid[] ids, TimeSpan delay, string error, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH moved AS (
              UPDATE ledger t SET attempts = attempts + 1, not_before = now() + $2 WHERE t.id = ANY ($1) AND t.state = 'listed' RETURNING t.id, t.sync_id, t.provider_user_id, t.expires_at),
            noted AS (INSERT INTO ledger_events (ledger_id, provider_user_id, kind, note) SELECT id, provider_user_id, 'retry', $3 FROM moved)
            SELECT id, sync_id, expires_at FROM moved
            """;
        await MoveAsync(connection, Sql, cancellationToken, ids, delay, DbText.Clean(error, DbText.MaxError));
    }

    /// <summary>Takes the open bulk rows of an account over into a new sync (after a cancel or an account fault). Returns how many.</summary>
    public static async Task<int> AdoptAsync(NpgsqlConnection connection, Guid providerUserId, Guid syncId, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH l AS MATERIALIZED (
              SELECT l.id FROM ledger_open o JOIN ledger l ON l.id = o.id
              WHERE o.provider_user_id = $1 AND o.lane = 0 ORDER BY l.id FOR NO KEY UPDATE OF l)
            UPDATE ledger t SET sync_id = $2 FROM l WHERE t.id = l.id AND t.state IN ('listed', 'stored')
            """;
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = providerUserId }, new() { Value = syncId } } };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static Task<List<MovedMail>> CloseAsync(NpgsqlConnection connection, Guid[] ids, string state, string reason, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH moved AS (
              UPDATE ledger t SET state = $2, reason = $3, closed_at = now() WHERE t.id = ANY ($1) AND t.state IN ('listed', 'stored') RETURNING t.id, t.sync_id, t.provider_user_id, t.expires_at),
            closed AS (DELETE FROM ledger_open o USING moved WHERE o.id = moved.id),
            noted AS (INSERT INTO ledger_events (ledger_id, provider_user_id, kind, note) SELECT id, provider_user_id, $2, $3 FROM moved)
            SELECT id, sync_id, expires_at FROM moved
            """;
        return MoveAsync(connection, Sql, cancellationToken, ids, state, reason);
    }

    /// <summary>
    /// Locks the rows in id order, then moves them: two statements in one round trip. In one, the second half would still see the
    /// snapshot from before the lock was there, and with it the rows of ledger_open as they were before another move.
    /// </summary>
    private static async Task<List<MovedMail>> MoveAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        if (values[0] is Guid[] { Length: 0 })
        {
            return [];
        }

        var move = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            move.Parameters.Add(new() { Value = value });
        }

        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { new(Lock) { Parameters = { new() { Value = values[0] } } }, move },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var moved = new List<MovedMail>();
        while (await reader.ReadAsync(cancellationToken))
        {
            moved.Add(new(reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2)));
        }

        return moved;
    }
}
