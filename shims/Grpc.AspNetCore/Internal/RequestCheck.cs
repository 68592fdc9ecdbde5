using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Which HTTP requests are gRPC calls, and the answers to those that are not.</summary>
internal static class RequestCheck
{
    public const string ContentType = "application/grpc";

    /// <summary>Whether this is a call; if not, the response says why.</summary>
    public static bool Accept(HttpContext http)
    {
        if (!IsGrpcContentType(http.Request.ContentType))
        {
            // PROTOCOL-HTTP2.md, Content-Type: anything else is answered 415.
            Refuse(http, StatusCodes.Status415UnsupportedMediaType, $"Content-Type '{http.Request.ContentType}' is not supported.");
            return false;
        }

        if (!HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
        {
            Refuse(http, StatusCodes.Status426UpgradeRequired, $"Request protocol '{http.Request.Protocol}' is not supported.");
            return false;
        }

        return true;
    }

    public static Task AnswerUnknownAsync(HttpContext http, string detail)
    {
        if (Accept(http))
        {
            http.Response.ContentType = ContentType;
            SetStatus(http.Response.Headers, new Status(StatusCode.Unimplemented, detail));
        }

        return Task.CompletedTask;
    }

    public static void SetStatus(IHeaderDictionary destination, Status status)
    {
        destination[StatusText.StatusHeader] = ((int)status.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            destination[StatusText.MessageHeader] = StatusText.Encode(status.Detail);
        }
    }

    /// <summary>"application/grpc", with "+proto" or another message format, with parameters; not "application/grpc-web".</summary>
    public static bool IsGrpcContentType(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is ';' or '+' or ' ');

    private static void Refuse(HttpContext http, int httpStatus, string detail)
    {
        http.Response.StatusCode = httpStatus;
        SetStatus(http.Response.Headers, new Status(StatusCode.Internal, detail));
    }
}

/// <summary>Matches gRPC requests only.</summary>
internal sealed class GrpcRequestConstraint : IRouteConstraint
{
    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is null || RequestCheck.IsGrpcContentType(httpContext.Request.ContentType);
}
