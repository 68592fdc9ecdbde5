using System.Collections.Concurrent;
using System.Globalization;
using Butler.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Butler.ServiceDefaults.Access;

/// <summary>
/// Commands per minute and user (50 by default, <c>Butler:CommandsPerMinute</c>): a bucket that refills evenly, kept in the process;
/// with several replicas each gives its share. What changes something counts: posts, puts, patches and deletes by a known user; gRPC
/// only reads.
/// </summary>
internal sealed class CommandLimit
{
    private const int Default = 50;
    private const int MostUsers = 100_000;
    private readonly ConcurrentDictionary<Guid, Bucket> _buckets = new();
    private readonly RequestDelegate _next;
    private readonly TimeProvider _time;
    private readonly double _capacity;

    public CommandLimit(RequestDelegate next, IConfiguration configuration, TimeProvider time)
    {
        _next = next;
        _time = time;
        var perMinute = configuration.GetValue("Butler:CommandsPerMinute", Default);
        if (perMinute is < 1 or > 1_000_000)
        {
            throw new InvalidOperationException("Butler:CommandsPerMinute: must be 1 to 1000000.");
        }

        _capacity = Math.Max(1, (double)perMinute / Math.Max(1, configuration.GetValue("Butler:Replicas", 1)));
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (!IsCommand(context.Request) || Caller.TryOf(context.User) is not { } caller)
        {
            return _next(context);
        }

        if (_buckets.Count > MostUsers)
        {
            // A full bucket says nothing, and most are full.
            _buckets.Clear();
        }

        if (_buckets.GetOrAdd(caller.UserId, _ => new Bucket(_capacity, _time.GetTimestamp())).TryTake(_capacity, _time, out var wait))
        {
            return _next(context);
        }

        context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        throw new ApiException(ApiErrorCodes.TooManyRequests, "Too many commands in a minute; try again later.");
    }

    private static bool IsCommand(HttpRequest request) =>
        !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method)
        && request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) is not true;

    private sealed class Bucket(double tokens, long at)
    {
        private readonly Lock _gate = new();
        private double _tokens = tokens;
        private long _at = at;

        public bool TryTake(double capacity, TimeProvider time, out TimeSpan wait)
        {
            lock (_gate)
            {
                var now = time.GetTimestamp();
                _tokens = Math.Min(capacity, _tokens + (time.GetElapsedTime(_at, now).TotalMinutes * capacity));
                _at = now;
                wait = TimeSpan.FromMinutes((1 - _tokens) / capacity);
                if (_tokens < 1)
                {
                    return false;
                }

                _tokens--;
                return true;
            }
        }
    }
}
