using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>One call: sends the request, watches deadline and cancellation, and settles on one status.</summary>
internal sealed class GrpcCall<TRequest, TResponse> : IDisposable
    where TRequest : class
    where TResponse : class
{
    private readonly GrpcChannel channel;
    private readonly string? host;
    private readonly CancellationTokenSource cancellation;
    private readonly TaskCompletionSource<Metadata> headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private readonly CallDeadline deadline;
    private HttpResponseMessage? response;
    private (Status Status, Metadata Trailers)? end;

    public GrpcCall(GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        ObjectDisposedException.ThrowIf(channel.Disposed.IsCancellationRequested, channel);
        this.channel = channel;
        this.host = host;
        Method = method;
        Options = options;
        cancellation = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken, channel.Disposed);
        deadline = new CallDeadline(options.Deadline, channel.Clock, Cancel);

        // Nobody has to look at the headers: their failure is also the call's.
        _ = headers.Task.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    public Method<TRequest, TResponse> Method { get; }

    public CallOptions Options { get; }

    public Task<Metadata> ResponseHeadersAsync => headers.Task;

    /// <summary>Completes, without error, when the call has its status.</summary>
    public Task Completed => completed.Task;

    public ReadOnlyMemory<byte> Serialize(TRequest request) =>
        MessageFrame.Serialize(Method.RequestMarshaller, request, channel.Options.MaxSendMessageSize);

    /// <summary>A body of one message, or one that fails the call when the message cannot be sent.</summary>
    public HttpContent? CreateContent(TRequest request)
    {
        try
        {
            return new ReadOnlyMemoryContent(Serialize(request));
        }
        catch (RpcException error)
        {
            End(error.Status, error.Trailers);
            return null;
        }
    }

    /// <summary>Runs a call that has one response.</summary>
    public async Task<TResponse> RunSingleAsync(HttpContent? content)
    {
        var reader = await OpenAsync(content).ConfigureAwait(false);
        try
        {
            var (found, message) = await reader.ReadAsync(cancellation.Token).ConfigureAwait(false);
            var more = found && (await reader.ReadAsync(cancellation.Token).ConfigureAwait(false)).Found;
            var status = EndFromTrailers();
            return (status.StatusCode, found, more) switch
            {
                (not StatusCode.OK, _, _) => throw Failure(),
                (_, true, false) => message!,
                _ => throw Replace(new Status(StatusCode.Internal, "Failed to deserialize response message.")),
            };
        }
        catch (Exception error) when (!IsFailure(error))
        {
            throw Fail(error, "Error reading response message.");
        }
    }

    /// <summary>Sends the request and returns at the response's headers.</summary>
    /// <exception cref="RpcException">The call is over already.</exception>
    public async Task<FrameReader<TResponse>> OpenAsync(HttpContent? content)
    {
        try
        {
            // A request that cannot be sent or is too late never leaves.
            if (content is null || deadline.IsReached)
            {
                throw new OperationCanceledException();
            }

            using var request = CreateRequest(content);
            await AddCredentialsAsync(request).ConfigureAwait(false);
            var received = await channel.SendAsync(request, cancellation.Token).ConfigureAwait(false);
            lock (gate)
            {
                response = received;
            }

            return await AcceptAsync(received).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw Fail(error, "Error starting gRPC call.");
        }
    }

    /// <summary>Reads the next message of a response stream; ends the call at its end.</summary>
    public async Task<(bool Found, TResponse? Message)> ReadNextAsync(FrameReader<TResponse> reader)
    {
        try
        {
            // A stream without messages that ended OK in its only header block: nothing is left to read, and the call is over.
            if (Ending is { Status.StatusCode: StatusCode.OK })
            {
                return default;
            }

            var next = await reader.ReadAsync(cancellation.Token).ConfigureAwait(false);
            return next.Found || EndFromTrailers().StatusCode == StatusCode.OK ? next : throw Failure();
        }
        catch (Exception error) when (!IsFailure(error))
        {
            throw Fail(error, "Error reading next message.");
        }
    }

    public void Cancel()
    {
        try
        {
            cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended in between.
        }
    }

    public Status GetStatus() => Ending?.Status
        ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() => Ending?.Trailers
        ?? throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");

    /// <summary>The exception of a call that is over.</summary>
    public Exception Failure()
    {
        var (status, trailers) = Ending!.Value;
        return channel.Options.ThrowOperationCanceledOnCancellation
            && status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded
            && (Options.CancellationToken.IsCancellationRequested || deadline.IsReached)
                ? new OperationCanceledException(status.Detail, new RpcException(status, trailers), Options.CancellationToken)
                : new RpcException(status, trailers);
    }

    /// <summary>Ends the call by an error, unless it is over, and returns what to throw.</summary>
    public Exception Fail(Exception error, string doing)
    {
        var status = error is RpcException rpc ? rpc.Status
            : deadline.IsReached ? new Status(StatusCode.DeadlineExceeded, "", error)
            : cancellation.IsCancellationRequested ? new Status(StatusCode.Cancelled, "Call canceled by the client.", error)
            : HttpErrors.ToStatus(error, doing);
        End(status, Metadata.Empty);
        return Failure();
    }

    public void Dispose() => End(new Status(StatusCode.Cancelled, "gRPC call disposed."), Metadata.Empty);

    private (Status Status, Metadata Trailers)? Ending
    {
        get
        {
            lock (gate)
            {
                return end;
            }
        }
    }

    private static bool IsFailure(Exception error) => error is RpcException or OperationCanceledException { InnerException: RpcException };

    private HttpRequestMessage CreateRequest(HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(channel.Address, Method.FullName))
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("user-agent", "grpc-dotnet-butler/1.0");
        request.Headers.TryAddWithoutValidation(MessageEncoding.AcceptHeader, MessageEncoding.Accepted);
        if (deadline.Remaining is { } remaining)
        {
            request.Headers.TryAddWithoutValidation(TimeoutText.Header, TimeoutText.Format(remaining));
        }

        if (host is not null)
        {
            request.Headers.Host = host;
        }

        AddHeaders(request, Options.Headers);
        return request;
    }

    private async Task AddCredentialsAsync(HttpRequestMessage request)
    {
        if (!channel.IsSecure && !channel.Options.UnsafeUseInsecureChannelCallCredentials)
        {
            return;
        }

        var collector = new CredentialsCollector();
        foreach (var credentials in new[] { channel.CallCredentials, Options.Credentials })
        {
            credentials?.InternalPopulateConfiguration(collector, null);
        }

        var service = new Uri(channel.Address, "/" + Method.ServiceName).AbsoluteUri;
        foreach (var interceptor in collector.Interceptors)
        {
            var added = new Metadata();
            await interceptor(new AuthInterceptorContext(service, Method.Name, cancellation.Token), added).ConfigureAwait(false);
            AddHeaders(request, added);
        }
    }

    private static void AddHeaders(HttpRequestMessage request, Metadata? metadata)
    {
        foreach (var entry in metadata ?? Metadata.Empty)
        {
            request.Headers.TryAddWithoutValidation(entry.Key, MetadataText.Format(entry));
        }
    }

    private async Task<FrameReader<TResponse>> AcceptAsync(HttpResponseMessage received)
    {
        if (HttpErrors.Check(received) is { } refused)
        {
            throw new RpcException(refused);
        }

        var metadata = ResponseMetadata.Read(received.Headers);
        headers.TrySetResult(metadata);

        // A response without messages may carry the status in its only header block (Trailers-Only).
        if (ResponseMetadata.ReadStatus(received.Headers) is { } status)
        {
            End(status, metadata);
            if (status.StatusCode != StatusCode.OK)
            {
                throw Failure();
            }
        }

        var encoding = ResponseMetadata.First(received.Headers, MessageEncoding.EncodingHeader);
        // The call's own source is gone once the status is known.
        var body = await received.Content.ReadAsStreamAsync(Ending is null ? cancellation.Token : CancellationToken.None).ConfigureAwait(false);
        return new(PipeReader.Create(body), Method.ResponseMarshaller, channel.Options.MaxReceiveMessageSize, encoding);
    }

    private Status EndFromTrailers()
    {
        if (Ending is { } before)
        {
            return before.Status;
        }

        var trailers = response!.TrailingHeaders;
        End(
            ResponseMetadata.ReadStatus(trailers) ?? new Status(StatusCode.Cancelled, "No grpc-status found on response."),
            ResponseMetadata.Read(trailers));
        return Ending!.Value.Status;
    }

    /// <summary>For a response whose status was OK and whose messages do not fit.</summary>
    private Exception Replace(Status status)
    {
        lock (gate)
        {
            end = (status, end?.Trailers ?? Metadata.Empty);
        }

        return Failure();
    }

    private void End(Status status, Metadata trailers)
    {
        lock (gate)
        {
            if (end is not null)
            {
                return;
            }

            end = (status, trailers);
        }

        deadline.Dispose();
        if (status.StatusCode != StatusCode.OK)
        {
            // Resets the HTTP/2 stream if it is still open.
            Cancel();
            response?.Dispose();
            headers.TrySetException(Failure());
        }

        completed.TrySetResult();
        cancellation.Dispose();
    }
}
