namespace Grpc.Core.Internal;

/// <summary>What the four call types share: headers, status, trailers and disposal, with or without a state object.</summary>
internal readonly struct CallState(
    object? state,
    Func<object, Task<Metadata>> headers,
    Func<object, Status> status,
    Func<object, Metadata> trailers,
    Action<object> dispose)
{
    public CallState(Task<Metadata> headers, Func<Status> status, Func<Metadata> trailers, Action dispose)
        : this(null, _ => headers, _ => status(), _ => trailers(), _ => dispose())
    {
    }

    public Task<Metadata> Headers => headers(state!);

    public Status Status => status(state!);

    public Metadata Trailers => trailers(state!);

    public void Dispose() => dispose(state!);
}
