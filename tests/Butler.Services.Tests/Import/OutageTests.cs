using Butler.Services.Tests.Hosting;
using Butler.Testing;

namespace Butler.Services.Tests.Import;

/// <summary>What Butler itself stands on goes away in the middle of an import: it is ridden out, and nothing is lost or doubled.</summary>
public sealed class OutageTests : ImportSystems
{
    private static readonly Dictionary<string, string?> s_smallBatches = new() { ["Butler:Import:BatchMails"] = "5", ["Butler:Import:TriageMails"] = "5" };

    [Fact]
    public async Task Import_PostgresStopsAndComesBack_IsRiddenOut()
    {
        var server = await PostgresServer.StartNewAsync();
        await server.ExecuteAsync("CREATE DATABASE butler");
        await PostgresFixture.PrepareAsync(server.ConnectionString("butler"));
        var system = await StartAsync(settings: s_smallBatches, server: server, database: server.ConnectionString("butler"));
        system.State.AddAccount(Owner, TestMail.Many(Owner, 150, TimeSpan.FromDays(2)));
        await StartIngestAsync(system);
        await system.StartClassifierAsync();
        await system.UntilAsync("SELECT count(*) > 10 FROM ledger WHERE state = 'done'", Patience, "the import is under way");

        await server.StopAsync();

        // Both services have noticed, and not only once.
        await SeenAsync(system, "Queue not reachable", 8);
        await server.StartAsync();
        await CompletedAsync(system);

        await AllClosedAsync(system);
        Assert.Equal(150, await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM failed_tasks"));
        await server.StopAsync();
    }

    [Fact]
    public async Task Import_RedisHangs_GoesOnWithoutIt()
    {
        var (connection, process) = await RedisFixture.StartAsync();
        var system = await StartAsync(settings: new Dictionary<string, string?>(s_smallBatches) { ["ConnectionStrings:redis"] = connection });
        system.State.AddAccount(Owner, TestMail.Many(Owner, 60, TimeSpan.FromDays(3)));
        await StartIngestAsync(system);
        await system.StartClassifierAsync();
        await system.UntilAsync("SELECT count(*) > 5 FROM ledger WHERE state = 'done'", Patience, "the import is under way");

        Servers.Run("/bin/kill", "-STOP", $"{process.Id}");
        try
        {
            await CompletedAsync(system);
        }
        finally
        {
            Servers.Run("/bin/kill", "-CONT", $"{process.Id}");
        }

        await AllClosedAsync(system);
        Assert.Equal(60, await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"));
    }

    private static async Task SeenAsync(TestSystem system, string text, int times)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (system.Logs.Lines.Count(l => l.Text.Contains(text, StringComparison.Ordinal)) < times)
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
