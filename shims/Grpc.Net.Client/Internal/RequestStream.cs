using System.Net;
using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>A request body that stays open while messages are written.</summary>
internal sealed class RequestStreamContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where to write, once the request is under way.</summary>
    public Task<Stream> Stream => stream.Task;

    public void End() => end.TrySetResult();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        this.stream.TrySetResult(stream);
        await end.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}

/// <summary>Writes the messages of a request stream.</summary>
internal sealed class RequestStreamWriter<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call, RequestStreamContent content)
    : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private int writing;
    private bool completed;

    public WriteOptions? WriteOptions { get; set; } = call.Options.WriteOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (completed)
        {
            throw new InvalidOperationException("Request stream has already been completed.");
        }

        if (Interlocked.Exchange(ref writing, 1) == 1)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        try
        {
            var frame = call.Serialize(message);
            using var registration = cancellationToken.UnsafeRegister(static state => ((GrpcCall<TRequest, TResponse>)state!).Cancel(), call);
            await Task.WhenAny(content.Stream, call.Completed).ConfigureAwait(false);
            if (call.Completed.IsCompleted)
            {
                throw call.Failure();
            }

            var body = await content.Stream.ConfigureAwait(false);
            await body.WriteAsync(frame, CancellationToken.None).ConfigureAwait(false);
            if ((WriteOptions?.Flags & WriteFlags.BufferHint) is null or 0)
            {
                await body.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException or ObjectDisposedException or OperationCanceledException { InnerException: not RpcException })
        {
            throw call.Fail(error, "Error writing message.");
        }
        finally
        {
            Volatile.Write(ref writing, 0);
        }
    }

    public Task CompleteAsync()
    {
        completed = true;
        content.End();
        return Task.CompletedTask;
    }
}
