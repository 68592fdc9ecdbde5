using System.Collections.ObjectModel;
using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Publish;
using Aspire.Hosting.Run;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    // Longer than the 15 s that services get, plus Redis and PostgreSQL.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, string> Switches = new()
    {
        ["--publisher"] = "Publishing:Publisher",
        ["--output-path"] = "Pipeline:OutputPath",
    };

    private readonly HostApplicationBuilder _host;

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        var assembly = options.AssemblyName is { } name ? Assembly.Load(name) : Assembly.GetEntryAssembly();
        AppHostDirectory = options.ProjectDirectory ?? AppHostHook.Current?.ProjectDirectory ?? ProjectDirectory(assembly) ?? Directory.GetCurrentDirectory();
        _host = new HostApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppHostDirectory, Args = [] });
        if (options.Args is { Length: > 0 } args)
        {
            _host.Configuration.AddCommandLine(args, Switches);
        }

        if (AppHostHook.Current is { } hook)
        {
            _host.Configuration.AddInMemoryCollection(hook.Settings);
            _host.Configuration.AddCommandLine(hook.Args, Switches);
        }

        var publisher = Configuration["Publishing:Publisher"];
        if (publisher is not (null or "" or "manifest"))
        {
            throw new InvalidOperationException($"Publisher '{publisher}' is unknown; this stand-in writes 'manifest'.");
        }

        ExecutionContext = new(publisher == "manifest" ? DistributedApplicationOperation.Publish : DistributedApplicationOperation.Run);
        _host.Services.AddSingleton(ExecutionContext);
        _host.Services.AddSingleton<IResourceCollection>(Resources);
        _host.Services.AddSingleton<ResourceNotificationService>();
        _host.Services.AddSingleton(TimeProvider.System);
        _host.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownTimeout);
        _host.Services.Configure<ConsoleLifetimeOptions>(o => o.SuppressStatusMessages = true);
        _host.Logging.AddFilter("Microsoft", LogLevel.Warning);
        if (ExecutionContext.IsPublishMode)
        {
            _host.Services.AddHostedService<ManifestPublisher>();
        }
        else
        {
            _host.Services.AddSingleton<RunConsole>();
            _host.Services.AddSingleton(provider => new DataDirectory(provider.GetRequiredService<IConfiguration>(), AppHostDirectory));
            _host.Services.AddSingleton<RunSession>();
            _host.Services.AddHostedService(provider => provider.GetRequiredService<RunSession>());
        }
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public string AppHostDirectory { get; }

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources { get; } = new ResourceCollection();

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        if (Resources.Any(r => string.Equals(r.Name, resource.Name, StringComparison.OrdinalIgnoreCase)))
        {
            throw new DistributedApplicationException($"A resource with the name '{resource.Name}' exists already.");
        }

        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        var hook = AppHostHook.Current;
        hook?.BeforeBuild(this);
        var application = new DistributedApplication(_host.Build());
        hook?.AfterBuild(application);
        return application;
    }

    private static string? ProjectDirectory(Assembly? assembly)
    {
        var given = assembly?.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == "apphostprojectpath")?.Value;
        return given is not null && Directory.Exists(given) ? given.TrimEnd('/') : null;
    }

    private sealed class ResourceCollection : Collection<IResource>, IResourceCollection;

    private sealed class ResourceBuilder<T>(IDistributedApplicationBuilder builder, T resource) : IResourceBuilder<T>
        where T : IResource
    {
        public T Resource => resource;

        public IDistributedApplicationBuilder ApplicationBuilder => builder;

        public IResourceBuilder<T> WithAnnotation(IResourceAnnotation annotation)
        {
            resource.Annotations.Add(annotation);
            return this;
        }
    }
}
