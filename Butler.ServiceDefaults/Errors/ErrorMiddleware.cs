using System.Data.Common;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Butler.ServiceDefaults.Errors;

internal static class ErrorSetup
{
    public static void AddButlerErrors(this IServiceCollection services) =>
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
}

/// <summary>The one funnel for what goes wrong in a request (STYLE 12).</summary>
internal sealed partial class ErrorMiddleware(RequestDelegate next, TimeProvider time, ILogger<ErrorMiddleware> logger, IEnumerable<IErrorPage> pages)
{
    private readonly IErrorPage? _page = pages.FirstOrDefault();

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return; // the caller has gone
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            var error = Translate(exception);
            var retryAfter = context.Response.Headers.RetryAfter;
            context.Response.Clear();
            context.Response.Headers.RetryAfter = retryAfter;
            context.Response.Headers[Telemetry.Correlation.Header] = Telemetry.Correlation.Of(context).ToString();
            await ErrorWriter.WriteAsync(context, error, time, _page);
            return;
        }

        var response = context.Response;
        if (response is { HasStarted: false, StatusCode: >= 400, ContentType: null } && response.ContentLength is null or 0)
        {
            await ErrorWriter.WriteAsync(context, ErrorWriter.ForStatus(response.StatusCode), time, _page);
        }
    }

    /// <summary>SQLSTATE character_not_in_repertoire: PostgreSQL has no U+0000 in text, and a caller can send one anywhere.</summary>
    private const string NotText = "22021";

    private ApiException Translate(Exception exception)
    {
        switch (exception)
        {
            case ApiException api:
                return api;
            case BadHttpRequestException { InnerException: JsonException }:
                return new(ApiErrorCodes.InvalidJson, "The body is not the JSON that is expected here.");
            case BadHttpRequestException { StatusCode: 400 }:
                // Its message repeats what came.
                return new(ApiErrorCodes.InvalidRequest, "A parameter or the body is missing or malformed.");
            case BadHttpRequestException bad:
                return ErrorWriter.ForStatus(bad.StatusCode);
            case DbException { SqlState: NotText } or InvalidOperationException { InnerException: DbException { SqlState: NotText } }:
                return new(ApiErrorCodes.InvalidRequest, "A parameter holds the character U+0000, which is no text.");
            case DbException { IsTransient: true } or TimeoutException:
                LogUnavailable(exception.GetType().Name);
                return ErrorWriter.ForStatus(503);
            // EF and pools wrap what the driver threw.
            case InvalidOperationException { InnerException: DbException { IsTransient: true } }:
                LogUnavailable(exception.InnerException.GetType().Name);
                return ErrorWriter.ForStatus(503);
            default:
                LogFailed(exception);
                return ErrorWriter.ForStatus(500);
        }
    }

    [LoggerMessage(9001, LogLevel.Error, "A request failed")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(9002, LogLevel.Warning, "The database did not answer a request: {Reason}")]
    private partial void LogUnavailable(string reason);
}
