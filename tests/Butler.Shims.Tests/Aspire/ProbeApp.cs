#pragma warning disable CA1416 // Run mode is for Linux.
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Run;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Shims.Tests.Aspire;

/// <summary>The probe program as an AppHost's project.</summary>
public sealed class Probe : IProjectMetadata, IProjectOutput
{
    public string ProjectPath => Path.Combine(Root, "tests", "Butler.Shims.Probe", "Butler.Shims.Probe.csproj");

    public string TargetPath
    {
        get
        {
            // bin/Debug/net10.0 of the tests is also the probe's.
            var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
            return Path.Combine(Path.GetDirectoryName(ProjectPath)!, "bin", framework.Parent!.Name, framework.Name, "Butler.Shims.Probe.dll");
        }
    }

    public static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Butler.sln")))
            {
                folder = folder.Parent ?? throw new InvalidOperationException("Not below the repository.");
            }

            return folder.FullName;
        }
    }
}

/// <summary>A scratch AppHost: its data lie in a folder of their own, its output is kept.</summary>
internal sealed class ProbeApp : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly CancellationTokenSource _limit = new(Patience);
    private readonly bool _ownsFolder;
    private DistributedApplication? _app;

    public ProbeApp(string? folder = null, params string[] args)
    {
        _ownsFolder = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("apphost-").FullName;

        // The account that runs PostgreSQL must get through.
        File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        Builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            Args = [$"--AppHost:DataDirectory={Folder}", "--AppHost:Quiet=true", .. args],
            ProjectDirectory = Folder,
        });
    }

    public string Folder { get; }

    public IDistributedApplicationBuilder Builder { get; }

    public List<(string Resource, string Line)> Lines { get; } = [];

    public CancellationToken Limit => _limit.Token;

    public DistributedApplication App => _app!;

    public ResourceNotificationService States => App.ResourceNotifications;

    public RunSession Session => App.Services.GetRequiredService<RunSession>();

    public IResourceBuilder<ProjectResource> AddProbe(string name) =>
        Builder.AddProject<Probe>(name).WithHttpEndpoint().WithHttpHealthCheck("/health");

    public async Task<DistributedApplication> StartAsync()
    {
        _app = Builder.Build();
        if (_app.Services.GetService<RunConsole>() is { } console)
        {
            console.Printed += Keep;
        }

        await _app.StartAsync(Limit);
        return _app;
    }

    private void Keep(string resource, string line)
    {
        lock (Lines)
        {
            Lines.Add((resource, line));
        }
    }

    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
            _app = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _limit.Dispose();
        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
