using System.Globalization;
using System.Threading.RateLimiting;
using Butler.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.ServiceDefaults.Access;

/// <summary>Commands per minute and user: whatever changes something, asked for by somebody who is signed in. Reading is not limited.</summary>
public static class CommandLimit
{
    /// <summary>The configuration key; 1 to 100,000.</summary>
    public const string Key = "Butler:CommandsPerMinute";

    /// <summary>The default.</summary>
    public const int Default = 50;

    private const int Most = 100_000;

    /// <summary>Answers 429 with Retry-After to a user's command beyond the limit. Call it after authentication.</summary>
    /// <param name="app">The application.</param>
    /// <exception cref="InvalidOperationException">The configured limit is out of its range.</exception>
    public static WebApplication UseCommandLimit(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var limit = app.Configuration.GetValue(Key, Default);
        if (limit is < 1 or > Most)
        {
            throw new InvalidOperationException($"{Key}: must be 1 to {Most}.");
        }

        var limiter = PartitionedRateLimiter.Create<Guid, Guid>(user => RateLimitPartition.GetSlidingWindowLimiter(
            user, _ => new() { PermitLimit = limit, Window = TimeSpan.FromMinutes(1), SegmentsPerWindow = 6, QueueLimit = 0 }));
        app.Lifetime.ApplicationStopped.Register(limiter.Dispose);
        app.Use((http, next) =>
        {
            if (!IsCommand(http.Request) || Caller.TryOf(http.User) is not { } caller)
            {
                return next(http);
            }

            using var lease = limiter.AttemptAcquire(caller.UserId);
            if (lease.IsAcquired)
            {
                return next(http);
            }

            var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) && after > TimeSpan.Zero ? after : TimeSpan.FromMinutes(1);
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return ErrorWriter.WriteAsync(http, ErrorWriter.ForStatus(StatusCodes.Status429TooManyRequests), http.RequestServices.GetRequiredService<TimeProvider>());
        });
        return app;
    }

    private static bool IsCommand(HttpRequest request) => !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method);
}
