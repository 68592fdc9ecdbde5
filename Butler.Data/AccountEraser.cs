using Npgsql;

namespace Butler.Data;

/// <summary>
/// Erases everything of one account: every row of every table that names it, found in the catalogue, so that a table added later
/// is not forgotten. Slots and ledger go first: whoever still works on the account's mail moves those rows first and finds none, so
/// it writes nothing afterwards (MECHANICS 2). In short transactions, partition by partition. What stays is the audit of it.
/// </summary>
public sealed class AccountEraser(Database database)
{
    private const int BatchRows = 2000;
    private static readonly string[] s_first = ["slots", "outbox", "ledger_open", "ledger"];
    private static readonly string[] s_kept = ["audit_events", "provider_users"];

    /// <summary>Erases; answers how many rows went.</summary>
    public async Task<long> EraseAsync(Guid providerUserId, CancellationToken cancellationToken)
    {
        var total = 0L;
        foreach (var table in await TablesAsync(cancellationToken))
        {
            while (true)
            {
                var rows = await database.TransactAsync(async connection =>
                {
                    await using var command = new NpgsqlCommand(
                        $"DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE provider_user_id = $1 LIMIT {BatchRows} FOR UPDATE))", connection)
                    { Parameters = { new() { Value = providerUserId } } };
                    return await command.ExecuteNonQueryAsync(cancellationToken);
                }, cancellationToken);
                total += rows;
                if (rows < BatchRows)
                {
                    break;
                }
            }
        }

        return total;
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
