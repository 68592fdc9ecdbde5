using Butler.Sandbox;
using Butler.Testing;
using Xunit.Sdk;

namespace Butler.Services.Tests.Hosting;

/// <summary>
/// Base of tests that run whole systems. After each test: no host logged an error that the test did not expect, nothing private is in the
/// logs of the hosts or of PostgreSQL, and PostgreSQL saw no deadlock.
/// </summary>
public abstract class CheckedSystems : IAsyncLifetime
{
    private readonly List<(TestSystem System, string ServerLog)> _systems = [];
    private readonly HashSet<int> _expected = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        List<string> faults = [];
        foreach (var (system, serverLog) in _systems)
        {
            var text = system.PrivateText();
            Assert.True(text.Count > 2, "The privacy check has nothing to look for.");
            await system.DisposeAsync();
            faults.AddRange(system.Logs.Errors(_expected).Select(e => $"unexpected error in the log: {e.Category} {e.Id} {e.Text}"));
            faults.AddRange(system.Logs.Lines.SelectMany(l => text.FindIn(l.Text).Select(kind => $"{kind} in the log of {l.Category} {l.Id} ({l.Level})")).Distinct());
            var server = File.Exists(serverLog) ? await File.ReadAllTextAsync(serverLog) : "";
            faults.AddRange(text.FindIn(server).Select(kind => $"{kind} in PostgreSQL's log"));
            if (server.Contains("deadlock detected", StringComparison.Ordinal))
            {
                faults.Add("PostgreSQL saw a deadlock: " + server.Split('\n').First(l => l.Contains("deadlock detected", StringComparison.Ordinal)));
            }
        }

        if (faults.Count > 0)
        {
            throw new XunitException(string.Join('\n', faults.Take(20)));
        }
    }

    /// <summary>Starts a sandbox on a new database; its logs are checked when the test ends.</summary>
    protected async Task<TestSystem> StartAsync(Action<SandboxOptions>? sandbox = null, IReadOnlyDictionary<string, string?>? settings = null, PostgresServer? server = null, string? database = null)
    {
        var system = await TestSystem.StartAsync(sandbox ?? (_ => { }), settings, database);
        _systems.Add((system, server?.LogFile ?? PostgresFixture.LogFile));
        return system;
    }

    /// <summary>Errors with these event ids belong to the test.</summary>
    protected void Expect(params int[] eventIds) => _expected.UnionWith(eventIds);
}
