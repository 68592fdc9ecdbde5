using System.Diagnostics;
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
    private static readonly Lazy<Task<int>> s_port = new(StartAsync);
    private static readonly SemaphoreSlim s_create = new(1);
    private static int s_count;

    /// <summary>The master key of the template's key ring; services under test are given it as <c>Butler:MasterKey</c>.</summary>
    public static string MasterKey { get; } = Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    /// <summary>The server's log, for tests that look for deadlocks or mail content in it.</summary>
    public static string LogFile { get; private set; } = "";

    /// <summary>Creates a database with the current schema and returns its connection string.</summary>
    public static async Task<string> CreateDatabaseAsync()
    {
        var port = await s_port.Value;
        await s_create.WaitAsync();
        try
        {
            var name = $"t{Interlocked.Increment(ref s_count)}";
            await ExecuteAsync(port, $"CREATE DATABASE {name} TEMPLATE butler_template");
            return ConnectionString(port, name);
        }
        finally
        {
            s_create.Release();
        }
    }

    /// <summary>Creates an empty database, without a schema, and returns its connection string.</summary>
    public static async Task<string> CreateEmptyDatabaseAsync()
    {
        var port = await s_port.Value;
        var name = $"e{Interlocked.Increment(ref s_count)}";
        await ExecuteAsync(port, $"CREATE DATABASE {name} TEMPLATE template0");
        return ConnectionString(port, name);
    }

    private static string ConnectionString(int port, string database) =>
        $"Host=127.0.0.1;Port={port};Username=postgres;Database={database};Maximum Pool Size=20;Timeout=15;Command Timeout=30";

    private static async Task ExecuteAsync(int port, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(port, "postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<int> StartAsync()
    {
        string[] folders = Directory.Exists("/usr/lib/postgresql")
            ? [.. Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => Path.Combine(d, "bin"))]
            : [];
        var initdb = Servers.Find("BUTLER_PG_BIN", "initdb", folders);
        var postgres = Servers.Find("BUTLER_PG_BIN", "postgres", folders);
        var scratch = Servers.Scratch("pg");
        var data = Path.Combine(scratch, "data");
        LogFile = Path.Combine(scratch, "log");
        var port = Servers.FreePort();
        var account = Account();
        if (account is not null)
        {
            Servers.Run("chown", account, scratch);
        }

        string[] As(params string[] command) => account is null ? command : ["runuser", "-u", account, "--", .. command];
        var init = As(initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N");
        Servers.Run(init[0], init[1..]);
        var start = As(
            postgres, "-D", data, "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
            "-c", "max_connections=300", "-c", "shared_buffers=128MB", "-c", "log_error_verbosity=terse", "-c", "log_min_error_statement=panic",
            "-c", "logging_collector=on", "-c", $"log_directory={scratch}", "-c", "log_filename=log", "-c", "log_file_mode=0644");
        Servers.Start(start[0], start[1..]);
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await ExecuteAsync(port, "SELECT 1");
                break;
            }
            catch (NpgsqlException) when (deadline.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(50);
            }
        }

        await ExecuteAsync(port, "CREATE DATABASE butler_template");
        await MigrateAsync(ConnectionString(port, "butler_template"));
        await MakeKeyRingAsync(ConnectionString(port, "butler_template"));
        return port;
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

    // PostgreSQL does not run as root: the package's account, else nobody.
    private static string? Account()
    {
        if (!string.Equals(Environment.UserName, "root", StringComparison.Ordinal))
        {
            return null;
        }

        return File.ReadLines("/etc/passwd").Any(l => l.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";
    }
}
