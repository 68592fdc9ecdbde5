using System.Net.Sockets;
using Npgsql;

namespace Butler.Cli.Bench;

/// <summary>A PostgreSQL and a Redis of the bench's own, with the settings of <c>./butler up</c> (fsync on).</summary>
internal sealed class ScratchServers(string folder, List<Child> children, TimeProvider time)
{
    private static readonly TimeSpan s_startTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    public bool HasStatements { get; private set; }

    public async Task<string> StartPostgresAsync(CancellationToken cancellationToken)
    {
        var bin = Binaries.Postgres();
        var home = Path.Combine(folder, "postgres");
        var data = Path.Combine(home, "data");
        Directory.CreateDirectory(home);
        var account = Binaries.Account();
        string[] As(params string[] command) => account is null ? command : ["runuser", "-u", account, "--", .. command];
        if (account is not null)
        {
            await RunAsync("chown", ["chown", account, home], cancellationToken);
        }

        await RunAsync("initdb", As(Path.Combine(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"), cancellationToken);
        var port = Binaries.FreePort();
        HasStatements = Directory.Exists(Path.Combine(bin, "..", "lib")) && File.Exists(Path.Combine(bin, "..", "lib", "pg_stat_statements.so"));
        List<string> command = [Path.Combine(bin, "postgres"), "-D", data];
        foreach (var setting in Settings(port))
        {
            command.AddRange(["-c", setting]);
        }

        int? Postmaster() => File.Exists(Path.Combine(data, "postmaster.pid")) && int.TryParse(File.ReadLines(Path.Combine(data, "postmaster.pid")).FirstOrDefault(), out var pid) ? pid : null;
        var child = Child.Start("postgres", Path.Combine(folder, "postgres.log"), As([.. command]), [], interrupt: true, signalPid: Postmaster);
        children.Add(child);
        var server = $"Host=127.0.0.1;Port={port};Username=postgres";
        await UntilAsync(child, async () =>
        {
            try
            {
                await ExecuteAsync($"{server};Database=postgres;Pooling=false", "CREATE DATABASE butler", cancellationToken);
                return true;
            }
            catch (NpgsqlException e) when (e is not PostgresException || e.SqlState == PostgresErrorCodes.CannotConnectNow)
            {
                return false;
            }
        }, cancellationToken);
        var connection = $"{server};Database=butler";
        if (HasStatements)
        {
            await ExecuteAsync($"{connection};Pooling=false", "CREATE EXTENSION pg_stat_statements", cancellationToken);
        }

        return connection;
    }

    public async Task<string> StartRedisAsync(CancellationToken cancellationToken)
    {
        var bin = Binaries.Redis();
        var port = Binaries.FreePort();
        var home = Path.Combine(folder, "redis");
        Directory.CreateDirectory(home);
        var child = Child.Start(
            "redis", Path.Combine(folder, "redis.log"),
            [Path.Combine(bin, "redis-server"), "--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", home], []);
        children.Add(child);
        await UntilAsync(child, async () =>
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port, cancellationToken);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }, cancellationToken);
        return $"127.0.0.1:{port}";
    }

    /// <summary>Waits until a started process answers; says what its log says when it ends instead.</summary>
    public async Task UntilAsync(Child child, Func<Task<bool>> answers, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            // Looked at before the question: what ends in between may still have an answer.
            var ended = child.HasExited;
            if (await answers())
            {
                return;
            }

            if (ended)
            {
                throw new CliException($"{child.Name} ended with {child.ExitCode} while starting:\n{child.LastLines(8)}");
            }

            if (time.GetElapsedTime(started) > s_startTime)
            {
                throw new CliException($"{child.Name} did not answer within {s_startTime.TotalSeconds:0} s:\n{child.LastLines(8)}");
            }

            await Task.Delay(s_look, time, cancellationToken);
        }
    }

    private IEnumerable<string> Settings(int port)
    {
        string[] settings =
        [
            "listen_addresses=127.0.0.1", $"port={port}", "unix_socket_directories=", "max_connections=200", "shared_buffers=128MB", "max_wal_size=2GB", "fsync=on", "jit=off",
            "log_error_verbosity=terse", "log_min_error_statement=panic", "log_checkpoints=off", "track_commit_timestamp=on",
        ];
        return HasStatements ? [.. settings, "shared_preload_libraries=pg_stat_statements"] : settings;
    }

    private async Task RunAsync(string name, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var child = Child.Start(name, Path.Combine(folder, $"{name}.log"), command, []);
        while (!child.HasExited)
        {
            await Task.Delay(s_look, time, cancellationToken);
        }

        if (child.ExitCode != 0)
        {
            throw new CliException($"{name} ended with {child.ExitCode}:\n{child.LastLines(8)}");
        }
    }

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
