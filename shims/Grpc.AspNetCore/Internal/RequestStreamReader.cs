using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The messages of a request stream.</summary>
internal sealed class RequestStreamReader<TRequest>(HttpServerCallContext context, Marshaller<TRequest> marshaller) : IAsyncStreamReader<TRequest>
    where TRequest : class
{
    private readonly FrameReader<TRequest> reader = context.CreateReader(marshaller);
    private TRequest? current;
    private bool ended;
    private int reading;

    public TRequest Current => current ?? throw new InvalidOperationException("No message to read.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref reading, 1) == 1)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is in progress.");
        }

        try
        {
            if (ended)
            {
                return false;
            }

            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, context.CancellationToken);
            (var found, current) = await reader.ReadAsync(both.Token);
            ended = !found;
            return found;
        }
        finally
        {
            Volatile.Write(ref reading, 0);
        }
    }
}
