using Grpc.Core;
using Grpc.Net.Client.Internal;

namespace Grpc.Net.Client;

/// <summary>Calls to one address over HTTP/2, over cleartext with prior knowledge. Thread-safe; make one and keep it.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly HttpMessageInvoker http;
    private readonly bool ownsHttp;
    private readonly CancellationTokenSource disposed = new();

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        if (options.HttpClient is not null && options.HttpHandler is not null)
        {
            throw new ArgumentException($"{nameof(HttpClient)} and {nameof(options.HttpHandler)} have been configured. Only one HTTP caller can be specified.", nameof(options));
        }

        Address = address;
        Options = options;
        IsSecure = CheckSecurity(address, options.Credentials);
        CallCredentials = options.Credentials?.CallCredentials;
        ownsHttp = options.DisposeHttpClient || (options.HttpClient is null && options.HttpHandler is null);
        http = options.HttpClient ?? new HttpMessageInvoker(options.HttpHandler ?? CreateHandler(), disposeHandler: ownsHttp);
    }

    internal Uri Address { get; }

    internal GrpcChannelOptions Options { get; }

    internal bool IsSecure { get; }

    internal CallCredentials? CallCredentials { get; }

    internal TimeProvider Clock { get; } = TimeProvider.System;

    /// <summary>Cancelled when the channel is disposed; ends its calls.</summary>
    internal CancellationToken Disposed => disposed.Token;

    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        return new(address, channelOptions);
    }

    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(disposed.IsCancellationRequested, this);
        return new HttpCallInvoker(this);
    }

    public void Dispose()
    {
        if (disposed.IsCancellationRequested)
        {
            return;
        }

        disposed.Cancel();
        if (ownsHttp)
        {
            http.Dispose();
        }
    }

    /// <summary>Sends a request and returns at the response's headers.</summary>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        http is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : http.SendAsync(request, cancellationToken);

    private static SocketsHttpHandler CreateHandler() => new()
    {
        // A server allows about 100 streams on a connection; more calls than that open another.
        EnableMultipleHttp2Connections = true,
        AllowAutoRedirect = false,
        UseCookies = false,
    };

    private static bool CheckSecurity(Uri address, ChannelCredentials? credentials)
    {
        var secure = address.Scheme switch
        {
            "https" => true,
            "http" => false,
            _ => throw new InvalidOperationException($"No address resolver configured for the scheme '{address.Scheme}'."),
        };
        return credentials is null || credentials.IsSecure == secure
            ? secure
            : throw new InvalidOperationException(
                $"Channel is configured with {(secure ? "insecure" : "secure")} channel credentials and can't use a HttpClient with a '{address.Scheme}' scheme.");
    }
}
