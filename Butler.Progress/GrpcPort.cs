namespace Butler.Progress;

/// <summary>
/// The gRPC port. An endpoint named <c>grpc</c> (<c>Kestrel__Endpoints__grpc__Url</c>) speaks HTTP/2 in clear text, which
/// cannot share a port with HTTP/1.1, so its protocol is set here and need not be configured.
/// </summary>
internal static class GrpcPort
{
    private const string Endpoint = "Kestrel:Endpoints:grpc";

    public static void AddGrpcPort(this WebApplicationBuilder builder)
    {
        if (!string.IsNullOrEmpty(builder.Configuration[$"{Endpoint}:Url"]) && builder.Configuration[$"{Endpoint}:Protocols"] is null)
        {
            builder.Configuration[$"{Endpoint}:Protocols"] = "Http2";
        }
    }
}
