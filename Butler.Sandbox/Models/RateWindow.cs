using System.Globalization;

namespace Butler.Sandbox.Models;

/// <summary>What is left of a minute's requests and tokens; both fill up evenly, as token buckets do.</summary>
internal sealed class RateWindow(ModelsOptions options, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private Bucket _requests = new(options.RequestsPerMinute, clock.GetTimestamp());
    private Bucket _tokens = new(options.TokensPerMinute, clock.GetTimestamp());

    /// <summary>Takes a call's share. False: there was not enough, and the limits are kept.</summary>
    public bool TryTake(int tokens, out RateState state)
    {
        lock (_gate)
        {
            Fill(ref _requests);
            Fill(ref _tokens);
            var enough = !options.Enforced || (_requests.Left >= 1 && _tokens.Left >= Math.Min(tokens, _tokens.Limit));
            if (enough)
            {
                _requests.Left = Math.Max(0, _requests.Left - 1);
                _tokens.Left = Math.Max(0, _tokens.Left - tokens);
            }

            state = new(_requests.Limit, (int)_requests.Left, Full(_requests), _tokens.Limit, (int)_tokens.Left, Full(_tokens),
                enough ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Max(Until(_requests, 1), Until(_tokens, Math.Min(tokens, _tokens.Limit)))));
            return enough;
        }
    }

    private static double Until(Bucket bucket, double wanted) => Math.Max(0, wanted - bucket.Left) / bucket.Limit * 60;

    private static TimeSpan Full(Bucket bucket) => TimeSpan.FromSeconds(Until(bucket, bucket.Limit));

    private void Fill(ref Bucket bucket)
    {
        var now = clock.GetTimestamp();
        bucket.Left = Math.Min(bucket.Limit, bucket.Left + (clock.GetElapsedTime(bucket.At, now).TotalSeconds * bucket.Limit / 60));
        bucket.At = now;
    }

    private record struct Bucket(int Limit, long At)
    {
        public double Left { get; set; } = Limit;
    }
}

/// <summary>What the rate limit headers say.</summary>
internal sealed record RateState(int RequestLimit, int RequestsLeft, TimeSpan RequestsFull, int TokenLimit, int TokensLeft, TimeSpan TokensFull, TimeSpan Wait)
{
    /// <summary>OpenAI: limits, remainders and, as duration strings, when the bucket is full again.</summary>
    public void WriteOpenAI(IHeaderDictionary headers)
    {
        headers["x-ratelimit-limit-requests"] = Number(RequestLimit);
        headers["x-ratelimit-limit-tokens"] = Number(TokenLimit);
        headers["x-ratelimit-remaining-requests"] = Number(RequestsLeft);
        headers["x-ratelimit-remaining-tokens"] = Number(TokensLeft);
        headers["x-ratelimit-reset-requests"] = Duration(RequestsFull);
        headers["x-ratelimit-reset-tokens"] = Duration(TokensFull);
    }

    /// <summary>Anthropic: the same, with RFC 3339 times; what is left of tokens is rounded to 1,000.</summary>
    public void WriteAnthropic(IHeaderDictionary headers, DateTimeOffset now)
    {
        Write("requests", RequestLimit, RequestsLeft, RequestsFull);
        var rounded = (TokensLeft + 500) / 1000 * 1000;
        Write("tokens", TokenLimit, rounded, TokensFull);
        Write("input-tokens", TokenLimit, rounded, TokensFull);
        Write("output-tokens", TokenLimit, rounded, TokensFull);

        void Write(string what, int limit, int left, TimeSpan full)
        {
            headers[$"anthropic-ratelimit-{what}-limit"] = Number(limit);
            headers[$"anthropic-ratelimit-{what}-remaining"] = Number(left);
            headers[$"anthropic-ratelimit-{what}-reset"] = (now + full).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Such as <c>6m0s</c>, <c>1s</c>, <c>17ms</c>: Go's way to write a duration.</summary>
    internal static string Duration(TimeSpan time) =>
        time.TotalSeconds < 1 ? $"{Math.Ceiling(time.TotalMilliseconds):0}ms"
        : time.TotalMinutes < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s")
        : time.TotalHours < 1 ? $"{(int)time.TotalMinutes}m{time.Seconds}s"
        : $"{(int)time.TotalHours}h{time.Minutes}m{time.Seconds}s";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
