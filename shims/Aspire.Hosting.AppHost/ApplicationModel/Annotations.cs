namespace Aspire.Hosting.ApplicationModel;

/// <summary>Collects environment variables when they are needed.</summary>
public sealed class EnvironmentCallbackContext(
    DistributedApplicationExecutionContext executionContext, IResource resource, Dictionary<string, object> variables)
{
    /// <summary>Values: strings or value providers.</summary>
    public Dictionary<string, object> EnvironmentVariables => variables;

    /// <summary>Running or publishing.</summary>
    public DistributedApplicationExecutionContext ExecutionContext => executionContext;

    /// <summary>The resource that gets them.</summary>
    public IResource Resource => resource;
}

/// <summary>A source of environment variables.</summary>
public sealed class EnvironmentCallbackAnnotation(Action<EnvironmentCallbackContext> callback) : IResourceAnnotation
{
    /// <summary>Adds the variables.</summary>
    public Action<EnvironmentCallbackContext> Callback => callback;
}

/// <summary>Arguments of the program.</summary>
public sealed class CommandLineArgsAnnotation(IReadOnlyList<string> args) : IResourceAnnotation
{
    /// <summary>The arguments.</summary>
    public IReadOnlyList<string> Args => args;
}

/// <summary>Another resource to wait for.</summary>
public sealed class WaitAnnotation(IResource resource) : IResourceAnnotation
{
    /// <summary>Waited for until running and, with health checks, healthy.</summary>
    public IResource Resource => resource;
}

/// <summary>A page that answers when the resource is healthy.</summary>
public sealed class HttpHealthCheckAnnotation(string path, int statusCode, string? endpointName) : IResourceAnnotation
{
    /// <summary>Path of the page.</summary>
    public string Path => path;

    /// <summary>Status that means healthy.</summary>
    public int StatusCode => statusCode;

    /// <summary>The endpoint; null for the first http one.</summary>
    public string? EndpointName => endpointName;
}

/// <summary>Number of processes.</summary>
public sealed class ReplicaAnnotation(int replicas) : IResourceAnnotation
{
    /// <summary>At least 1.</summary>
    public int Replicas => replicas;
}

/// <summary>Keeps a resource out of the manifest.</summary>
public sealed class ManifestPublishingExclusion : IResourceAnnotation;

/// <summary>Image of a container.</summary>
public sealed class ContainerImageAnnotation : IResourceAnnotation
{
    /// <summary>Registry host.</summary>
    public string? Registry { get; set; }

    /// <summary>Image name.</summary>
    public required string Image { get; set; }

    /// <summary>Tag.</summary>
    public required string Tag { get; set; }
}

/// <summary>Carries what is known about the program of a project resource.</summary>
public sealed class ProjectMetadataAnnotation(IProjectMetadata metadata) : IResourceAnnotation
{
    /// <summary>The project.</summary>
    public IProjectMetadata Metadata => metadata;
}

/// <summary>A connection string given in <c>ConnectionStrings:NAME</c>: the server exists already and is not started.</summary>
internal sealed class ConfiguredConnectionStringAnnotation(string connectionString) : IResourceAnnotation
{
    public string ConnectionString => connectionString;
}
