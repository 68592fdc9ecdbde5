using System.Globalization;
using Npgsql;

namespace Butler.Data.Retention;

/// <summary>What a turn of rewriting came to.</summary>
/// <param name="Rewritten">Tables whose files hold no deleted row any more.</param>
/// <param name="Blocked">Tables that wait for an older snapshot, which still sees their deleted rows, or for their lock: try again soon.</param>
/// <param name="TooLarge">Tables larger than this turn may rewrite.</param>
public sealed record RewriteTurn(int Rewritten, int Blocked, int TooLarge);

/// <summary>
/// The one writer of <c>table_rewrites</c>: tables from which rows were deleted before their partition's time. VACUUM leaves their
/// bytes in heap, TOAST and indexes; VACUUM FULL writes the table anew without them. It is left out while a snapshot is older than the
/// deletion, because it would carry the rows along, and done again after a crash.
/// </summary>
public sealed class TableRewrites(Database database)
{
    // A rewrite waits for its lock, and everybody behind it waits with it: not for long.
    private const string LockTimeout = "SET lock_timeout = '5s'";

    /// <summary>Asks for the rewriting of the partitions in which these mails' content lies now, before it is deleted or moved.</summary>
    internal static async Task RequestAsync(NpgsqlConnection connection, IReadOnlyList<ContentTable> tables, Guid[] mails, CancellationToken cancellationToken)
    {
        var found = string.Join(" UNION ", tables.Select(t => $"SELECT tableoid::regclass::text FROM {t.Name} WHERE {t.Key} = ANY ($1)"));
        await using var command = new NpgsqlCommand(Upsert($"({found}) AS f(name)"), connection) { Parameters = { new() { Value = mails } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Asks for the rewriting of tables.</summary>
    public static async Task RequestAsync(NpgsqlConnection connection, IReadOnlyCollection<string> tables, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Upsert("unnest($1::text[]) AS f(name)"), connection) { Parameters = { new() { Value = tables.ToArray() } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Rewrites what was asked for, up to a size per table.</summary>
    /// <param name="maxBytes">Tables that are larger wait for a turn that may rewrite them.</param>
    /// <param name="cancellationToken">Cancels between two tables.</param>
    public async Task<RewriteTurn> RunAsync(long maxBytes, CancellationToken cancellationToken)
    {
        var turns = new List<Turn>();
        foreach (var (table, deletedBy) in await DueAsync(cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            turns.Add(await RewriteAsync(table, deletedBy, maxBytes, cancellationToken));
        }

        return new(turns.Count(t => t == Turn.Done), turns.Count(t => t == Turn.Blocked), turns.Count(t => t == Turn.TooLarge));
    }

    private enum Turn
    {
        Done,
        Blocked,
        TooLarge,
    }

    private static string Upsert(string from) => $"""
        INSERT INTO table_rewrites AS r (table_name, deleted_by) SELECT f.name, pg_current_xact_id()::text::bigint FROM {from} ORDER BY 1
        ON CONFLICT (table_name) DO UPDATE SET deleted_by = GREATEST(r.deleted_by, EXCLUDED.deleted_by), requested_at = now()
        """;

    private async Task<List<(string Table, long DeletedBy)>> DueAsync(CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT table_name, deleted_by FROM table_rewrites ORDER BY table_name");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var due = new List<(string Table, long DeletedBy)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add((reader.GetString(0), reader.GetInt64(1)));
        }

        return due;
    }

    private async Task<Turn> RewriteAsync(string table, long deletedBy, long maxBytes, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using (var look = new NpgsqlCommand("""
            SELECT to_regclass($1) IS NOT NULL, COALESCE(pg_total_relation_size(to_regclass($1)), 0) <= $2,
              NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND COALESCE(age(backend_xmin) >= age($3::text::xid), false))
            """, connection)
        {
            Parameters = { new() { Value = table }, new() { Value = maxBytes }, new() { Value = (deletedBy % (1L << 32)).ToString(CultureInfo.InvariantCulture) } },
        })
        await using (var row = await look.ExecuteReaderAsync(cancellationToken))
        {
            await row.ReadAsync(cancellationToken);
            var (isThere, isSmall, isOld) = (row.GetBoolean(0), row.GetBoolean(1), row.GetBoolean(2));
            if (isThere && !(isSmall && isOld))
            {
                return isSmall ? Turn.Blocked : Turn.TooLarge;
            }

            table = isThere ? table : "";
        }

        if (table.Length > 0)
        {
            try
            {
                await RunAsync(connection, LockTimeout, cancellationToken);
                await RunAsync(connection, "SET statement_timeout = 0", cancellationToken);
                await RunAsync(connection, $"VACUUM (FULL) {table}", cancellationToken);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.UndefinedTable)
            {
                return Turn.Blocked;
            }
            finally
            {
                await RunAsync(connection, "RESET statement_timeout", CancellationToken.None);
                await RunAsync(connection, "RESET lock_timeout", CancellationToken.None);
            }
        }

        // Asked for again meanwhile: again.
        await using var done = new NpgsqlCommand("DELETE FROM table_rewrites WHERE deleted_by = $1 AND (table_name = $2 OR ($2 = '' AND to_regclass(table_name) IS NULL))", connection)
        {
            Parameters = { new() { Value = deletedBy }, new() { Value = table } },
        };
        await done.ExecuteNonQueryAsync(cancellationToken);
        return Turn.Done;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
