using System.Globalization;
using Butler.Classifier;
using Butler.Ingest;
using Butler.Ingest.Push;
using Butler.Responder;
using Butler.Sandbox;
using Butler.Sandbox.Faults;
using Butler.Sandbox.State;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Butler.Services.Tests.Hosting;

/// <summary>
/// Sandbox, Ingest and Classifier as hosts inside the test process, on a database of their own made from the template, the shared
/// Redis server, and leases of two seconds.
/// </summary>
public sealed class TestSystem : IAsyncDisposable
{
    private readonly List<WebApplication> _hosts = [];
    private readonly Dictionary<string, string?> _settings;

    private TestSystem(string connectionString, Dictionary<string, string?> settings)
    {
        ConnectionString = connectionString;
        _settings = settings;
        DataSource = NpgsqlDataSource.Create(connectionString);
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource DataSource { get; }

    /// <summary>Its database in the shared Redis server.</summary>
    public string RedisConnection => _settings["ConnectionStrings:redis"]!;

    public WebApplication Sandbox { get; private set; } = null!;

    public SandboxFaults Faults => Sandbox.Services.GetRequiredService<SandboxFaults>();

    /// <summary>What the services logged, at the level they log in production.</summary>
    internal LogCapture Logs { get; } = new();

    /// <summary>The Ingest that takes the pushes.</summary>
    public WebApplication Ingest { get; private set; } = null!;

    /// <summary>Its webhook.</summary>
    public Uri PushEndpoint { get; private set; } = null!;

    public SandboxState State => Sandbox.Services.GetRequiredService<SandboxState>();

    /// <summary>Starts a sandbox on a new database; services are started by the caller.</summary>
    /// <param name="sandbox">The sandbox's options.</param>
    /// <param name="settings">Settings of the services, beside and before the usual ones of tests.</param>
    /// <param name="database">A database with the schema; none: a new one.</param>
    /// <param name="services">Changes the sandbox's services.</param>
    public static async Task<TestSystem> StartAsync(
        Action<SandboxOptions> sandbox, IReadOnlyDictionary<string, string?>? settings = null, string? database = null, Action<IServiceCollection>? services = null)
    {
        database ??= await PostgresFixture.CreateDatabaseAsync();
        var system = new TestSystem(database, new()
        {
            ["ConnectionStrings:butler"] = database,
            ["ConnectionStrings:redis"] = await RedisFixture.ConnectionAsync(),
            ["Butler:MasterKey"] = Convert.ToBase64String(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()),
            ["Butler:Messaging:Lease"] = "00:00:02",
            ["Butler:Messaging:Renewal"] = "00:00:00.5",
            ["Butler:Messaging:GiveUp"] = "00:00:01.5",
            ["Butler:Messaging:LivePoll"] = "00:00:00.05",
            ["Butler:Messaging:BulkPoll"] = "00:00:00.2",
            ["Butler:Messaging:DelayScale"] = "0.01",
            ["Butler:Schedules:Poll"] = "00:00:00.1",
            ["Butler:Schedules:Lease"] = "00:00:02",
            ["Butler:Schedules:Jobs:sweep:Every"] = "00:00:00.5",
            ["Butler:Import:SweepAfter"] = "00:00:02",
            ["Butler:Import:MailRetry"] = "00:00:00.05",
            ["Butler:Import:ConnectPoll"] = "00:00:00.05",
            ["Butler:Google:UserUnitsPerMinute"] = "10000000",
            ["Butler:Google:ProjectUnitsPerMinute"] = "1000000000",
            ["Butler:Google:DayUnits"] = "0",
            ["Butler:Google:ClientId"] = "test",
            ["Butler:Google:ClientSecret"] = "test",
        });
        foreach (var (key, value) in settings ?? new Dictionary<string, string?>())
        {
            system._settings[key] = value;
        }

        system.Sandbox = SandboxApp.Build([], o =>
        {
            o.Secret = "secret";
            (o.Push.Audience, o.Push.MinInterval, o.Push.RetryFirst) = ("https://butler.test/push", TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
            sandbox(o);
        }, services);
        await system.Sandbox.StartAsync();
        var address = Address(system.Sandbox);
        system._settings["Butler:Google:BaseAddress"] = address;
        system._settings["Butler:Google:TokenAddress"] = address + "token";
        system._settings["Butler:Sandbox:Address"] = address;
        system._settings["Butler:Sandbox:Secret"] = "secret";
        system._settings["Butler:Push:CertificatesAddress"] = address + "oauth2/v3/certs";
        return system;
    }

    /// <summary>Sets or, with null, removes a setting of services that start later.</summary>
    public void Set(string key, string? value)
    {
        if (value is null)
        {
            _settings.Remove(key);
        }
        else
        {
            _settings[key] = value;
        }
    }

    /// <summary>What must not be in any log of this system.</summary>
    internal PrivateText PrivateText() => new(State.Accounts, [_settings["Butler:MasterKey"]!, .. Private]);

    /// <summary>More that must not be in any log.</summary>
    public List<string> Private { get; } = [];

    public static string Address(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/";

    public Task<WebApplication> StartIngestAsync() => StartAsync(b => b.AddIngest(), _ => { });

    /// <summary>Ingest with its webhook, to which the sandbox pushes from now on.</summary>
    public async Task<WebApplication> StartPushedIngestAsync()
    {
        Ingest = await StartAsync(b => b.AddIngest(), MapPush);
        PushTo(new Uri(Address(Ingest)));
        return Ingest;
    }

    /// <summary>What of Ingest a push needs.</summary>
    public static void MapPush(WebApplication app)
    {
        app.MapDefaultEndpoints();
        app.UseButlerAuthentication();
        app.MapWebhook();
    }

    /// <summary>The sandbox pushes to this Ingest from now on.</summary>
    public void PushTo(Uri ingest)
    {
        PushEndpoint = new Uri(ingest, "api/webhook/gmail");
        Sandbox.Services.GetRequiredService<SandboxOptions>().Push.Endpoint = PushEndpoint;
    }

    /// <summary>Settings that turn the webhook on; the sandbox's tokens fit.</summary>
    public static Dictionary<string, string?> PushSettings => new()
    {
        ["Butler:Push:Topic"] = "projects/sandbox/topics/gmail",
        ["Butler:Push:Audience"] = "https://butler.test/push",
        ["Butler:Push:ServiceAccount"] = "push@sandbox.iam.gserviceaccount.com",
        ["Butler:Sync:Again"] = "00:00:00.2",
        ["Butler:Sync:Busy"] = "00:00:00.05",
        ["Butler:Sync:RepairWait"] = "00:00:00.1",
    };

    public Task<WebApplication> StartClassifierAsync() => StartAsync(b => b.AddClassifier(), _ => { });

    public Task<WebApplication> StartResponderAsync() => StartAsync(b => b.AddResponder(), _ => { });

    /// <summary>Ingest, Classifier and Responder.</summary>
    public Task StartAllAsync() => Task.WhenAll(StartIngestAsync(), StartClassifierAsync(), StartResponderAsync());

    /// <summary>Starts one service as a host on a free port.</summary>
    public async Task<WebApplication> StartAsync(Action<WebApplicationBuilder> add, Action<WebApplication> map)
    {
        // Watching for changed settings costs an inotify instance per host, of which a user has 128.
        var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Configuration.AddInMemoryCollection(_settings);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        Butler.ServiceDefaults.ServiceDefaultsExtensions.AddServiceDefaults(builder);

        // After the defaults, which write to the console; their filters stay.
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(Logs);
        if (Environment.GetEnvironmentVariable("BUTLER_TEST_LOG") is { } log)
        {
            builder.Logging.AddProvider(new FileLog(log));
        }

        add(builder);
        var app = builder.Build();
        map(app);
        lock (_hosts)
        {
            _hosts.Add(app);
        }

        try
        {
            await app.StartAsync();
        }
        catch
        {
            // It never ran, so it cannot be stopped.
            Release(app);
            await app.DisposeAsync();
            throw;
        }

        return app;
    }

    /// <summary>Gives a host up: whoever took it ends it.</summary>
    public void Release(WebApplication host)
    {
        lock (_hosts)
        {
            _hosts.Remove(host);
        }
    }

    /// <summary>Stops one host the way a deployment would.</summary>
    public async Task StopAsync(WebApplication host)
    {
        Release(host);
        await host.StopAsync();
        await host.DisposeAsync();
    }

    /// <summary>Waits until a query answers true.</summary>
    public async Task UntilAsync(string sql, TimeSpan timeout, string what)
    {
        using var cancel = new CancellationTokenSource(timeout);
        while (true)
        {
            try
            {
                if (await ScalarAsync(sql) is true)
                {
                    return;
                }
            }
            catch (NpgsqlException) when (!cancel.IsCancellationRequested)
            {
                // A connection from before the server was stopped by the test.
            }

            try
            {
                await Task.Delay(50, cancel.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not within {timeout.TotalSeconds} s: {what}. {await DescribeAsync()}");
            }
        }
    }

    /// <summary>Waits until a condition holds.</summary>
    public async Task UntilAsync(Func<bool> condition, TimeSpan timeout, string what)
    {
        using var cancel = new CancellationTokenSource(timeout);
        while (!condition())
        {
            try
            {
                await Task.Delay(50, cancel.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not within {timeout.TotalSeconds} s: {what}. {await DescribeAsync()}");
            }
        }
    }

    /// <summary>Writes the key file of the sandbox's service account, and pulls from the sandbox.</summary>
    public async Task UsePullAsync(string file)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("X-Sandbox-Secret", "secret");
        await File.WriteAllTextAsync(file, await http.GetStringAsync(new Uri(Address(Sandbox) + "sandbox/push/credentials")));
        _settings["Butler:Push:Pull:BaseAddress"] = Address(Sandbox);
    }

    /// <summary>The one account, opened.</summary>
    public async Task<Butler.Mailboxes.MailboxAccount> MailboxAccountAsync(WebApplication ingest) =>
        (await ingest.Services.GetRequiredService<Butler.Ingest.Accounts.AccountStore>().FindAsync((Guid)(await ScalarAsync("SELECT id FROM provider_users"))!, default))!.Mailbox!;

    public async Task<object?> ScalarAsync(string sql)
    {
        await using var command = DataSource.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    public async Task<long> CountAsync(string sql) => Convert.ToInt64(await ScalarAsync(sql), CultureInfo.InvariantCulture);

    public async Task ExecuteAsync(string sql)
    {
        await using var command = DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.ToList())
        {
            await host.StopAsync();
            await host.DisposeAsync();
        }

        await Sandbox.DisposeAsync();
        await DataSource.DisposeAsync();
    }

    internal async Task<string> DescribeAsync()
    {
        var text = await ScalarAsync("""
            SELECT concat_ws(E'\n',
              (SELECT string_agg(format('%s %s: total %s known %s processed %s skipped %s failed %s progress %s %s', type, status, total, total_known, processed, skipped, failed, progress, error), E'\n') FROM sync_jobs),
              (SELECT string_agg(format('account %s: services %s history %s gap %s error %s', status, services, history_id, gap_found_at, last_error), E'\n') FROM provider_users),
              (SELECT string_agg(format('account event %s', e), E'\n') FROM account_events e),
              (SELECT string_agg(format('slot %s %s', lane, state), E'\n') FROM slots WHERE state <> 'idle'),
              (SELECT string_agg(format('waits for a chat model: sent %s not before %s rounds %s', sent_at, not_before, rounds), E'\n') FROM open_judgings),
              (SELECT string_agg(format('ledger %s: %s', state, n), E'\n') FROM (SELECT state, count(*) n FROM ledger GROUP BY state) s),
              (SELECT string_agg(format('outbox %s %s due %s attempts %s failures %s', kind, body, due_at - now(), attempts, failures), E'\n') FROM outbox),
              (SELECT string_agg(format('failed %s: %s', task, error), E'\n') FROM failed_tasks))
            """);
        return text as string ?? "";
    }
}
