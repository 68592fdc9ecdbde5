using Butler.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Butler.Testing;

/// <summary>
/// One PostgreSQL server per test process, started at first use, with a migrated template database:
/// <see cref="CreateDatabaseAsync"/> copies it in about 50 ms.
/// </summary>
public static class PostgresFixture
{
    private static readonly Lazy<Task<PostgresServer>> s_server = new(StartAsync);
    private static readonly SemaphoreSlim s_create = new(1);
    private static int s_count;

    /// <summary>The server's log, for tests that look for deadlocks or mail content in it; empty before the first use.</summary>
    public static string LogFile => s_server is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true } server } ? server.Result.LogFile : "";

    /// <summary>The master key of the template's key ring; services under test are given it as <c>Butler:MasterKey</c>.</summary>
    public static string MasterKey { get; } = Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    /// <summary>Creates a database with the current schema and returns its connection string.</summary>
    public static async Task<string> CreateDatabaseAsync()
    {
        var server = await s_server.Value;
        await s_create.WaitAsync();
        try
        {
            var name = $"t{Interlocked.Increment(ref s_count)}";
            await server.ExecuteAsync($"CREATE DATABASE {name} TEMPLATE butler_template");
            return server.ConnectionString(name);
        }
        finally
        {
            s_create.Release();
        }
    }

    /// <summary>Removes a database of <see cref="CreateDatabaseAsync"/>, whoever is still connected to it; runs with hundreds of them need the room.</summary>
    public static async Task DropDatabaseAsync(string connectionString)
    {
        var server = await s_server.Value;
        await server.ExecuteAsync($"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)");
    }

    /// <summary>Creates an empty database, without a schema, and returns its connection string.</summary>
    public static async Task<string> CreateEmptyDatabaseAsync()
    {
        var server = await s_server.Value;
        var name = $"e{Interlocked.Increment(ref s_count)}";
        await server.ExecuteAsync($"CREATE DATABASE {name} TEMPLATE template0");
        return server.ConnectionString(name);
    }

    /// <summary>Brings an empty database to where the template is: schema and key ring.</summary>
    public static async Task PrepareAsync(string connectionString)
    {
        await MigrateAsync(connectionString);
        await MakeKeyRingAsync(connectionString);
    }

    /// <summary>Makes the partitions of a week that is over, as the schedule made them when it was to come; a moment of it is <c>butler_past()</c>.</summary>
    public const string PastWeek = """
        DO $$
        DECLARE t regclass; first timestamptz := date_trunc('week', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '14 days'; part text;
        BEGIN
          FOR t IN SELECT butler_content_tables() LOOP
            part := t::text || '_' || to_char(first AT TIME ZONE 'UTC', 'YYYYMMDD');
            EXECUTE format('CREATE TABLE %I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', part, t, first, first + interval '7 days');
            EXECUTE format('ALTER TABLE %I OWNER TO butler_owner', part);
            PERFORM butler_no_statistics(part::regclass);
          END LOOP;
        END $$;
        CREATE FUNCTION butler_past() RETURNS timestamptz LANGUAGE sql AS $$ SELECT date_trunc('week', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '10 days' $$
        """;

    /// <summary>
    /// Which of the texts stand in any file of a database, as bytes: tables, TOAST, indexes, statistics and the server's shared catalogue.
    /// The write-ahead log is left out. The caller makes a checkpoint first.
    /// </summary>
    public static IReadOnlySet<string> FindInFiles(string databaseOid, IReadOnlyCollection<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var data = Path.Combine(Path.GetDirectoryName(LogFile)!, "data");
        var found = new HashSet<string>(StringComparer.Ordinal);
        var wanted = System.Buffers.SearchValues.Create([.. texts], StringComparison.Ordinal);
        foreach (var file in new[] { Path.Combine(data, "base", databaseOid), Path.Combine(data, "global"), Path.Combine(data, "pg_stat") }
            .Where(Directory.Exists).SelectMany(d => Directory.EnumerateFiles(d, "*", SearchOption.AllDirectories)))
        {
            byte[] bytes;
            try
            {
                bytes = File.ReadAllBytes(file);
            }
            catch (IOException)
            {
                continue; // Dropped since it was listed.
            }

            // Latin-1: a character per byte, so that all texts (ASCII) are looked for in one pass.
            var rest = System.Text.Encoding.Latin1.GetString(bytes).AsSpan();
            for (var at = rest.IndexOfAny(wanted); at >= 0; at = rest.IndexOfAny(wanted))
            {
                rest = rest[at..];
                foreach (var text in texts)
                {
                    if (rest.StartsWith(text, StringComparison.Ordinal))
                    {
                        found.Add(text);
                    }
                }

                rest = rest[1..];
            }
        }

        return found;
    }

    // A copy of the template has its ring, so that services under test start as beside a running Ingest.
    private static async Task MakeKeyRingAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        using var master = new MasterKeyCipher(Convert.FromBase64String(MasterKey));
        using var ring = new KeyRing(source, master);
        await ring.CreateAsync(CancellationToken.None);
    }

    /// <summary>Brings a database to the current schema.</summary>
    public static async Task MigrateAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        await new Schema(source, TimeProvider.System, NullLogger<Schema>.Instance).MigrateAsync(CancellationToken.None);
    }

    private static async Task<PostgresServer> StartAsync()
    {
        var server = await PostgresServer.StartNewAsync();
        await server.ExecuteAsync("CREATE DATABASE butler_template");
        await PrepareAsync(server.ConnectionString("butler_template"));
        return server;
    }
}
