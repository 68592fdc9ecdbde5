using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>An endpoint of a resource as configured.</summary>
public sealed class EndpointAnnotation(
    ProtocolType protocol,
    string? uriScheme = null,
    string? transport = null,
    string? name = null,
    int? port = null,
    int? targetPort = null,
    bool? isExternal = null,
    bool isProxied = true) : IResourceAnnotation
{
    /// <summary>tcp or udp.</summary>
    public ProtocolType Protocol { get; set; } = protocol;

    /// <summary>http, https or tcp.</summary>
    public string UriScheme { get; set; } = uriScheme ?? "tcp";

    /// <summary>http, http2 or tcp.</summary>
    public string Transport { get; set; } = transport ?? (uriScheme is "http" or "https" ? "http" : "tcp");

    /// <summary>Name, unique in the resource; the scheme by default.</summary>
    public string Name { get; set; } = name ?? uriScheme ?? "tcp";

    /// <summary>The port that others use; null for any.</summary>
    public int? Port { get; set; } = port;

    /// <summary>The port that the program listens on; null for any.</summary>
    public int? TargetPort { get; set; } = targetPort;

    /// <summary>The host that the program listens on; <c>localhost</c> by default.</summary>
    public string TargetHost { get; set; } = "localhost";

    /// <summary>Reachable from outside when deployed.</summary>
    public bool IsExternal { get; set; } = isExternal ?? false;

    /// <summary>Read for source compatibility: this stand-in has no proxy.</summary>
    public bool IsProxied { get; set; } = isProxied;

    internal string? TargetPortEnvironmentVariable { get; set; }

    /// <summary>Where it is, once the application runs.</summary>
    public AllocatedEndpoint? AllocatedEndpoint { get; set; }
}

/// <summary>An endpoint with its port chosen.</summary>
public sealed class AllocatedEndpoint(EndpointAnnotation endpoint, string address, int port)
{
    /// <summary>The endpoint it belongs to.</summary>
    public EndpointAnnotation Endpoint => endpoint;

    /// <summary>Host name to use.</summary>
    public string Address => address;

    /// <summary>Port to use.</summary>
    public int Port => port;

    /// <summary>Scheme, host and port.</summary>
    public string UriString => $"{endpoint.UriScheme}://{address}:{port}";
}

/// <summary>The parts of an endpoint.</summary>
public enum EndpointProperty
{
    /// <summary>Scheme, host and port.</summary>
    Url,

    /// <summary>Host name.</summary>
    Host,

    /// <summary>Host as IPv4 address.</summary>
    IPV4Host,

    /// <summary>Port that others use.</summary>
    Port,

    /// <summary>http, https or tcp.</summary>
    Scheme,

    /// <summary>Port that the program listens on.</summary>
    TargetPort,

    /// <summary>Host and port.</summary>
    HostAndPort,
}

/// <summary>An endpoint by name, before or after its port is chosen.</summary>
public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName) : IManifestExpressionProvider, IValueProvider
{
    /// <summary>The resource that has it.</summary>
    public IResourceWithEndpoints Resource => owner;

    /// <summary>Its name.</summary>
    public string EndpointName => endpointName;

    /// <summary>True when the resource has such an endpoint.</summary>
    public bool Exists => Find() is not null;

    /// <summary>True once the port is chosen.</summary>
    public bool IsAllocated => Find()?.AllocatedEndpoint is not null;

    /// <summary>Scheme, host and port.</summary>
    public string Url => Allocated.UriString;

    /// <summary>Host name.</summary>
    public string Host => Allocated.Address;

    /// <summary>Port that others use.</summary>
    public int Port => Allocated.Port;

    /// <summary>http, https or tcp.</summary>
    public string Scheme => Annotation.UriScheme;

    /// <inheritdoc />
    public string ValueExpression => $"{{{owner.Name}.bindings.{endpointName}.url}}";

    internal EndpointAnnotation Annotation => Find()
        ?? throw new InvalidOperationException($"Resource '{owner.Name}' has no endpoint '{endpointName}'.");

    internal AllocatedEndpoint Allocated => Annotation.AllocatedEndpoint
        ?? throw new InvalidOperationException($"Endpoint '{endpointName}' of '{owner.Name}' has no port yet.");

    /// <summary>One part of the endpoint.</summary>
    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    /// <inheritdoc />
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(Url);

    private EndpointAnnotation? Find() => owner.Annotations.OfType<EndpointAnnotation>()
        .SingleOrDefault(e => string.Equals(e.Name, endpointName, StringComparison.OrdinalIgnoreCase));
}

/// <summary>One part of an endpoint.</summary>
public sealed class EndpointReferenceExpression(EndpointReference endpoint, EndpointProperty property) : IManifestExpressionProvider, IValueProvider
{
    /// <summary>The endpoint.</summary>
    public EndpointReference Endpoint => endpoint;

    /// <inheritdoc />
    public string ValueExpression => property switch
    {
        EndpointProperty.HostAndPort => $"{Binding("host")}:{Binding("port")}",
        EndpointProperty.IPV4Host => Binding("host"),
        EndpointProperty.TargetPort => Binding("targetPort"),
        _ => Binding(property.ToString().ToLowerInvariant()),
    };

    /// <inheritdoc />
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(property switch
    {
        EndpointProperty.Url => endpoint.Url,
        EndpointProperty.Host => endpoint.Host,
        EndpointProperty.IPV4Host => "127.0.0.1",
        EndpointProperty.Scheme => endpoint.Scheme,
        EndpointProperty.HostAndPort => $"{endpoint.Host}:{endpoint.Port}",
        _ => $"{endpoint.Port}",
    });

    private string Binding(string name) => $"{{{endpoint.Resource.Name}.bindings.{endpoint.EndpointName}.{name}}}";
}
