using System.Diagnostics;
using Npgsql;

namespace Butler.Testing;

/// <summary>A PostgreSQL server of the test process on a free loopback port; tests that stop one have their own.</summary>
public sealed class PostgresServer
{
    // Between "this port is free" and the server's bind somebody else may take it.
    private const int PortTries = 5;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly string[] _command;
    private readonly string? _account;
    private Process _process = null!;

    private PostgresServer(string[] command, string? account, string logFile) => (_command, _account, LogFile) = (command, account, logFile);

    /// <summary>The loopback port; it stays the same over a restart.</summary>
    public int Port { get; private set; }

    /// <summary>The server's log, for tests that look for deadlocks or mail content in it.</summary>
    public string LogFile { get; }

    /// <summary>Makes a data directory and starts a server on it.</summary>
    public static async Task<PostgresServer> StartNewAsync()
    {
        string[] folders = Directory.Exists("/usr/lib/postgresql")
            ? [.. Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => Path.Combine(d, "bin"))]
            : [];
        var initdb = Servers.Find("BUTLER_PG_BIN", "initdb", folders);
        var postgres = Servers.Find("BUTLER_PG_BIN", "postgres", folders);
        var scratch = Servers.Scratch("pg");
        var data = Path.Combine(scratch, "data");
        var account = Account();
        if (account is not null)
        {
            Servers.Run("chown", account, scratch);
        }

        string[] init = [initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"];
        init = account is null ? init : ["runuser", "-u", account, "--", .. init];
        Servers.Run(init[0], init[1..]);
        var server = new PostgresServer(
            [
                postgres, "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
                "-c", "max_connections=300", "-c", "shared_buffers=128MB", "-c", "log_error_verbosity=terse", "-c", "log_min_error_statement=panic",
                "-c", "logging_collector=on", "-c", $"log_directory={scratch}", "-c", "log_filename=log", "-c", "log_file_mode=0644", "-c", "log_rotation_size=0",
            ],
            account, Path.Combine(scratch, "log"));
        for (var tries = 1; ; tries++)
        {
            server.Port = Servers.FreePort();
            try
            {
                await server.StartAsync();
                return server;
            }
            catch (InvalidOperationException) when (tries < PortTries)
            {
                // The next port.
            }
        }
    }

    /// <summary>Starts it (again) and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public async Task StartAsync()
    {
        _process = Servers.Start(_command[0], [.. _command[1..], "-p", $"{Port}"], _account);
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await ExecuteAsync("SELECT 1");
                return;
            }
            catch (NpgsqlException) when (!_process.HasExited && deadline.Elapsed < s_patience)
            {
                await Task.Delay(50);
            }
            catch (NpgsqlException e) when (_process.HasExited)
            {
                throw new InvalidOperationException($"PostgreSQL ended with {_process.ExitCode}; its log is {LogFile}.", e);
            }
        }
    }

    /// <summary>Stops it at once, as a crash does; what was committed is there at the next start.</summary>
    public async Task StopAsync()
    {
        // SIGQUIT is the immediate shutdown: no checkpoint, recovery at the next start.
        Servers.Run("/bin/kill", "-QUIT", $"{_process.Id}");
        await _process.WaitForExitAsync();
    }

    /// <summary>The connection string of a database.</summary>
    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database};Maximum Pool Size=20;Timeout=15;Command Timeout=30";

    /// <summary>Runs a statement in the database <c>postgres</c>.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
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
