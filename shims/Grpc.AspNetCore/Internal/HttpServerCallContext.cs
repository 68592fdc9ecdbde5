using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>
/// A call on an HTTP request. Handler and deadline timer may both want to write or end the response:
/// a gate lets one of them do so at a time, and the first end wins.
/// </summary>
internal sealed class HttpServerCallContext : ServerCallContext, IServerCallContextFeature, IAsyncDisposable
{
    private static readonly HashSet<string> TransportHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        MessageEncoding.EncodingHeader, MessageEncoding.AcceptHeader, TimeoutText.Header, "content-type", "te", "host", "accept-encoding",
    };

    // Timers hold at most 2^32 - 2 ms. A caller that waits longer keeps its own time.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    private readonly HttpContext http;
    private readonly IMethod method;
    private readonly ServiceSettings settings;
    private readonly SemaphoreSlim gate = new(1);
    private readonly CancellationTokenSource cancellation;
    private readonly string? encoding;
    private readonly TimeSpan? timeout;
    private ITimer? timer;
    private Task? deadlineEnd;
    private Metadata? requestHeaders;
    private Metadata? responseTrailers;
    private bool bodyWritten;
    private bool ended;

    public HttpServerCallContext(HttpContext http, IMethod method, ServiceSettings settings)
    {
        this.http = http;
        this.method = method;
        this.settings = settings;
        cancellation = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        CancellationTokenCore = cancellation.Token;
        encoding = http.Request.Headers[MessageEncoding.EncodingHeader];
        if (http.Request.Headers[TimeoutText.Header] is [{ } text])
        {
            if (TimeoutText.TryParse(text, out var given))
            {
                timeout = given;
                var now = settings.Clock.GetUtcNow().UtcDateTime;
                DeadlineCore = given < DateTime.MaxValue - now ? now + given : DateTime.MaxValue;
            }
            else
            {
                ServerLog.InvalidTimeout(settings.Log, method.FullName);
            }
        }

        UserState[ServerCallContextExtensions.HttpContextKey] = http;
    }

    ServerCallContext IServerCallContextFeature.ServerCallContext => this;

    public bool IsDeadlineReached { get; private set; }

    protected override string MethodCore => method.FullName;

    protected override string HostCore => http.Request.Host.Value ?? "";

    protected override string PeerCore => http.Connection.RemoteIpAddress is not { } address ? "unknown"
        : address.AddressFamily == AddressFamily.InterNetworkV6
            ? string.Create(CultureInfo.InvariantCulture, $"ipv6:[{new IPAddress(address.GetAddressBytes())}]:{http.Connection.RemotePort}")
            : string.Create(CultureInfo.InvariantCulture, $"ipv4:{address}:{http.Connection.RemotePort}");

    protected override DateTime DeadlineCore { get; } = DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => requestHeaders ??= ReadRequestHeaders();

    protected override CancellationToken CancellationTokenCore { get; }

    protected override Metadata ResponseTrailersCore => responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => PeerCertificate.ToAuthContext(http.Connection.ClientCertificate);

    /// <summary>Starts the clock and checks what can be refused before the handler runs.</summary>
    /// <exception cref="RpcException">UNIMPLEMENTED for an unknown encoding.</exception>
    public void Start()
    {
        if (timeout < LongestTimer)
        {
            timer = settings.Clock.CreateTimer(
                static state => ((HttpServerCallContext)state!).OnDeadline(), this, timeout.Value, Timeout.InfiniteTimeSpan);
        }

        if (!MessageEncoding.IsKnown(encoding))
        {
            // doc/compression.md: the answer names what would have been understood.
            http.Response.Headers[MessageEncoding.AcceptHeader] = MessageEncoding.Accepted;
            throw new RpcException(new Status(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {MessageEncoding.Accepted}"));
        }
    }

    public FrameReader<T> CreateReader<T>(Marshaller<T> marshaller) =>
        new(http.Request.BodyReader, marshaller, settings.MaxReceiveMessageSize, encoding);

    public async Task<T> ReadSingleAsync<T>(Marshaller<T> marshaller) =>
        await CreateReader(marshaller).ReadSingleAsync(CancellationToken);

    /// <summary>Writes the only message; it leaves together with the trailers.</summary>
    public Task WriteSingleAsync<T>(T? message, Marshaller<T> marshaller)
        where T : class => message is null
            ? throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."))
            : WriteAsync(message, marshaller, flush: false, CancellationToken);

    public async Task WriteAsync<T>(T message, Marshaller<T> marshaller, bool flush, CancellationToken cancellationToken)
    {
        var frame = MessageFrame.Serialize(marshaller, message, settings.MaxSendMessageSize);
        await gate.WaitAsync(cancellationToken);
        try
        {
            CancellationToken.ThrowIfCancellationRequested();
            ThrowIfEnded();
            bodyWritten = true;
            if (flush)
            {
                await http.Response.BodyWriter.WriteAsync(frame, cancellationToken);
            }
            else
            {
                http.Response.BodyWriter.Write(frame.Span);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Sends the status, unless the call has ended.</summary>
    public async Task EndAsync(Status status)
    {
        await gate.WaitAsync(CancellationToken.None);
        try
        {
            if (ended)
            {
                return;
            }

            ended = true;
            if (http.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            // Without a message before it, the status goes into the only header block (Trailers-Only).
            var destination = bodyWritten || http.Response.HasStarted
                ? http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
                : http.Response.Headers;
            foreach (var entry in ResponseTrailers)
            {
                AddTo(destination, entry);
            }

            RequestCheck.SetStatus(destination, status);
            await http.Response.CompleteAsync();
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (timer is not null)
        {
            // Waits for a timer callback under way, which may have begun to end the call.
            await timer.DisposeAsync();
            await (deadlineEnd ?? Task.CompletedTask);
        }

        cancellation.Dispose();
        gate.Dispose();
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        await gate.WaitAsync(CancellationToken);
        try
        {
            ThrowIfEnded();
            if (bodyWritten || http.Response.HasStarted)
            {
                throw new InvalidOperationException("Response headers can only be sent once per call.");
            }

            foreach (var entry in responseHeaders)
            {
                AddTo(http.Response.Headers, entry);
            }

            await http.Response.BodyWriter.FlushAsync(CancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotImplementedException("CreatePropagationToken will not be implemented.");

    private void OnDeadline()
    {
        IsDeadlineReached = true;

        // The handler is told first: it may hold the gate in a write that only cancellation ends.
        cancellation.Cancel();
        deadlineEnd = EndAsync(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
    }

    private void ThrowIfEnded()
    {
        if (ended)
        {
            throw new InvalidOperationException("Can't write the message because the request is complete.");
        }
    }

    private Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in http.Request.Headers)
        {
            if (TransportHeaders.Contains(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                MetadataText.Add(metadata, name.ToLowerInvariant(), value ?? "");
            }
        }

        return metadata;
    }

    private void AddTo(IHeaderDictionary destination, Metadata.Entry entry)
    {
        var value = MetadataText.Format(entry);

        // ASCII-Value of PROTOCOL-HTTP2.md. One bad value would otherwise break the whole response.
        if (value.All(c => c is >= ' ' and <= '~'))
        {
            destination.Append(entry.Key, value);
        }
        else
        {
            ServerLog.InvalidTrailer(settings.Log, Method, entry.Key);
        }
    }
}
