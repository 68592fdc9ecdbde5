using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Writes the messages of a response stream.</summary>
internal sealed class ResponseStreamWriter<TResponse>(HttpServerCallContext context, Marshaller<TResponse> marshaller) : IServerStreamWriter<TResponse>
    where TResponse : class
{
    private int writing;

    public WriteOptions? WriteOptions
    {
        get => context.WriteOptions;
        set => context.WriteOptions = value;
    }

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Interlocked.Exchange(ref writing, 1) == 1)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        try
        {
            var flush = (WriteOptions?.Flags & WriteFlags.BufferHint) is null or 0;
            if (!cancellationToken.CanBeCanceled || cancellationToken == context.CancellationToken)
            {
                await context.WriteAsync(message, marshaller, flush, context.CancellationToken);
                return;
            }

            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, context.CancellationToken);
            await context.WriteAsync(message, marshaller, flush, both.Token);
        }
        finally
        {
            Volatile.Write(ref writing, 0);
        }
    }
}
