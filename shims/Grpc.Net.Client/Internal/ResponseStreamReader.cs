using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>The messages of a response stream. The call starts at once, not at the first read.</summary>
internal sealed class ResponseStreamReader<TRequest, TResponse> : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private readonly GrpcCall<TRequest, TResponse> call;
    private readonly Task<FrameReader<TResponse>> opening;
    private TResponse? current;
    private bool ended;
    private int reading;

    public ResponseStreamReader(GrpcCall<TRequest, TResponse> call, HttpContent? content)
    {
        this.call = call;
        opening = call.OpenAsync(content);

        // A stream that is never read leaves its failure unseen, which is the caller's choice.
        _ = opening.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    public TResponse Current => current ?? throw new InvalidOperationException("No message to read.");

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

            // Cancelling a read cancels the call: a stream cannot be taken up again in the middle.
            using var registration = cancellationToken.UnsafeRegister(static state => ((GrpcCall<TRequest, TResponse>)state!).Cancel(), call);
            var reader = await opening.ConfigureAwait(false);
            var (found, message) = await call.ReadNextAsync(reader).ConfigureAwait(false);
            current = message;
            ended = !found;
            return found;
        }
        finally
        {
            Volatile.Write(ref reading, 0);
        }
    }
}
