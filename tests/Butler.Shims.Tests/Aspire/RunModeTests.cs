#pragma warning disable CA1416 // Run mode is for Linux.
using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Run;
using Aspire.Hosting.Testing;
using Npgsql;

namespace Butler.Shims.Tests.Aspire;

public sealed class RunModeTests
{
    [Fact]
    public async Task Run_Project_GetsAspiresVariables()
    {
        await using var app = new ProbeApp(null, "--ConnectionStrings:cache=somewhere:1", "--environment=Production");
        var cache = app.Builder.AddRedis("cache");
        var api = app.AddProbe("back-end");
        app.AddProbe("web").WithReference(cache).WithReference(api).WaitFor(api)
            .WithHttpEndpoint(name: "second", env: "SECOND_PORT").WithEnvironment("MINE", "x");
        await app.StartAsync();
        await app.States.WaitForResourceHealthyAsync("web", app.Limit);

        var env = await EnvironmentAsync(app, "web");
        var address = app.App.GetEndpoint("back-end").ToString().TrimEnd('/');
        Assert.Equal("somewhere:1", env["ConnectionStrings__cache"]);
        Assert.Equal(address, env["services__back-end__http__0"]);
        Assert.Equal(address, env["BACK_END_HTTP"]);
        Assert.Equal(app.App.GetEndpoint("web", "http").ToString().TrimEnd('/'), env["ASPNETCORE_URLS"]);
        Assert.Equal(app.App.GetEndpoint("web", "second").Port.ToString(System.Globalization.CultureInfo.InvariantCulture), env["SECOND_PORT"]);
        Assert.Equal("web", env["OTEL_SERVICE_NAME"]);
        Assert.StartsWith("service.instance.id=", env["OTEL_RESOURCE_ATTRIBUTES"], StringComparison.Ordinal);
        Assert.Equal("in_memory", env["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"]);
        Assert.Equal("simple", env["LOGGING__CONSOLE__FORMATTERNAME"]);
        Assert.Equal("x", env["MINE"]);
        Assert.DoesNotContain("OTEL_EXPORTER_OTLP_ENDPOINT", env.Keys);
        Assert.DoesNotContain("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", env.Keys);
        Assert.DoesNotContain("HTTP_PORTS", env.Keys);
        lock (app.Lines)
        {
            Assert.Contains(("web", "probe is up"), app.Lines);
        }
    }

