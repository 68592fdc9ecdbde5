using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Log messages of calls. They name methods and codes, never what was sent.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "Call of '{Method}' ended with status code '{StatusCode}'.", EventName = "RpcConnectionError")]
    public static partial void Failed(ILogger log, string method, StatusCode statusCode);

    [LoggerMessage(2, LogLevel.Debug, "Call of '{Method}' was cancelled.", EventName = "CallCancelled")]
    public static partial void Cancelled(ILogger log, string method);

    [LoggerMessage(3, LogLevel.Error, "Error when executing service method '{Method}'.", EventName = "ErrorExecutingServiceMethod")]
    public static partial void Crashed(ILogger log, string method, Exception error);

    [LoggerMessage(4, LogLevel.Debug, "The grpc-timeout of a call of '{Method}' is invalid and was ignored.", EventName = "InvalidTimeoutIgnored")]
    public static partial void InvalidTimeout(ILogger log, string method);

    [LoggerMessage(5, LogLevel.Warning, "A trailer of '{Method}' under key '{Key}' holds characters that HTTP forbids and was left out.", EventName = "InvalidTrailer")]
    public static partial void InvalidTrailer(ILogger log, string method, string key);
}
