using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Butler.ServiceDefaults.Telemetry;

/// <summary>Instruments of DESIGN section 9 for HTTP.</summary>
internal sealed class HttpMetrics
{
    public const string MeterName = "Butler.Http";

    public HttpMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        Requests = meter.CreateCounter<long>("http_requests_total", description: "Requests by method, route template and status.");
        Duration = meter.CreateHistogram<double>("http_request_duration_seconds", "s", "Time to answer; streams are not counted.");
    }

    public Counter<long> Requests { get; }

    public Histogram<double> Duration { get; }
}

internal sealed class HttpMetricsMiddleware(RequestDelegate next, HttpMetrics metrics, TimeProvider time)
{
    private static readonly HashSet<string> s_methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    public async Task InvokeAsync(HttpContext context)
    {
        var start = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var method = s_methods.Contains(context.Request.Method) ? context.Request.Method : "other";
            // The template, never the path: a path holds ids.
            var endpoint = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unmatched";
            metrics.Requests.Add(1, new("method", method), new("endpoint", endpoint), new("status", context.Response.StatusCode.ToString(CultureInfo.InvariantCulture)));
            if (!IsStream(context.Response.ContentType))
            {
                metrics.Duration.Record(time.GetElapsedTime(start).TotalSeconds, new("method", method), new("endpoint", endpoint));
            }
        }
    }

    private static bool IsStream(string? contentType) =>
        contentType is not null
        && (contentType.StartsWith("text/event-stream", StringComparison.Ordinal) || contentType.StartsWith("application/grpc", StringComparison.Ordinal));
}
