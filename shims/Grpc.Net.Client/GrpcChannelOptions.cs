using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Options of a channel.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Null: by the address, TLS for https and none for http.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>In bytes; null is no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>In bytes, 4 MiB by default; null is no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Sends the calls; at most one of this and <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Sends the calls.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether the channel disposes the client or handler it was given.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Whether a cancelled call throws OperationCanceledException instead of RpcException.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Whether call credentials are also sent without TLS.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }
}
