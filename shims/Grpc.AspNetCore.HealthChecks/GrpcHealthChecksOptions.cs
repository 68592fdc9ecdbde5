namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Options of the health service.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>Which checks stand for which service name. "" is the whole server and starts with all checks.</summary>
    public ServiceMappingCollection Services { get; } = [];

    /// <summary>Whether Watch calls stay open while the server shuts down, instead of ending with NOT_SERVING.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }

    /// <summary>Whether Check answers with the last published result instead of running the checks.</summary>
    public bool UseHealthChecksCache { get; set; }
}
