namespace Grpc.AspNetCore.Server;

/// <summary>Options of all gRPC services, or of one.</summary>
public class GrpcServiceOptions
{
    /// <summary>What a service accepts where nothing is set: 4 MiB, as every gRPC implementation does.</summary>
    internal const int DefaultReceiveMaxMessageSize = 4 * 1024 * 1024;

    private int? maxReceiveMessageSize;
    private int? maxSendMessageSize;

    /// <summary>In bytes, 4 MiB by default; null is no limit. A larger message ends the call with RESOURCE_EXHAUSTED.</summary>
    public int? MaxReceiveMessageSize
    {
        get => maxReceiveMessageSize;
        set
        {
            maxReceiveMessageSize = value;
            IsMaxReceiveMessageSizeSet = true;
        }
    }

    /// <summary>In bytes; null (the default) is no limit.</summary>
    public int? MaxSendMessageSize
    {
        get => maxSendMessageSize;
        set
        {
            maxSendMessageSize = value;
            IsMaxSendMessageSizeSet = true;
        }
    }

    /// <summary>Whether an unexpected exception's message is sent to the caller. Off by default: it may hold private data.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>Whether unknown services and methods are left to other endpoints instead of answered UNIMPLEMENTED.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    internal bool IsMaxReceiveMessageSizeSet { get; private set; }

    internal bool IsMaxSendMessageSizeSet { get; private set; }
}

/// <summary>Options of one service; what is not set comes from <see cref="GrpcServiceOptions"/>.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class;
