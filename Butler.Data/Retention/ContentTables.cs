using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Retention;

/// <summary>A table that is partitioned by expiry.</summary>
/// <param name="Name">Quoted where it must be.</param>
/// <param name="Key">The column with the mail's ledger id.</param>
public sealed record ContentTable(string Name, string Key);

/// <summary>
/// The tables that hold mail content, found in the catalogue, so that one added later is not forgotten, and the statements over all of
/// them. Runs inside the caller's transaction, which holds the ledger rows' locks.
/// </summary>
public static class ContentTables
{
    /// <summary>Also keyed by mail, and without text of it: what goes with the content.</summary>
    private static readonly ContentTable[] s_beside = [new("mail_state", "id"), new("label_changes", "ledger_id"), new("open_judgings", "mail_id")];

    /// <summary>All of them.</summary>
    public static async Task<List<ContentTable>> ListAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT t::text, (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = t AND a.attname IN ('mail_id', 'id') ORDER BY a.attname DESC LIMIT 1) FROM butler_content_tables() t
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var tables = new List<ContentTable>();
        while (await reader.ReadAsync(cancellationToken))
        {
            tables.Add(new(reader.GetString(0), reader.GetString(1)));
        }

        return tables;
    }

    /// <summary>Makes the partitions for these moments where they are missing. Returns how many were made.</summary>
    public static async Task<int> MakePartitionsAsync(NpgsqlConnection connection, IEnumerable<DateTimeOffset> moments, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT COALESCE(sum(butler_expiry_partitions(w)), 0)::int FROM (SELECT DISTINCT date_trunc('week', m AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS w FROM unnest($1::timestamptz[]) AS m ORDER BY 1) AS weeks
            """, connection) { Parameters = { new() { Value = moments.Select(m => m.UtcDateTime).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz } } };
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Whether a write failed because the partition for its expiry is not there: then make it, and write again.</summary>
    public static bool IsMissing(PostgresException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        // "no partition of relation … found for row" is a check violation without a constraint.
        return error is { SqlState: PostgresErrorCodes.CheckViolation, ConstraintName: null };
    }

    /// <summary>Deletes everything of these mails from the content tables and what stands beside them. Returns the mails' rows deleted.</summary>
    internal static async Task<long> DeleteAsync(NpgsqlConnection connection, IReadOnlyList<ContentTable> tables, Guid[] mails, CancellationToken cancellationToken)
    {
        var rows = 0L;
        foreach (var table in tables.Concat(s_beside))
        {
            await using var command = new NpgsqlCommand($"DELETE FROM {table.Name} WHERE {table.Key} = ANY ($1)", connection) { Parameters = { new() { Value = mails } } };
            rows += await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return rows;
    }

    /// <summary>Moves the content of mails into the partitions of another expiry.</summary>
    internal static async Task MoveAsync(NpgsqlConnection connection, IReadOnlyList<ContentTable> tables, IReadOnlyList<Rescheduled> mails, CancellationToken cancellationToken)
    {
        foreach (var table in tables)
        {
            await using var command = new NpgsqlCommand($"""
                UPDATE {table.Name} c SET expires_at = m.expires_at FROM unnest($1::uuid[], $2::timestamptz[]) AS m(id, expires_at) WHERE c.{table.Key} = m.id AND c.expires_at <> m.expires_at
                """, connection)
            {
                Parameters =
                {
                    new() { Value = mails.Select(m => m.Id).ToArray() },
                    new() { Value = mails.Select(m => m.ExpiresAt?.UtcDateTime ?? DateTime.MaxValue).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
