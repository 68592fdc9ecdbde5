using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace Aspire.Hosting.Run;

/// <summary>A PostgreSQL server of its own: private folder and port, loopback only, never as root.</summary>
internal sealed class PostgresRunner(PostgresServerResource server, RunServices run) : ResourceRunner(server, run)
{
    private readonly string? _account = Accounts.ForServers();
    private readonly string _folder = run.Data[server.Name];
    private bool _databasesMade;

    // Fast shutdown: roll back and disconnect. SIGTERM would wait for the clients.
    protected override int StopSignal => Signals.Interrupt;

    protected override TimeSpan StopPatience => TimeSpan.FromSeconds(20);

    protected override async Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken)
    {
        var data = Path.Combine(_folder, "data");
        var made = Path.Combine(data, "PG_VERSION");
        var version = File.Exists(made) ? (await File.ReadAllTextAsync(made, cancellationToken)).Trim() : null;
        var bin = ServerBinaries.FindPostgres(version);
        var postgres = Path.Combine(bin, "postgres");
        if (version is null)
        {
            await InitializeAsync(bin, data, cancellationToken);
        }
        else
        {
            Accounts.MakePrivateFolder(_folder, _account);
        }

        List<string> command = [postgres, "-D", data];
        foreach (var setting in Settings(await HasLz4Async(postgres, data, cancellationToken)))
        {
            command.AddRange(["-c", setting]);
        }

        return ChildProcess.Start(command, _account, [], _folder, line => Run.Console.Print(Resource.Name, line), Run.Children);
    }

    protected override async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(await ConnectionStringAsync(server, "postgres", cancellationToken));
            await connection.OpenAsync(cancellationToken);
            foreach (var name in _databasesMade ? [] : server.Databases.Values.Distinct())
            {
                await CreateDatabaseAsync(connection, name, cancellationToken);
            }

            _databasesMade = true;
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidPassword)
        {
            throw new DistributedApplicationException(
                $"PostgreSQL refuses the password kept in {Run.Data["settings.json"]}. Restore that file, or move {_folder} away.");
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>A connection string for one check: no pool, short waits.</summary>
    internal static async Task<string> ConnectionStringAsync(IResourceWithConnectionString resource, string? database, CancellationToken cancellationToken)
    {
        var builder = new NpgsqlConnectionStringBuilder(await resource.GetConnectionStringAsync(cancellationToken)) { Pooling = false, Timeout = 3, CommandTimeout = 10 };
        builder.Database = database ?? builder.Database;
        return builder.ConnectionString;
    }

    private static async Task CreateDatabaseAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        try
        {
            await using var create = new NpgsqlCommand($"CREATE DATABASE \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
        }
    }

    private async Task InitializeAsync(string bin, string data, CancellationToken cancellationToken)
    {
        // A folder without PG_VERSION is what a cut off initdb left; initdb wants it empty.
        if (Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
        }

        Accounts.MakePrivateFolder(_folder, _account);
        var password = Path.Combine(_folder, "password");
        Run.Data.WriteSecret(Path.Combine(Resource.Name, "password"), await server.PasswordParameter.GetValueAsync(cancellationToken) ?? "");
        Accounts.MakePrivateFolder(_folder, _account);
        try
        {
            var locale = Directory.Exists("/usr/lib/locale/C.utf8") ? "C.UTF-8" : "C";
            var user = await server.UserName.GetValueAsync(cancellationToken);
            var output = new List<string>();
            using var initdb = ChildProcess.Start(
                [
                    Path.Combine(bin, "initdb"), "-D", data, "--username", user!, "--pwfile", password, "--encoding=UTF8",
                    $"--locale={locale}", "--auth-host=scram-sha-256", "--auth-local=scram-sha-256",
                ],
                _account, [], _folder, output.Add, Run.Children);
            if (await initdb.Ended.WaitAsync(cancellationToken) != 0)
            {
                throw new DistributedApplicationException($"initdb failed: {string.Join(' ', output.TakeLast(5))}");
            }
        }
        finally
        {
            File.Delete(password);
        }
    }

    private IEnumerable<string> Settings(bool lz4)
    {
        yield return "listen_addresses=127.0.0.1";
        yield return $"port={server.PrimaryEndpoint.Port}";
        yield return "unix_socket_directories=";
        yield return "max_connections=200";
        yield return "shared_buffers=128MB";
        yield return "max_wal_size=2GB";
        yield return "fsync=on";
        yield return "jit=off";

        // Nothing of a mail reaches the log: a failed COPY would print its row (MECHANICS 15).
        yield return "log_error_verbosity=terse";
        yield return "log_min_error_statement=panic";
        yield return "log_parameter_max_length=0";
        yield return "log_parameter_max_length_on_error=0";
        yield return "log_checkpoints=off";

        // A bare machine may lack the time zone files; GMT is built in.
        var zone = File.Exists("/usr/share/zoneinfo/UTC") ? "UTC" : "GMT";
        yield return $"timezone={zone}";
        yield return $"log_timezone={zone}";
        if (lz4)
        {
            yield return "default_toast_compression=lz4";
        }
    }

    private async Task<bool> HasLz4Async(string postgres, string data, CancellationToken cancellationToken)
    {
        using var probe = ChildProcess.Start(
            [postgres, "-C", "default_toast_compression", "-D", data, "-c", "default_toast_compression=lz4"],
            _account, [], _folder, _ => { }, Run.Children);
        return await probe.Ended.WaitAsync(cancellationToken) == 0;
    }
}
