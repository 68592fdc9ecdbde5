using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Run;

/// <summary>One run: lock, left-overs, passwords, ports, then a runner per resource, and the ordered stop.</summary>
internal sealed class RunSession(
    IResourceCollection resources,
    DistributedApplicationExecutionContext context,
    ResourceNotificationService notifications,
    DataDirectory data,
    RunConsole console,
    IConfiguration configuration,
    IHostApplicationLifetime lifetime,
    TimeProvider clock) : IHostedService, IDisposable
{
    private const string EnvironmentFile = DataDirectory.EnvironmentFile;
    private readonly ChildTable _children = new(data, clock);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<ResourceRunner> _runners = [];
    private readonly List<PosixSignalRegistration> _signals = [];
    private Task _ready = Task.CompletedTask;
    private int _signalCount;
    private bool _opened;

    /// <summary>Names in the order in which they were stopped, for tests.</summary>
    internal List<string> Stopped { get; } = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _opened = data.TryOpen();
        if (!_opened)
        {
            console.Say($"Already running (process {data.Owner}, data in {data.Path}).");
            await RunReadyCommandAsync(cancellationToken);
            lifetime.StopApplication();
            return;
        }

        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        // A terminal that is closed stops the run as Ctrl-C does.
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal));
        var left = await _children.StopLeftOversAsync(cancellationToken);
        if (left > 0)
        {
            console.Say($"Stopped {left} process{(left == 1 ? "" : "es")} that an earlier run left behind.");
        }

        foreach (var parameter in resources.OfType<ParameterResource>().Where(p => p.Default is GenerateParameterDefault))
        {
            await KeepParameterAsync(parameter, cancellationToken);
        }

        var ports = new PortBook(data, console);
        var run = new RunServices(data, _children, ports, console, notifications, resources, context, clock, Fail);
        foreach (var resource in resources.Where(r => r is ProjectResource || (r is ContainerResource && !IsConfigured(r))))
        {
            ports.Allocate(resource);
        }

        foreach (var resource in resources)
        {
            _runners.AddRange(RunnersOf(resource, run));
        }

        _runners.ForEach(r => r.Start());
        _ready = AnnounceAsync(_stopping.Token);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _ready;
        if (!_opened)
        {
            return;
        }

        // Services first, together; then the servers below them, the last added first.
        await Task.WhenAll(_runners.Where(r => r is ProjectRunner).Select(StopOneAsync));
        foreach (var runner in _runners.Where(r => r is not ProjectRunner).Reverse())
        {
            await StopOneAsync(runner);
        }

        File.Delete(data[EnvironmentFile]);
        _signals.ForEach(s => s.Dispose());
        data.Dispose();
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>The connection strings and endpoints of this run as variables, for the commands beside it.</summary>
    internal async Task<Dictionary<string, string>> GetRunEnvironmentAsync(CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, string> { ["AppHost__DataDirectory"] = data.Path };
        foreach (var resource in resources.OfType<IResourceWithConnectionString>())
        {
            if (resource is PostgresServerResource && !IsConfigured(resource) && !_runners.Exists(r => r.Resource == resource))
            {
                continue;
            }

            values[$"ConnectionStrings__{resource.Name}"] = await resource.GetConnectionStringAsync(cancellationToken) ?? "";
        }

        foreach (var project in resources.OfType<ProjectResource>())
        {
            foreach (var endpoint in project.Annotations.OfType<EndpointAnnotation>())
            {
                values[$"services__{project.Name}__{endpoint.Name}__0"] = endpoint.AllocatedEndpoint!.UriString;
            }
        }

        return values;
    }

    private static bool IsConfigured(IResource resource) =>
        resource.Annotations.OfType<ConfiguredConnectionStringAnnotation>().Any();

    private IEnumerable<ResourceRunner> RunnersOf(IResource resource, RunServices run)
    {
        switch (resource)
        {
            case IResourceWithConnectionString external when IsConfigured(external):
                return [new ExternalRunner(external, run)];
            case PostgresServerResource server:
                var databases = resources.OfType<PostgresDatabaseResource>().Where(d => d.Parent == server).ToList();
                return databases.Count > 0 && databases.TrueForAll(IsConfigured) ? [] : [new PostgresRunner(server, run)];
            case RedisResource redis:
                return [new RedisRunner(redis, run)];
            case ProjectResource project:
                var replicas = project.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
                return Enumerable.Range(0, replicas).Select(i => new ProjectRunner(project, i, run));
            case ContainerResource container:
                throw new DistributedApplicationException($"This stand-in cannot run the container '{container.Name}'; give 'ConnectionStrings:{container.Name}'.");
            default:
                return [];
        }
    }

    private async Task KeepParameterAsync(ParameterResource parameter, CancellationToken cancellationToken)
    {
        var key = $"Parameters:{parameter.Name}";
        if (configuration[key] is null)
        {
            configuration[key] = data.GetSetting(key);
        }

        data.SetSetting(key, await parameter.GetValueAsync(cancellationToken) ?? "");
    }

    private async Task StopOneAsync(ResourceRunner runner)
    {
        await runner.StopAsync();
        lock (Stopped)
        {
            Stopped.Add(runner.Resource.Name);
        }
    }

    private async Task AnnounceAsync(CancellationToken stopping)
    {
        try
        {
            foreach (var runner in _runners)
            {
                await notifications.WaitForResourceAsync(runner.Resource.Name, e => e.IsReady, stopping);
            }

            var text = new StringBuilder();
            foreach (var (name, value) in await GetRunEnvironmentAsync(stopping))
            {
                // A shell cannot name a variable with a hyphen.
                if (!name.Contains('-', StringComparison.Ordinal))
                {
                    text.Append(name).Append("='").Append(value.Replace("'", "'\\''", StringComparison.Ordinal)).Append("'\n");
                }
            }

            data.WriteSecret(EnvironmentFile, text.ToString());
            console.List(resources, notifications);
            await RunReadyCommandAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    /// <summary>Runs <c>AppHost:ReadyCommand</c> with the variables of the run; what it prints is printed.</summary>
    private async Task RunReadyCommandAsync(CancellationToken cancellationToken)
    {
        if (configuration["AppHost:ReadyCommand"] is not { Length: > 0 } command)
        {
            return;
        }

        var start = new ProcessStartInfo("/bin/sh", ["-c", $"set -a; [ -f \"$1\" ] && . \"$1\"; set +a; {command}", "sh", data[EnvironmentFile]])
        {
            // In a terminal the command writes to it itself, so that it may draw there.
            RedirectStandardOutput = Console.IsOutputRedirected,
            RedirectStandardInput = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        try
        {
            while (start.RedirectStandardOutput && await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                console.Say(line);
            }

            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private void Fail(string message)
    {
        console.Say(message);
        Environment.ExitCode = 1;
        lifetime.StopApplication();
    }

    // The host's own handler stops the application at the first signal. The second one ends all at once.
    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (Interlocked.Increment(ref _signalCount) == 1)
        {
            console.Say("Stopping; Ctrl-C again to kill.");
            lifetime.StopApplication();
            return;
        }

        _children.KillAll();
        Signals.Send(Environment.ProcessId, Signals.Kill);
    }
}
