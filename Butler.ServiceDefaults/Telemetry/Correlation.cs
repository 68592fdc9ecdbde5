using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Butler.ServiceDefaults.Telemetry;

/// <summary>The id that ties an API call to everything it causes, down to the draft.</summary>
public static class Correlation
{
    /// <summary>Callers may bring their own as a UUID; it comes back under the same name.</summary>
    public const string Header = "X-Correlation-Id";

    private static readonly object s_key = new();

    /// <summary>The id of a request, which is also its <c>request_id</c> in errors.</summary>
    /// <param name="context">The request.</param>
    public static Guid Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Items[s_key] is Guid id)
        {
            return id;
        }

        var made = Guid.TryParse(context.Request.Headers[Header], out var given) && given != Guid.Empty ? given : Guid.CreateVersion7();
        context.Items[s_key] = made;
        return made;
    }

    /// <summary>Puts the id on every log line written inside, for handlers of messages.</summary>
    /// <param name="logger">The logger.</param>
    /// <param name="correlationId">The message's correlation id.</param>
    public static IDisposable? BeginCorrelation(this ILogger logger, Guid correlationId)
    {
        ArgumentNullException.ThrowIfNull(logger);
        return logger.BeginScope(new[] { new KeyValuePair<string, object?>("CorrelationId", correlationId) });
    }
}

internal sealed class CorrelationMiddleware(RequestDelegate next, ILogger<CorrelationMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var id = Correlation.Of(context);
        context.Response.Headers[Correlation.Header] = id.ToString();
        using (logger.BeginCorrelation(id))
        {
            await next(context);
        }
    }
}
