using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Butler.Testing;
using Npgsql;

namespace Butler.EndToEnd.Tests.Running;

/// <summary>What a run is started with.</summary>
internal sealed record RunOptions
{
    /// <summary>The mailbox; null: samples/.</summary>
    public string? Mailbox { get; init; }

    /// <summary>Files that are connected themselves, as <c>--mailbox</c> does; the sandbox is empty then.</summary>
    public string? Files { get; init; }

    /// <summary>Environment of the AppHost, which its services inherit.</summary>
    public Dictionary<string, string> Environment { get; init; } = [];
}

/// <summary>
/// The real AppHost as a process of its own, with its services, PostgreSQL and Redis, in a data directory of the test. What it
/// prints is kept; its services' logs are in <see cref="LogFile"/>.
/// </summary>
internal sealed class ButlerRun : IAsyncDisposable
{
    /// <summary>How long a condition may take on a machine that is busy with other things.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(50);
    private readonly RunOptions _options;
    private readonly ConcurrentQueue<string> _printed = [];
    private readonly ConcurrentBag<Process> _replicas = [];
    private Process? _appHost;
    private NpgsqlDataSource? _database;

    private ButlerRun(RunOptions options)
    {
        _options = options;
        Folder = Servers.Scratch("e2e");
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>The checkout.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Projects.Butler_AppHost.ProjectPath, "..", ".."));

    /// <summary>bin/CONFIGURATION/FRAMEWORK of these tests names the build that is run.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Parent!.Name;

    public string Folder { get; }

    public string LogFile => Path.Combine(Folder, "butler.log");

    public IReadOnlyDictionary<string, string> Variables { get; private set; } = new Dictionary<string, string>();

    public string Token => File.ReadAllText(Path.Combine(Folder, "api-token")).Trim();

    public string Printed => string.Join('\n', _printed);

    public Uri Ingest => new(Variables["services__ingest__http__0"]);

    public Uri Progress => new(Variables["services__progress__http__0"]);

    public Uri Grpc => new(Variables["services__progress__grpc__0"]);

    public Uri SandboxAddress => new(Variables["services__sandbox__http__0"]);

    public NpgsqlDataSource Database => _database ??= NpgsqlDataSource.Create(Variables["ConnectionStrings__butler"] + ";Include Error Detail=true");

    public int AppHostPid => _appHost!.Id;

    /// <summary>Starts Butler and waits until everything is healthy.</summary>
    public static async Task<ButlerRun> StartAsync(RunOptions? options = null)
    {
        var run = new ButlerRun(options ?? new());
        try
        {
            run.Launch();
            await run.WaitUntilReadyAsync();
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>The program of a project, as built beside these tests.</summary>
    public static string Program(string project)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name;
        return Path.Combine(Root, project, "bin", Configuration, framework, project + ".dll");
    }

    /// <summary>Starts the AppHost on the same data directory, after it was killed or stopped.</summary>
    public void Launch()
    {
        // Tests that were started in the background of a shell, or by nohup, inherit an ignored SIGINT or SIGHUP, and so would the AppHost.
        var start = new ProcessStartInfo("env",
            ["--default-signal=INT,HUP", "dotnet", Program("Butler.AppHost"), $"--AppHost:DataDirectory={Folder}", $"--AppHost:LogFile={LogFile}", _options.Files is { } files ? $"--Butler:Mailbox={files}" : $"--Butler:SandboxMailbox={_options.Mailbox ?? Path.Combine(Root, "samples")}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The tests ask more in a minute than a person does, all as one user.
        start.Environment["Butler__CommandsPerMinute"] = "10000";
        foreach (var (name, value) in _options.Environment)
        {
            start.Environment[name] = value;
        }

        _appHost = Process.Start(start)!;
        _appHost.OutputDataReceived += (_, line) => Keep(line.Data);
        _appHost.ErrorDataReceived += (_, line) => Keep(line.Data);
        _appHost.BeginOutputReadLine();
        _appHost.BeginErrorReadLine();
    }

    /// <summary>Waits until the AppHost has written down the addresses of a run in which everything is healthy.</summary>
    public async Task WaitUntilReadyAsync()
    {
        var file = Path.Combine(Folder, "run.env");
        await UntilAsync("Butler is ready", () =>
        {
            Assert.False(_appHost!.HasExited, $"The AppHost ended:\n{Printed}\n{Tail()}");
            return Task.FromResult(Owner() == AppHostPid && File.Exists(file));
        });
        Variables = (await File.ReadAllLinesAsync(file)).Select(l => l.Split('=', 2)).ToDictionary(p => p[0], p => p[1].Trim('\'').Replace("'\\''", "'", StringComparison.Ordinal));
    }

    /// <summary>A client of a service as the owner of a token; the first user's without one, nobody with an empty one.</summary>
    public HttpClient Client(Uri service, string? token = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = service };
        if (token is not "")
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", token ?? Token);
        }

        return client;
    }

    /// <summary>The pid of a service (ingest, postgres, …) now; null while it is down.</summary>
    public int? Pid(string resource)
    {
        var wanted = resource switch
        {
            "postgres" => "postgres",
            "redis" => "redis-server",
            _ => $"/Butler.{char.ToUpperInvariant(resource[0])}{resource[1..]}.dll",
        };
        return Children().Where(c => c.Path.EndsWith(wanted, StringComparison.Ordinal) && IsAlive(c.Pid)).Select(c => (int?)c.Pid).FirstOrDefault();
    }

    /// <summary>Ends a service with SIGKILL and waits until the AppHost has started another process for it.</summary>
    public async Task KillAsync(string resource)
    {
        var pid = await UntilAsync($"{resource} runs", () => Task.FromResult(Pid(resource)), p => p is not null);
        Assert.Equal(0, Kill(pid!.Value, 9));
        await UntilAsync($"{resource} is started again", () => Task.FromResult(Pid(resource) is { } now && now != pid));
    }

    /// <summary>
    /// One more process of a service beside the AppHost's, with the same environment on a port of its own: a second replica. It ends with the
    /// run; waits until it listens.
    /// </summary>
    public async Task<Process> StartReplicaAsync(string resource)
    {
        var pid = await UntilAsync($"{resource} runs", () => Task.FromResult(Pid(resource)), p => p is not null);
        var start = new ProcessStartInfo("dotnet", [Children().First(c => c.Pid == pid).Path])
        {
            WorkingDirectory = new FileInfo($"/proc/{pid}/cwd").ResolveLinkTarget(returnFinalTarget: true)!.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var variable in (await File.ReadAllTextAsync($"/proc/{pid}/environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)))
        {
            start.Environment[variable[0]] = variable[1];
        }

        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        var listens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var replica = Process.Start(start)!;
        _replicas.Add(replica);
        replica.OutputDataReceived += (_, line) =>
        {
            Keep(line.Data);
            if (line.Data?.Contains("Now listening on", StringComparison.Ordinal) == true)
            {
                listens.TrySetResult();
            }
        };
        replica.ErrorDataReceived += (_, line) => Keep(line.Data);
        replica.BeginOutputReadLine();
        replica.BeginErrorReadLine();
        await UntilAsync($"a second {resource} listens", () =>
        {
            Assert.False(replica.HasExited, $"The second {resource} ended:\n{Printed}");
            return Task.FromResult(listens.Task.IsCompleted);
        });
        return replica;
    }

    /// <summary>Ends a replica with SIGKILL.</summary>
    public async Task KillAsync(Process replica)
    {
        Assert.Equal(0, Kill(replica.Id, 9));
        using var limit = new CancellationTokenSource(Patience);
        await replica.WaitForExitAsync(limit.Token);
    }

    /// <summary>SIGKILL for the AppHost alone: its children go on without it.</summary>
    public async Task<IReadOnlyList<int>> KillAppHostAsync()
    {
        Kill(AppHostPid, 9);
        await _appHost!.WaitForExitAsync();
        return Pids();
    }

    /// <summary>All processes of the run but the AppHost.</summary>
    public IReadOnlyList<int> Pids() => [.. Children().Select(c => c.Pid).Where(IsAlive)];

    /// <summary>Stops the AppHost by a signal: 2 as Ctrl-C, 15 as a system's stop, 1 as a closed terminal.</summary>
    public async Task<int> StopAsync(int signal = 15)
    {
        Kill(AppHostPid, signal);
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await _appHost!.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The AppHost did not end after signal {signal}; alive are {string.Join(' ', Children().Where(c => IsAlive(c.Pid)).Select(c => c.ToString()))}.\n{Printed}\n{Tail()}");
        }

        return _appHost.ExitCode;
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<List<T>> ColumnAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<T>();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetFieldValue<T>(0));
        }

        return values;
    }

    /// <summary>Waits until a query answers true; a database that is down counts as false.</summary>
    public Task UntilAsync(string what, string sql, TimeSpan? patience = null) =>
        UntilAsync(what, async () =>
        {
            try
            {
                return await ScalarAsync<bool>(sql);
            }
            catch (NpgsqlException)
            {
                return false;
            }
        }, patience);

    /// <summary>Waits until a condition holds.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> condition, TimeSpan? patience = null) => await UntilAsync(what, condition, held => held, patience);

    /// <summary>Waits until a value is as it should be.</summary>
    public async Task<T> UntilAsync<T>(string what, Func<Task<T>> read, Func<T, bool> wanted, TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? Patience);
        while (true)
        {
            var value = await read();
            if (wanted(value))
            {
                return value;
            }

            try
            {
                await Task.Delay(s_step, limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not in time: {what}.\n{await DescribeAsync()}\n{Printed}\n{Tail()}");
            }
        }
    }

    /// <summary>All that the services logged so far, and what the AppHost printed.</summary>
    public async Task<string> LogAsync()
    {
        await using var stream = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return await new StreamReader(stream).ReadToEndAsync() + Printed;
    }

    /// <summary>What the database knows of the state, for a failed test.</summary>
    public async Task<string> DescribeAsync()
    {
        try
        {
            return string.Join('\n', await ColumnAsync<string>("""
                SELECT format('sync %s %s: total %s (%s) processed %s failed %s progress %s %s', type, status, total, total_known, processed, failed, progress, error) FROM sync_jobs
                UNION ALL SELECT format('ledger %s: %s', state, count(*)) FROM ledger GROUP BY state
                UNION ALL SELECT format('reply %s: %s', state, count(*)) FROM replies GROUP BY state
                UNION ALL SELECT format('outbox %s %s due %s deliveries %s', queue, kind, due_at - now(), attempts) FROM outbox
                UNION ALL SELECT format('dead %s: %s', task, error) FROM failed_tasks
                """));
        }
        catch (Exception e) when (e is NpgsqlException or KeyNotFoundException)
        {
            return e.Message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        foreach (var replica in _replicas.Where(r => !r.HasExited))
        {
            await KillAsync(replica);
        }

        if (_appHost is { HasExited: false })
        {
            try
            {
                await StopAsync();
            }
            catch (OperationCanceledException)
            {
                _appHost.Kill();
            }
        }

        KillAll();
        _appHost?.Dispose();
    }

    /// <summary>True while the process lives; a zombie does not.</summary>
    public static bool IsAlive(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    private IReadOnlyList<Child> Children()
    {
        try
        {
            return JsonSerializer.Deserialize<List<Child>>(File.ReadAllText(Path.Combine(Folder, "children.json"))) ?? [];
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return [];
        }
    }

    /// <summary>Who holds the data directory. A killed AppHost's pid and addresses stay there until the next one opens it.</summary>
    private int? Owner()
    {
        var file = Path.Combine(Folder, "apphost.pid");
        return File.Exists(file) && int.TryParse(File.ReadAllText(file).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture, out var pid) ? pid : null;
    }

    /// <summary>The end of the services' log.</summary>
    private string Tail()
    {
        if (!File.Exists(LogFile))
        {
            return "";
        }

        using var stream = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = Math.Max(0, stream.Length - 8000);
        return new StreamReader(stream).ReadToEnd();
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _printed.Enqueue(line);
        }
    }

    private void OnProcessExit(object? sender, EventArgs e)
    {
        if (_appHost is { HasExited: false })
        {
            _appHost.Kill();
        }

        KillAll();
    }

    // Only what this run's AppHost wrote down as its own.
    private void KillAll()
    {
        foreach (var child in Children().Where(c => IsAlive(c.Pid) && File.ReadAllText($"/proc/{c.Pid}/cmdline").Contains(c.Path, StringComparison.Ordinal)))
        {
            // PostgreSQL's SIGQUIT takes its back ends along.
            Kill(child.Pid, 3);
            Kill(-child.Pid, 9);
        }

        foreach (var replica in _replicas.Where(r => !r.HasExited))
        {
            replica.Kill();
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);

    private sealed record Child(int Pid, long StartTime, string Path);
}
