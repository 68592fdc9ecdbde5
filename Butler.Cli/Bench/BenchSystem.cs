using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Butler.Cli.Models;
using Butler.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Butler.Cli.Bench;

/// <summary>
/// A private Butler in a scratch folder: PostgreSQL, Redis, sandbox and the services, each a process of its own as it is built. The
/// command line knows no service's code: it starts their programs and talks to them as anybody does.
/// </summary>
internal sealed class BenchSystem(BenchOptions options, TextWriter output, TimeProvider time) : IAsyncDisposable
{
    private const string BuildConfiguration = "Release";
    private const string Framework = "net10.0";
    private static readonly string[] s_optional = ["Butler.Responder", "Butler.Progress"];
    private static readonly TimeSpan s_serviceStop = TimeSpan.FromSeconds(10);
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"butler-bench-{Environment.ProcessId}");
    private readonly string _secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly byte[] _masterKey = RandomNumberGenerator.GetBytes(32);
    private readonly List<Child> _children = [];
    private readonly Dictionary<string, Uri> _addresses = [];
    private readonly Uri _ingest = Loopback();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private ScratchServers? _servers;
    private string _connection = "";
    private string _redis = "";

    public IReadOnlyList<Child> Children => _children;

    /// <summary>Services that are not there, with the reason.</summary>
    public List<string> Absent { get; } = [];

    public NpgsqlDataSource Database { get; private set; } = null!;

    public bool HasStatements { get; private set; }

    public string CorpusName { get; private set; } = "";

    /// <summary>Everything but Ingest, which connects the accounts and so starts the clock.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => StartAsync(["Butler.Classifier", .. s_optional], cancellationToken);

    /// <summary>The servers, the sandbox and the services named.</summary>
    public async Task StartAsync(IReadOnlyList<string> services, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new CliException("bench needs Linux: it reads CPU time and memory from /proc.");
        }

        var corpus = FindCorpus();
        if (!options.NoBuild)
        {
            await BuildAsync(cancellationToken);
        }

        Directory.CreateDirectory(_folder);
        await output.WriteLineAsync($"Scratch folder {_folder}");
        var servers = new ScratchServers(_folder, _children, time);
        var connection = await servers.StartPostgresAsync(cancellationToken);
        HasStatements = servers.HasStatements;
        _redis = await servers.StartRedisAsync(cancellationToken);
        Database = NpgsqlDataSource.Create(connection + ";Maximum Pool Size=3;Application Name=butler-bench");

        // Before any service: their waiting for the schema would be measured as their work.
        await new Schema(Database, time, NullLogger<Schema>.Instance).MigrateAsync(cancellationToken);

        // Ingest, which makes the keys otherwise, starts last: the others would wait for it.
        using (var ring = new KeyRing(Database, new MasterKeyCipher(_masterKey)))
        {
            await ring.CreateAsync(cancellationToken);
        }

        await StartServiceAsync(servers, "Butler.Sandbox", connection, SandboxSettings(corpus), cancellationToken);
        await Task.WhenAll(services.Select(s => StartServiceAsync(servers, s, connection, [], cancellationToken)));
        _servers = servers;
        _connection = connection;
    }

    public Task StartIngestAsync(CancellationToken cancellationToken) => StartServiceAsync(_servers!, "Butler.Ingest", _connection,
    [
        new("Butler__Sandbox__Address", _addresses["Butler.Sandbox"].ToString()), new("Butler__Sandbox__Secret", _secret),
        .. options.Push ? PushWiring.Ingest(_addresses["Butler.Sandbox"]) : [],
    ], cancellationToken);

    /// <summary>A service more.</summary>
    public Task StartServiceAsync(string name, CancellationToken cancellationToken) => StartServiceAsync(_servers!, name, _connection, [], cancellationToken);

    /// <summary>A service with settings of its own.</summary>
    public Task StartServiceAsync(string name, IEnumerable<KeyValuePair<string, string>> settings, CancellationToken cancellationToken) =>
        StartServiceAsync(_servers!, name, _connection, settings, cancellationToken);

    /// <summary>The sandbox's address, where its chat endpoints are too.</summary>
    public Uri Sandbox => _addresses["Butler.Sandbox"];

    /// <summary>Ends a service for good; what it has taken is handed on.</summary>
    public async Task StopServiceAsync(string name)
    {
        foreach (var child in _children.Where(c => c.Name == name && !c.HasExited))
        {
            await child.StopAsync(s_serviceStop);
        }

        Absent.Add($"{name} (ended by the bench)");
    }

    /// <summary>Where notifications are posted to.</summary>
    public Uri Webhook => new(_ingest, PushWiring.WebhookPath);

    /// <summary>What a service says at <c>/api/metrics</c>; empty when it does not answer.</summary>
    public async Task<string> MetricsAsync(string service, CancellationToken cancellationToken)
    {
        try
        {
            return _addresses.TryGetValue(service, out var address) ? await _http.GetStringAsync(new Uri(address, "api/metrics"), cancellationToken) : "";
        }
        catch (HttpRequestException)
        {
            return "";
        }
    }

    /// <summary>What messages the services have handled.</summary>
    public async Task<IReadOnlyList<TaskTime>> TasksAsync(CancellationToken cancellationToken)
    {
        var tasks = new List<TaskTime>();
        foreach (var child in _children.Where(c => c.Name.StartsWith("Butler.", StringComparison.Ordinal) && c.Name != "Butler.Sandbox" && !c.HasExited))
        {
            tasks.AddRange(TaskTimes.Parse(await MetricsAsync(child.Name, cancellationToken)));
        }

        return tasks;
    }

    public void ThrowIfOneEnded()
    {
        if (_children.FirstOrDefault(c => c.HasExited && !Absent.Any(a => a.StartsWith(c.Name, StringComparison.Ordinal))) is { } dead)
        {
            throw new CliException($"{dead.Name} ended with {dead.ExitCode} in the middle of the run:\n{dead.LastLines(12)}");
        }
    }

    public Task<SandboxAnswer> SandboxStatsAsync(CancellationToken cancellationToken) => SandboxAsync<SandboxAnswer>(HttpMethod.Get, "stats", null, cancellationToken);

    /// <summary>Asks the sandbox's control API.</summary>
    public async Task<T> SandboxAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var response = await AskSandboxAsync(method, path, body, cancellationToken);
        return (await response.Content.ReadFromJsonAsync<T>(cancellationToken))!;
    }

    /// <summary>Asks the sandbox's control API for something that has no answer.</summary>
    public async Task SandboxAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken) =>
        (await AskSandboxAsync(method, path, body, cancellationToken)).Dispose();

    private async Task<HttpResponseMessage> AskSandboxAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(_addresses["Butler.Sandbox"], $"sandbox/{path}"));
        request.Headers.Add("X-Sandbox-Secret", _secret);
        request.Content = body is null ? null : JsonContent.Create(body);
        var response = await _http.SendAsync(request, cancellationToken);
        return response.EnsureSuccessStatusCode();
    }

    /// <summary>Services, then Redis, then PostgreSQL; by pid, also when the start was cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_children.Where(c => c.Name.StartsWith("Butler.", StringComparison.Ordinal)).Select(c => c.StopAsync(s_serviceStop)));
        if (Database is not null)
        {
            await Database.DisposeAsync();
        }

        foreach (var child in Enumerable.Reverse(_children))
        {
            await child.StopAsync(s_serviceStop);
            child.Dispose();
        }

        _http.Dispose();
        if (options.Keep)
        {
            await output.WriteLineAsync($"Data and logs are left in {_folder}");
        }
        else if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private string FindCorpus()
    {
        if (options.Corpus is { } named)
        {
            var missing = named.Split(';').FirstOrDefault(p => !Path.Exists(p));
            CorpusName = named;
            return missing is null ? string.Join(';', named.Split(';').Select(Path.GetFullPath)) : throw new CliException($"The corpus {missing} does not exist.");
        }

        string[] archives = Corpus.Folder() is { } folder ? [Path.Combine(folder, "spam-ham", "spam-ham.tar.gz"), Path.Combine(folder, "threads", "threads.tar.gz")] : [];
        if (archives.Length > 0 && archives.All(File.Exists))
        {
            CorpusName = "spam-ham and threads of the shared corpus";
            return string.Join(';', archives);
        }

        CorpusName = "samples/";
        return Path.Combine(Corpus.Root(), "samples");
    }

    private async Task BuildAsync(CancellationToken cancellationToken)
    {
        await output.WriteLineAsync("Building the services...");
        var start = new ProcessStartInfo("dotnet", ["build", "Butler.AppHost/Butler.AppHost.csproj", "-c", BuildConfiguration, "-v", "quiet", "--nologo"])
        {
            WorkingDirectory = Corpus.Root(),
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new CliException($"The build failed:\n{text}");
        }
    }

    private List<KeyValuePair<string, string>> SandboxSettings(string corpus)
    {
        var limits = BenchLimits.Sandbox(options);
        return
        [
            new("Sandbox__Generate__Accounts", $"{options.Users}"), new("Sandbox__Generate__MailsPerAccount", $"{options.Mails}"),
            new("Sandbox__Generate__Seed", $"{options.Seed}"), new("Sandbox__Generate__Corpus", corpus), new("Sandbox__Secret", _secret),
            new("Sandbox__Quota__PriceList", options.PriceList), new("Sandbox__Quota__Enforced", $"{options.Enforce}"),
            new("Sandbox__Quota__UserUnitsPerMinute", $"{limits.UserUnitsPerMinute}"), new("Sandbox__Quota__ProjectUnitsPerMinute", $"{limits.ProjectUnitsPerMinute}"),
            new("Sandbox__Quota__DayUnits", $"{limits.DayUnits}"),
            .. options.Push ? PushWiring.Sandbox(Webhook) : [],
        ];
    }

    private async Task StartServiceAsync(
        ScratchServers servers, string name, string connection, IEnumerable<KeyValuePair<string, string>> more, CancellationToken cancellationToken)
    {
        var program = Path.Combine(Corpus.Root(), name, "bin", BuildConfiguration, Framework, name + ".dll");
        if (!File.Exists(program))
        {
            throw new CliException($"{program} is not there; run without --no-build.");
        }

        var address = name == "Butler.Ingest" ? _ingest : Loopback();
        var limits = BenchLimits.Limiter(options);
        var google = _addresses.GetValueOrDefault("Butler.Sandbox", address);
        Dictionary<string, string> environment = new()
        {
            ["ASPNETCORE_URLS"] = address.ToString(),
            ["DOTNET_gcServer"] = "0",
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ConnectionStrings__butler"] = connection,
            ["ConnectionStrings__redis"] = _redis,
            ["Butler__MasterKey"] = Convert.ToBase64String(_masterKey),
            ["Butler__Google__BaseAddress"] = google.ToString(),
            ["Butler__Google__TokenAddress"] = new Uri(google, "token").ToString(),
            ["Butler__Google__ClientId"] = "bench",
            ["Butler__Google__ClientSecret"] = "bench",
            ["Butler__Google__PriceList"] = options.PriceList,
            ["Butler__Google__UserUnitsPerMinute"] = limits.UserUnitsPerMinute.ToString(CultureInfo.InvariantCulture),
            ["Butler__Google__ProjectUnitsPerMinute"] = limits.ProjectUnitsPerMinute.ToString(CultureInfo.InvariantCulture),
            ["Butler__Google__DayUnits"] = limits.DayUnits.ToString(CultureInfo.InvariantCulture),
        };
        if (options.PerfMap)
        {
            environment["DOTNET_PerfMapEnabled"] = "1";
        }

        foreach (var (key, value) in more)
        {
            environment[key] = value;
        }

        foreach (var pair in options.Set)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            environment[pair[..equals]] = pair[(equals + 1)..];
        }

        var child = Child.Start(name, Path.Combine(_folder, name + ".log"), ["dotnet", program], environment);
        lock (_children)
        {
            _children.Add(child);
            _addresses[name] = address;
        }

        var absent = false;
        await servers.UntilAsync(child, async () =>
        {
            absent = s_optional.Contains(name) && child.HasExited && child.ExitCode == 0;
            return absent || await HealthyAsync(address, cancellationToken);
        }, cancellationToken);
        if (absent)
        {
            Absent.Add($"{name} (its program ended at once: not built yet)");
        }
    }

    private static Uri Loopback() => new($"http://127.0.0.1:{Binaries.FreePort()}/");

    private async Task<bool> HealthyAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(address, "health"), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false; // Not up yet, or a busy machine.
        }
    }
}

/// <summary>Answer of the sandbox's <c>/sandbox/stats</c>.</summary>
internal sealed record SandboxAnswer(
    IReadOnlyList<SandboxCall> Calls, long Units, [property: System.Text.Json.Serialization.JsonPropertyName("mail_bytes_served")] long MailBytesServed);

internal sealed record SandboxCall(string Method, int Status, long Count);
