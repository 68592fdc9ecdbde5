using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Run;

/// <summary>Runs a project's built program by <c>dotnet NAME.dll</c>.</summary>
internal sealed class ProjectRunner(ProjectResource project, int replica, RunServices run) : ResourceRunner(project, run)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    // What the shell that started the AppHost may carry and a service must not take for its own.
    private static readonly string[] NotInherited =
        ["ASPNETCORE_URLS", "HTTP_PORTS", "HTTPS_PORTS", "DOTNET_LAUNCH_PROFILE", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "LD_LIBRARY_PATH"];

    private const int MaxErrorLine = 500;
    private readonly List<EndpointAnnotation> _endpoints = [.. project.Annotations.OfType<EndpointAnnotation>()];
    private Dictionary<int, int>? _replicaPorts;

    protected override string DisplayName => replica == 0 ? Resource.Name : $"{Resource.Name}-{replica}";

    protected override bool Reports => replica == 0;

    /// <summary>The variables of the program, as section 3 of the facts lists them.</summary>
    public static async Task<Dictionary<string, string>> GetEnvironmentAsync(
        IResource resource, DistributedApplicationExecutionContext context, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, object>();
        foreach (var callback in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
        {
            callback.Callback(new EnvironmentCallbackContext(context, resource, variables));
        }

        var values = new Dictionary<string, string>();
        foreach (var (name, value) in variables)
        {
            if ((value is IValueProvider provider ? await provider.GetValueAsync(cancellationToken) : value as string) is { } text)
            {
                values[name] = text;
            }
        }

        return values;
    }

    protected override async Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken)
    {
        var metadata = Resource.Annotations.OfType<ProjectMetadataAnnotation>().Single().Metadata;
        var program = (metadata as IProjectOutput)?.TargetPath ?? Conventional(metadata.ProjectPath);
        if (!File.Exists(program))
        {
            throw new DistributedApplicationException($"The program of '{Resource.Name}' is not built: {program} does not exist.");
        }

        var values = await GetEnvironmentAsync(Resource, Run.Context, cancellationToken);
        if (replica > 0)
        {
            MovePorts(values);
        }

        var environment = NotInherited.Select(n => KeyValuePair.Create(n, (string?)null))
            .Concat(values.Select(v => KeyValuePair.Create(v.Key, (string?)v.Value)));
        var args = Resource.Annotations.OfType<CommandLineArgsAnnotation>().SelectMany(a => a.Args);
        return ChildProcess.Start(
            ["dotnet", program, .. args], null, environment, Path.GetDirectoryName(metadata.ProjectPath)!, line => Run.Console.Print(DisplayName, line), Run.Children, KeepError);
    }

    protected override async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        foreach (var check in Resource.Annotations.OfType<HttpHealthCheckAnnotation>())
        {
            var endpoint = check.EndpointName is { } name
                ? _endpoints.Single(e => e.Name == name)
                : _endpoints.FirstOrDefault(e => e.UriScheme is "http" or "https")
                    ?? throw new DistributedApplicationException($"'{Resource.Name}' has a health check and no http endpoint.");
            try
            {
                using var answer = await Http.GetAsync(new Uri(endpoint.AllocatedEndpoint!.UriString + check.Path), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                if ((int)answer.StatusCode != check.StatusCode)
                {
                    return false;
                }
            }
            catch (HttpRequestException)
            {
                return false;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false; // It did not answer in time.
            }
        }

        return true;
    }

    // A program logs to its output; what it writes to its error output is for people.
    private void KeepError(string line)
    {
        LastError = line.Length > MaxErrorLine ? line[..MaxErrorLine] : line;
        Run.Console.Tell(DisplayName, line);
    }

    // bin/Release/net10.0 of the AppHost tells configuration and framework; used for projects named by path only.
    private static string Conventional(string projectPath)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(Path.GetDirectoryName(projectPath)!, "bin", framework.Parent?.Name ?? "Debug", framework.Name, Path.GetFileNameWithoutExtension(projectPath) + ".dll");
    }

    // There is no proxy, so each further replica listens on ports of its own.
    private void MovePorts(Dictionary<string, string> values)
    {
        _replicaPorts ??= _endpoints.ToDictionary(e => e.AllocatedEndpoint!.Port, _ => Run.Ports.ChooseFree());
        foreach (var (name, value) in values.ToList())
        {
            foreach (var (from, to) in _replicaPorts)
            {
                values[name] = Regex.Replace(values[name], $@"(?<=^|:){from}(?!\d)", $"{to}");
            }
        }
    }
}
