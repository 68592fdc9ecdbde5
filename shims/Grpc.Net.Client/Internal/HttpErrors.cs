using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>What HTTP reports, as gRPC statuses.</summary>
internal static class HttpErrors
{
    /// <summary>Null for a gRPC response, else the status that stands for it.</summary>
    public static Status? Check(HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            // A status in the headers says more than the HTTP code does.
            return ResponseMetadata.ReadStatus(response.Headers) is { StatusCode: not StatusCode.OK } status
                ? status
                : new Status(FromHttp(response.StatusCode), string.Create(
                    CultureInfo.InvariantCulture, $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}"));
        }

        if (response.Version < HttpVersion.Version20)
        {
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version}.");
        }

        var type = response.Content.Headers.ContentType?.MediaType;
        if (type is null || !(type.Equals("application/grpc", StringComparison.OrdinalIgnoreCase)
            || type.StartsWith("application/grpc+", StringComparison.OrdinalIgnoreCase)))
        {
            // A response that is trailers only may leave the content type out.
            return ResponseMetadata.ReadStatus(response.Headers) is not null && type is null
                ? null
                : new Status(StatusCode.Cancelled, type is null ? "Bad gRPC response. Response did not have a content-type header." : "Bad gRPC response. Invalid content-type value: " + type);
        }

        var encoding = ResponseMetadata.First(response.Headers, MessageEncoding.EncodingHeader);
        return MessageEncoding.IsKnown(encoding) ? null
            : new Status(StatusCode.Internal, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {MessageEncoding.Accepted}");
    }

    /// <summary>The status of an exception of the HTTP client.</summary>
    public static Status ToStatus(Exception error, string doing)
    {
        var text = doing;
        StatusCode? code = null;
        for (var current = error; current is not null; current = current.InnerException)
        {
            text += $" {current.GetType().Name}: {current.Message}";
            code ??= current switch
            {
                HttpProtocolException protocol => FromReset(protocol.ErrorCode),
                SocketException => StatusCode.Unavailable,
                HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } => StatusCode.Unavailable,
                HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => StatusCode.Unavailable,
                _ => null,
            };
        }

        return new Status(code ?? StatusCode.Internal, text, error);
    }

    // doc/http-grpc-status-mapping.md
    private static StatusCode FromHttp(HttpStatusCode status) => (int)status switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    // PROTOCOL-HTTP2.md, Errors: codes of RFC 9113 section 7.
    private static StatusCode FromReset(long code) => code switch
    {
        0x7 => StatusCode.Unavailable,
        0x8 => StatusCode.Cancelled,
        0xB => StatusCode.ResourceExhausted,
        0xC => StatusCode.PermissionDenied,
        _ => StatusCode.Internal,
    };
}
