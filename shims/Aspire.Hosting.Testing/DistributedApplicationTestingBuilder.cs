using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>An AppHost's builder in the hands of a test.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable
{
    /// <summary>Builds the application; the test starts and disposes it.</summary>
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

/// <summary>Runs an AppHost's own <c>Program.cs</c> up to <c>Build()</c> and hands over the builder.</summary>
public static class DistributedApplicationTestingBuilder
{
    /// <summary>Enters the AppHost that the generated class <typeparamref name="TEntryPoint"/> belongs to.</summary>
    /// <param name="args">Command line on top; <c>AppHost:DataDirectory</c> is a scratch folder unless given.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[]? args = null, CancellationToken cancellationToken = default)
        where TEntryPoint : class
    {
        var entry = typeof(TEntryPoint).Assembly.EntryPoint
            ?? throw new InvalidOperationException($"{typeof(TEntryPoint).Assembly.GetName().Name} has no entry point.");
        return await EntryPointRun.EnterAsync(entry, typeof(TEntryPoint).Assembly, args ?? [], cancellationToken);
    }
}

internal sealed class EntryPointRun : IDistributedApplicationTestingBuilder
{
    private readonly TaskCompletionSource<IDistributedApplicationBuilder> _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _go = new();
    private readonly string _scratch = Path.Combine(Path.GetTempPath(), $"apphost-{Guid.NewGuid():N}");
    private IDistributedApplicationBuilder? _builder;
    private DistributedApplication? _application;
    private bool _disposed;

    private EntryPointRun()
    {
    }

    public ConfigurationManager Configuration => Builder.Configuration;

    public string AppHostDirectory => Builder.AppHostDirectory;

    public IHostEnvironment Environment => Builder.Environment;

    public IServiceCollection Services => Builder.Services;

    public DistributedApplicationExecutionContext ExecutionContext => Builder.ExecutionContext;

    public IResourceCollection Resources => Builder.Resources;

    private IDistributedApplicationBuilder Builder => _builder ?? throw new InvalidOperationException();

    public static async Task<IDistributedApplicationTestingBuilder> EnterAsync(MethodInfo entry, Assembly assembly, string[] args, CancellationToken cancellationToken)
    {
        var run = new EntryPointRun();
        var settings = new Dictionary<string, string?>
        {
            ["AppHost:DataDirectory"] = run._scratch,
            ["AppHost:Quiet"] = "true",
        };
        var directory = assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == "apphostprojectpath")?.Value;
        var thread = new Thread(() => run.Enter(entry, new AppHostHook(args, settings, run.BeforeBuild, run.AfterBuild, directory?.TrimEnd('/'))))
        {
            IsBackground = true,
            Name = "AppHost entry point",
        };
        thread.Start();
        run._builder = await run._entered.Task.WaitAsync(cancellationToken);
        return run;
    }

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource => Builder.AddResource(resource);

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => Builder.CreateResourceBuilder(resource);

    public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();

    public async Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default)
    {
        _go.Set();
        return _application = await _built.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _go.Set();
        if (_application is not null)
        {
            await _application.StopAsync();
            await _application.DisposeAsync();
        }

        if (Directory.Exists(_scratch))
        {
            Directory.Delete(_scratch, recursive: true);
        }
    }

    private void Enter(MethodInfo entry, AppHostHook hook)
    {
        AppHostHook.Current = hook;
        try
        {
            var result = entry.Invoke(null, entry.GetParameters().Length == 0 ? [] : [Array.Empty<string>()]);
            (result as Task)?.GetAwaiter().GetResult();
            _entered.TrySetException(new InvalidOperationException("The AppHost ended without Build()."));
        }
        catch (TargetInvocationException exception) when (exception.InnerException is HostAbortedException)
        {
        }
        catch (HostAbortedException)
        {
        }
        catch (Exception exception)
        {
            var cause = (exception as TargetInvocationException)?.InnerException ?? exception;
            _entered.TrySetException(cause);
            _built.TrySetException(cause);
        }
    }

    private void BeforeBuild(IDistributedApplicationBuilder builder)
    {
        _entered.TrySetResult(builder);
        _go.Wait();
        if (_disposed)
        {
            throw new HostAbortedException();
        }
    }

    // The application belongs to the test: leave Program.cs before it runs it, as .NET's own test host does.
    private void AfterBuild(DistributedApplication application)
    {
        _built.TrySetResult(application);
        throw new HostAbortedException();
    }
}
