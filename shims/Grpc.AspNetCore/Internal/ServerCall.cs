using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The one funnel of all calls: whatever a handler does, the caller gets a status.</summary>
internal static class ServerCall
{
    public static async Task RunAsync(HttpContext http, IMethod method, ServiceSettings settings, Func<HttpServerCallContext, Task> handler)
    {
        if (!RequestCheck.Accept(http))
        {
            return;
        }

        LiftBodyLimits(http, method.Type);
        http.Response.ContentType = RequestCheck.ContentType;
        await using var context = new HttpServerCallContext(http, method, settings);
        http.Features.Set<IServerCallContextFeature>(context);
        try
        {
            context.Start();
            await handler(context);
            await context.EndAsync(context.Status);
        }
        catch (Exception error)
        {
            await context.EndAsync(ToStatus(error, context, settings));
        }
    }

    private static Status ToStatus(Exception error, HttpServerCallContext context, ServiceSettings settings)
    {
        switch (error)
        {
            case RpcException rpc:
                ServerLog.Failed(settings.Log, context.Method, rpc.StatusCode);
                foreach (var trailer in rpc.Trailers)
                {
                    context.ResponseTrailers.Add(trailer);
                }

                return rpc.Status;

            case OperationCanceledException or IOException or InvalidOperationException when context.CancellationToken.IsCancellationRequested:
                ServerLog.Cancelled(settings.Log, context.Method);
                return context.IsDeadlineReached
                    ? new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded")
                    : new Status(StatusCode.Cancelled, "Call canceled.");

            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return MessageEncoding.TooLarge().Status;

            default:
                ServerLog.Crashed(settings.Log, context.Method, error);
                return new Status(
                    StatusCode.Unknown,
                    settings.DetailedErrors
                        ? $"Exception was thrown by handler. {error.GetType().Name}: {error.Message}"
                        : "Exception was thrown by handler.",
                    error);
        }
    }

    /// <summary>The limits on messages are ours; a stream may be long and slow.</summary>
    private static void LiftBodyLimits(HttpContext http, MethodType type)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (type is MethodType.ClientStreaming or MethodType.DuplexStreaming
            && http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }
}