    [Fact]
    public async Task Run_DashboardConfigured_AddressIsInjected()
    {
        await using var app = new ProbeApp(null, "--ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL=http://localhost:18889", "--AppHost:OtlpApiKey=k");
        app.AddProbe("web");
        await app.StartAsync();
        await app.States.WaitForResourceHealthyAsync("web", app.Limit);

        var env = await EnvironmentAsync(app, "web");
        Assert.Equal("http://localhost:18889", env["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        Assert.Equal("grpc", env["OTEL_EXPORTER_OTLP_PROTOCOL"]);
        Assert.Equal("x-otlp-api-key=k", env["OTEL_EXPORTER_OTLP_HEADERS"]);
    }

    [Fact]
    public async Task Run_DependencyUnhealthy_DependentWaits()
    {
        await using var app = new ProbeApp();
        var sick = app.AddProbe("sick").WithEnvironment("PROBE_SICK", "1");
        app.AddProbe("web").WaitFor(sick);
        await app.StartAsync();

        await app.States.WaitForResourceAsync("sick", e => e is { State: KnownResourceStates.Running, Healthy: false }, app.Limit);
        Assert.Equal(KnownResourceStates.Waiting, app.States.Current("web")!.State);
    }

    [Fact]
    public async Task Run_ProgramCrashes_IsStartedAgain()
    {
        await using var app = new ProbeApp();
        app.AddProbe("web");
        await app.StartAsync();
        await app.States.WaitForResourceHealthyAsync("web", app.Limit);
        using var client = app.App.CreateHttpClient("web");
        var before = await client.GetStringAsync("/pid");

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.PostAsync("/crash", null));
        var after = await app.States.WaitForResourceAsync("web", e => e is { Starts: 2, IsReady: true }, app.Limit);

        Assert.Equal(3, after.ExitCode);
        Assert.NotEqual(before, await client.GetStringAsync("/pid"));
    }

    [Fact]
    public async Task Run_Replicas_EachOnItsOwnPort()
    {
        await using var app = new ProbeApp();
        app.AddProbe("web").WithReplicas(2);
        await app.StartAsync();
        await app.States.WaitForResourceHealthyAsync("web", app.Limit);

        while (!Printed(app, "web-1"))
        {
            await Task.Delay(20, app.Limit);
        }
    }

    [Fact]
    public async Task Run_PostgresAndRedis_ServeAndStopAfterTheServices()
    {
        await using var app = new ProbeApp();
        var database = app.Builder.AddPostgres("postgres").AddDatabase("butler");
        var redis = app.Builder.AddRedis("redis");
        app.AddProbe("web").WithReference(database).WithReference(redis).WaitFor(database).WaitFor(redis);
        await app.StartAsync();
        await app.States.WaitForResourceHealthyAsync("web", app.Limit);

        var env = await EnvironmentAsync(app, "web");
        Assert.Equal(await app.App.GetConnectionStringAsync("butler"), env["ConnectionStrings__butler"]);
        Assert.Equal("butler", env["BUTLER_DATABASENAME"]);
        await using (var connection = new NpgsqlConnection(env["ConnectionStrings__butler"] + ";Pooling=false"))
        {
            await connection.OpenAsync(app.Limit);
            Assert.Equal("terse", await ShowAsync(connection, "log_error_verbosity"));
            Assert.Equal("panic", await ShowAsync(connection, "log_min_error_statement"));
            Assert.Equal("on", await ShowAsync(connection, "fsync"));
            Assert.Equal("127.0.0.1", await ShowAsync(connection, "listen_addresses"));
            Assert.Equal("UTF8", await ShowAsync(connection, "server_encoding"));
        }

        using (var multiplexer = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(env["ConnectionStrings__redis"]).WaitAsync(app.Limit))
        {
            Assert.True(await multiplexer.GetDatabase().StringSetAsync("k", "v").WaitAsync(app.Limit));
        }

        var session = app.Session;
        await app.StopAsync();
        Assert.Equal(["web", "redis", "postgres"], session.Stopped);
    }

    [Fact]
    public async Task Run_SecondTime_KeepsPortsAndData()
    {
        var folder = Directory.CreateTempSubdirectory("apphost-").FullName;
        try
        {
            var first = await ConnectAsync(folder, "CREATE TABLE kept (x int)");
            var second = await ConnectAsync(folder, "INSERT INTO kept VALUES (1)");
            Assert.Equal(first, second);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Run_PostgresKilled_ComesBack()
    {
        await using var app = new ProbeApp();
        app.Builder.AddPostgres("postgres").AddDatabase("butler");
        await app.StartAsync();
        await app.States.WaitForResourceHealthyAsync("butler", app.Limit);
        var pid = (await File.ReadAllLinesAsync(Path.Combine(app.Folder, "postgres", "data", "postmaster.pid")))[0];

        Signals.Send(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture), 9);
        var after = await app.States.WaitForResourceAsync("butler", e => e is { Starts: >= 2, IsReady: true }, app.Limit);

        Assert.NotEqual(0, after.ExitCode);
    }

    [Fact]
    public async Task Run_FolderInUse_SaysSoAndRunsTheReadyCommand()
    {
        await using var first = new ProbeApp();
        first.AddProbe("web");
        await first.StartAsync();
        await first.States.WaitForResourceHealthyAsync("web", first.Limit);

        await using var second = new ProbeApp(first.Folder, "--AppHost:ReadyCommand=echo the link");
        second.AddProbe("web");
        await second.StartAsync();

        Assert.StartsWith("Already running", second.Lines[0].Line, StringComparison.Ordinal);
        Assert.Equal("the link", second.Lines[1].Line);
    }

    [Fact]
    public async Task Run_AllHealthy_ReadyCommandSeesTheRun()
    {
        await using var app = new ProbeApp(null, "--AppHost:ReadyCommand=echo \"at $services__web__http__0\"");
        app.AddProbe("web");
        await app.StartAsync();

        var wanted = $"at {app.App.GetEndpoint("web").ToString().TrimEnd('/')}";
        while (!PrintedLine(app, wanted))
        {
            await Task.Delay(20, app.Limit);
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(app.Folder, "run.env")));
    }

    [Fact]
    public async Task Run_PortTaken_IsReplacedAndSaid()
    {
        using var other = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        other.Start();
        var taken = ((System.Net.IPEndPoint)other.LocalEndpoint).Port;
        await using var app = new ProbeApp();
        app.AddProbe("web").WithHttpEndpoint(port: taken, name: "wanted");
        await app.StartAsync();

        Assert.NotEqual(taken, app.App.GetEndpoint("web", "wanted").Port);
        Assert.Contains(app.Lines, l => l.Line.Contains($"Port {taken} of web/wanted is taken", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_EarlierRunWasKilled_ItsChildrenAreStopped()
    {
        await using var app = new ProbeApp();
        var data = new DataDirectory(app.Builder.Configuration, app.Folder);
        Assert.True(data.TryOpen());
        using var orphan = ChildProcess.Start(["/bin/sleep", "1000"], null, [], app.Folder, _ => { }, new ChildTable(data, TimeProvider.System));
        while (!orphan.Identity.IsAlive())
        {
            await Task.Delay(5, app.Limit); // setsid and prlimit have not yet become sleep.
        }

        data.Dispose(); // As the kernel does with a killed process's lock.
        await app.StartAsync();

        Assert.NotEqual(0, await orphan.Ended.WaitAsync(app.Limit));
        Assert.Contains(("", "Stopped 1 process that an earlier run left behind."), app.Lines);
    }

    [Fact]
    public async Task Run_ProgramNotBuilt_FailsWithItsPath()
    {
        await using var app = new ProbeApp();
        app.Builder.AddProject("web", "nowhere/Nothing.csproj");
        await app.StartAsync();

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.States.WaitForResourceHealthyAsync("web", app.Limit));
        Assert.Contains("Nothing.dll does not exist", error.Message, StringComparison.Ordinal);
        Environment.ExitCode = 0; // The failed start set it for the process, which here is the test host.
    }

    // It was started again and again, and nobody was told why.
    [Fact]
    public async Task Run_ProgramEndsWithAConfigurationError_FailsWithItsReason()
    {
        await using var app = new ProbeApp();
        app.AddProbe("web").WithEnvironment("PROBE_UNUSABLE", "no such mailbox");
        await app.StartAsync();

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.States.WaitForResourceHealthyAsync("web", app.Limit));
        Assert.Contains("web cannot start: no such mailbox", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, app.States.Current("web")!.Starts);
        Environment.ExitCode = 0; // The failed start set it for the process, which here is the test host.
    }

    private static async Task<string?> ConnectAsync(string folder, string sql)
    {
        await using var app = new ProbeApp(folder);
        app.Builder.AddPostgres("postgres").AddDatabase("butler");
        await app.StartAsync();
        await app.States.WaitForResourceHealthyAsync("butler", app.Limit);
        var text = await app.App.GetConnectionStringAsync("butler", app.Limit);
        await using var connection = new NpgsqlConnection(text + ";Pooling=false");
        await connection.OpenAsync(app.Limit);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(app.Limit);
        return text;
    }

    private static async Task<string?> ShowAsync(NpgsqlConnection connection, string setting)
    {
        await using var command = new NpgsqlCommand($"SHOW {setting}", connection);
        return (string?)await command.ExecuteScalarAsync();
    }

    private static async Task<Dictionary<string, string>> EnvironmentAsync(ProbeApp app, string name)
    {
        using var client = app.App.CreateHttpClient(name);
        return (await client.GetFromJsonAsync<Dictionary<string, string>>("/env", app.Limit))!;
    }

    private static bool Printed(ProbeApp app, string resource)
    {
        lock (app.Lines)
        {
            return app.Lines.Exists(l => l.Resource == resource);
        }
    }

    private static bool PrintedLine(ProbeApp app, string line)
    {
        lock (app.Lines)
        {
            return app.Lines.Exists(l => l.Line == line);
        }
    }
}
