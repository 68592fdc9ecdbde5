namespace Butler.Data.Retention;

/// <summary>
/// Detaches and drops the partitions of weeks that are over, and with them the last bytes of what expired in them. Each step is safe to
/// do again: a detaching that was cut off is finished, a partition that was detached and not dropped is dropped.
/// </summary>
public sealed class PassedPartitions(Database database)
{
    /// <summary>Drops what is over. Weeks in which a mail has not been closed as expired yet are left for the next time. Returns how many tables went.</summary>
    public async Task<int> DropAsync(CancellationToken cancellationToken)
    {
        var dropped = 0;
        foreach (var (table, parent, isPending) in await OverAsync(cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (parent is not null)
            {
                // Without the parent's lock, so that nobody waits; not possible inside a transaction.
                await RunAsync($"ALTER TABLE {parent} DETACH PARTITION {table} {(isPending ? "FINALIZE" : "CONCURRENTLY")}", cancellationToken);
            }

            await RunAsync($"DROP TABLE IF EXISTS {table}", cancellationToken);
            dropped++;
        }

        return dropped;
    }

    private async Task<List<(string Table, string? Parent, bool IsPending)>> OverAsync(CancellationToken cancellationToken)
    {
        // Named by their week's Monday. The contents of a week go when the ledger has closed every mail that expired in it.
        var found = new List<(string Table, string? Parent, bool IsPending, string Week)>();
        await using (var command = database.DataSource.CreateCommand("""
            SELECT c.oid::regclass::text, i.inhparent::regclass::text, COALESCE(i.inhdetachpending, false), right(c.relname, 8)
            FROM butler_content_tables() t JOIN pg_class p ON p.oid = t
            JOIN pg_class c ON c.relnamespace = p.relnamespace AND c.relkind = 'r'
            LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
            WHERE CASE WHEN c.relname ~ ('^' || p.relname || '_[0-9]{8}$') THEN (to_date(right(c.relname, 8), 'YYYYMMDD') + 7)::timestamp AT TIME ZONE 'UTC' <= now() ELSE false END
            ORDER BY right(c.relname, 8), c.relname
            """))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                found.Add((reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetBoolean(2), reader.GetString(3)));
            }
        }

        var over = new List<(string, string?, bool)>();
        foreach (var week in found.GroupBy(f => f.Week))
        {
            var mails = $"emails_{week.Key}";
            if (!week.Any(f => f.Table == mails) || await IsEmptyAsync(mails, cancellationToken))
            {
                over.AddRange(week.Select(f => (f.Table, f.Parent, f.IsPending)));
            }
        }

        return over;
    }

    private async Task<bool> IsEmptyAsync(string table, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand($"SELECT NOT EXISTS (SELECT FROM {table})");
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task RunAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
