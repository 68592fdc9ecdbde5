namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Says that AddGrpc was called, and whether the endpoint for unknown services is mapped.</summary>
internal sealed class GrpcMarkerService
{
    public bool UnknownServicesMapped { get; set; }
}
