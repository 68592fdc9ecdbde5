using Butler.Data.Retention;
using Npgsql;

namespace Butler.Data;

/// <summary>
/// Erases everything of one account: every row of every table that names it, found in the catalogue, so that a table added later
/// is not forgotten. Slots and ledger go first: whoever still works on the account's mail moves those rows first and finds none, so
/// it writes nothing afterwards (MECHANICS 2). In short transactions, partition by partition. What stays is the audit of it. The tables
/// that held text are asked to be rewritten, because deleted rows stay readable in their files until then (docs/retention.md).
/// </summary>
public sealed class AccountEraser(Database database)
{
    private const int BatchRows = 2000;
    private static readonly string[] s_first = ["slots", "outbox", "ledger_open", "ledger"];
    private static readonly string[] s_kept = ["audit_events", "provider_users"];

    // Beside the partitions of content; the others hold ids, counts and states.
    private static readonly string[] s_text = ["mail_state", "label_changes", "user_events", "failed_tasks", "transactions"];

    /// <summary>Erases; answers how many rows went.</summary>
    public async Task<long> EraseAsync(Guid providerUserId, CancellationToken cancellationToken)
    {
        var total = 0L;
        var content = await PartitionsAsync(cancellationToken);
        foreach (var table in await TablesAsync(cancellationToken))
        {
            while (true)
            {
                var rows = await EraseAsync(table, providerUserId, content.Contains(table) || s_text.Contains(table), cancellationToken);
                total += rows;
                if (rows < BatchRows)
                {
                    break;
                }
            }
        }

        return total + await EraseOwnTagsAsync(providerUserId, cancellationToken);
    }

    /// <summary>The tags that the account's owner made are for all their accounts: they go with the last.</summary>
    private Task<int> EraseOwnTagsAsync(Guid providerUserId, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            await using var command = new NpgsqlCommand("""
                DELETE FROM own_tags t USING provider_users p
                WHERE p.id = $1 AND t.app_user_id = p.app_user_id AND NOT EXISTS (SELECT FROM provider_users o WHERE o.app_user_id = p.app_user_id AND o.id <> p.id)
                """, connection)
            { Parameters = { new() { Value = providerUserId } } };
            var rows = await command.ExecuteNonQueryAsync(cancellationToken);
            if (rows > 0)
            {
                await TableRewrites.RequestAsync(connection, ["own_tags"], cancellationToken);
            }

            return rows;
        }, cancellationToken);

    private async Task<int> EraseAsync(string table, Guid providerUserId, bool holdsText, CancellationToken cancellationToken)
    {
        try
        {
            return await database.TransactAsync(async connection =>
            {
                // The ledger's rows are locked in id order everywhere (MECHANICS 1).
                var order = table == "ledger" ? "ORDER BY id" : "";
                await using var command = new NpgsqlCommand(
                    $"DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE provider_user_id = $1 {order} LIMIT {BatchRows} FOR UPDATE))", connection)
                { Parameters = { new() { Value = providerUserId } } };
                var rows = await command.ExecuteNonQueryAsync(cancellationToken);
                if (rows > 0 && holdsText)
                {
                    await TableRewrites.RequestAsync(connection, [table], cancellationToken);
                }

                return rows;
            }, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return 0; // A partition whose week was over meanwhile.
        }
    }

    private async Task<HashSet<string>> PartitionsAsync(CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT quote_ident(c.relname) FROM butler_content_tables() t JOIN pg_inherits i ON i.inhparent = t JOIN pg_class c ON c.oid = i.inhrelid");
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var tables = new HashSet<string>(StringComparer.Ordinal);
        while (await row.ReadAsync(cancellationToken))
        {
            tables.Add(row.GetString(0));
        }

        return tables;
    }

    /// <summary>The tables and partitions that hold rows of accounts, in the order of erasure, quoted.</summary>
    internal async Task<List<string>> TablesAsync(CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attname = 'provider_user_id' AND NOT a.attisdropped AND c.relname <> ALL ($2)
            ORDER BY coalesce(array_position($1, c.relname::text), 100), c.relname
            """);
        command.Parameters.Add(new() { Value = s_first });
        command.Parameters.Add(new() { Value = s_kept });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var tables = new List<string>();
        while (await row.ReadAsync(cancellationToken))
        {
            tables.Add(row.GetString(0));
        }

        return tables;
    }
}
