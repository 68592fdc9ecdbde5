using System.Globalization;
using System.Text;
using Butler.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Http;

namespace Butler.ServiceDefaults.Errors;

/// <summary>The error format: <c>{"error": {code, message, details, timestamp, request_id}}</c>.</summary>
/// <param name="Error">The error.</param>
public sealed record ErrorBody(ErrorContent Error);

/// <summary>What an error says.</summary>
/// <param name="Code">One of <see cref="ApiErrorCodes"/>.</param>
/// <param name="Message">For people.</param>
/// <param name="Details">For programs.</param>
/// <param name="Timestamp">When (UTC).</param>
/// <param name="RequestId">The request's correlation id.</param>
public sealed record ErrorContent(string Code, string Message, IReadOnlyDictionary<string, object?> Details, DateTimeOffset Timestamp, Guid RequestId);

/// <summary>Draws an error for a browser; a service with pages registers one. Without it all errors are JSON.</summary>
public interface IErrorPage
{
    /// <summary>Writes the page when this request wants one.</summary>
    /// <param name="context">The request; its status is set.</param>
    /// <param name="error">The error.</param>
    /// <returns>False when the request wants JSON.</returns>
    Task<bool> TryWriteAsync(HttpContext context, ErrorContent error);
}

/// <summary>Writes errors.</summary>
public static class ErrorWriter
{
    /// <summary>Answers with <paramref name="error"/>.</summary>
    /// <param name="context">The request.</param>
    /// <param name="error">The error.</param>
    /// <param name="time">The clock.</param>
    /// <param name="page">Draws for browsers.</param>
    public static async Task WriteAsync(HttpContext context, ApiException error, TimeProvider time, IErrorPage? page = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(error);
        ArgumentNullException.ThrowIfNull(time);
        context.Response.StatusCode = error.Status;
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true)
        {
            WriteGrpc(context, error);
            return;
        }

        var content = new ErrorContent(error.Code, error.Message, error.Details, time.GetUtcNow(), Correlation.Of(context));
        if (page is not null && await page.TryWriteAsync(context, content))
        {
            return;
        }

        context.Response.ContentLength = null;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(new ErrorBody(content), ApiJson.Options, "application/json; charset=utf-8", context.RequestAborted);
    }

    /// <summary>The error that stands for a bare status.</summary>
    /// <param name="status">400 or above.</param>
    public static ApiException ForStatus(int status) => status switch
    {
        401 => ApiErrors.Unauthorized(),
        403 => ApiErrors.Forbidden(),
        404 => new(ApiErrorCodes.NotFound, "There is nothing at this address."),
        405 => new(ApiErrorCodes.MethodNotAllowed, "This address does not take this method."),
        409 => ApiErrors.Conflict("The state does not allow this."),
        413 => new(ApiErrorCodes.PayloadTooLarge, $"The body is too large; at most {ServiceDefaultsExtensions.MaxRequestBytes / 1024} KiB are taken."),
        415 => new(ApiErrorCodes.UnsupportedMediaType, "Send application/json."),
        429 => new(ApiErrorCodes.TooManyRequests, "Too many requests; try again later."),
        503 => new(ApiErrorCodes.Unavailable, "Butler is not ready; try again shortly."),
        >= 500 => new(ApiErrorCodes.Internal, "Something went wrong here. The log has it under this request id."),
        _ => new(ApiErrorCodes.InvalidRequest, "The request cannot be understood."),
    };

    // A refusal before the gRPC handler runs: a trailers-only response (gRPC over HTTP/2, "Responses").
    private static void WriteGrpc(HttpContext context, ApiException error)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = error.Status switch
        {
            401 => "16",
            403 => "7",
            404 or 405 => "12",
            413 or 429 => "8",
            503 => "14",
            >= 500 => "13",
            _ => "3",
        };
        context.Response.Headers["grpc-message"] = Percent(error.Message);
    }

    // grpc-message is percent-encoded UTF-8: all but printable ASCII, and the percent sign (gRPC over HTTP/2, "Status-Message").
    private static string Percent(string message)
    {
        var text = new StringBuilder(message.Length);
        foreach (var b in Encoding.UTF8.GetBytes(message))
        {
            _ = b is >= 0x20 and <= 0x7E and not (byte)'%' ? text.Append((char)b) : text.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return text.ToString();
    }
}
