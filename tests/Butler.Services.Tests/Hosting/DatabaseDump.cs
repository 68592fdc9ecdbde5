using Npgsql;

namespace Butler.Services.Tests.Hosting;

/// <summary>A database as text, as <c>pg_dump</c> writes it.</summary>
internal static class DatabaseDump
{
    private const string Tables = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY 1";

    /// <summary>Every table with its rows.</summary>
    public static async Task<List<(string Table, string Rows)>> ReadAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        var tables = new List<string>();
        await using (var list = new NpgsqlCommand(Tables, connection))
        await using (var row = await list.ExecuteReaderAsync())
        {
            while (await row.ReadAsync())
            {
                tables.Add(row.GetString(0));
            }
        }

        var dump = new List<(string, string)>(tables.Count);
        foreach (var table in tables)
        {
            using var rows = await connection.BeginTextExportAsync($"COPY \"{table}\" TO STDOUT");
            dump.Add((table, await rows.ReadToEndAsync()));
        }

        return dump;
    }
}
