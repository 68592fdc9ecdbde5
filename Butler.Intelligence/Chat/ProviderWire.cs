using System.Globalization;
using System.Text.Json;

namespace Butler.Intelligence.Chat;

/// <summary>
/// Reads what both vendors say beside the answer: status, error body, Retry-After and rate-limit headers. One place for all SDKs: an
/// error becomes a <see cref="ChatException"/> here, whatever the SDK would make of it. Nothing of a body is kept.
/// </summary>
internal sealed class ProviderWire(ProviderState state, TimeProvider time) : DelegatingHandler
{
    /// <summary>The largest answer that is read.</summary>
    private const int MaxBytes = 1024 * 1024;

    // A rate limit that names no time.
    private static readonly TimeSpan s_unnamed = TimeSpan.FromSeconds(60);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await base.SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(MaxBytes, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new ChatException(state.Name, ChatFault.Unreachable, inner: e);
        }

        var now = time.GetUtcNow();
        if (response.IsSuccessStatusCode)
        {
            state.NotBefore(RateLimits.Exhausted(response.Headers, now));
            return response;
        }

        using (response)
        {
            var status = (int)response.StatusCode;
            var (type, code, message) = Read(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            var retryAt = RateLimits.RetryAt(response.Headers, now);
            var fault = Classify(status, type, code, message, retryAt is not null);
            if (fault == ChatFault.BadRequest && Has(message, "temperature"))
            {
                state.RefusesTemperature();
            }

            if (fault == ChatFault.RateLimit)
            {
                retryAt ??= RateLimits.Exhausted(response.Headers, now) ?? now + s_unnamed;
                state.NotBefore(retryAt);
            }

            throw new ChatException(state.Name, fault, status, fault.IsBlocking() ? null : retryAt);
        }
    }

    /// <summary>The tables of both vendors (docs/chat.md).</summary>
    internal static ChatFault Classify(int status, string type, string code, string message, bool hasRetryAfter)
    {
        bool Says(string word) => type.Contains(word, StringComparison.OrdinalIgnoreCase) || code.Contains(word, StringComparison.OrdinalIgnoreCase);
        switch (status)
        {
            case 401 or 403:
                return Says("billing") || Says("credit") ? ChatFault.OutOfCredit : ChatFault.Unauthorized;
            case 402:
                return ChatFault.OutOfCredit;
            case 404:
                return ChatFault.UnknownModel;
            case 429:
                // A monthly cap comes as 429 too, without a time after which it would be over.
                return Says("insufficient_quota") || Says("spend_limit") || Says("billing") || (!hasRetryAfter && Has(message, "spend limit", "quota", "credit")) ? ChatFault.OutOfCredit : ChatFault.RateLimit;
            case 503 or 529:
                return ChatFault.Overloaded;
            case 408 or 409 or >= 500:
                return ChatFault.ServerError;
            default:
                return Says("insufficient_quota") || Says("billing") || Has(message, "credit balance", "spend limit", "usage limit") ? ChatFault.OutOfCredit : ChatFault.BadRequest;
        }
    }

    private static bool Has(string message, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (message.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>OpenAI: error.type, error.code. Anthropic: error.type, error.details.error_code.</summary>
    private static (string Type, string Code, string Message) Read(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (!document.RootElement.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object)
            {
                return ("", "", "");
            }

            string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
            var code = Text(error, "code");
            return (Text(error, "type"), code.Length == 0 && error.TryGetProperty("details", out var details) && details.ValueKind == JsonValueKind.Object ? Text(details, "error_code") : code, Text(error, "message"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return ("", "", ""); // A proxy's page, or nothing.
        }
    }
}

/// <summary>Both vendors' rate-limit headers.</summary>
internal static class RateLimits
{
    // What a header may ask for at most; a wrong one must not switch a provider off for days.
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    private static readonly string[] s_openai = ["requests", "tokens"];
    private static readonly string[] s_anthropic = ["requests", "tokens", "input-tokens", "output-tokens"];

    /// <summary>When an exhausted limit is over again; null: none is exhausted.</summary>
    public static DateTimeOffset? Exhausted(System.Net.Http.Headers.HttpResponseHeaders headers, DateTimeOffset now)
    {
        DateTimeOffset? latest = null;
        void Take(string remaining, string reset)
        {
            if (Value(headers, remaining) is "0" && Value(headers, reset) is { } text && Reset(text, now) is { } at && (latest is null || at > latest))
            {
                latest = at;
            }
        }

        foreach (var kind in s_openai)
        {
            Take($"x-ratelimit-remaining-{kind}", $"x-ratelimit-reset-{kind}");
        }

        foreach (var kind in s_anthropic)
        {
            Take($"anthropic-ratelimit-{kind}-remaining", $"anthropic-ratelimit-{kind}-reset");
        }

        return latest;
    }

    /// <summary>Retry-After in seconds or as a date (RFC 9110 section 10.2.3), or retry-after-ms.</summary>
    public static DateTimeOffset? RetryAt(System.Net.Http.Headers.HttpResponseHeaders headers, DateTimeOffset now) =>
        double.TryParse(Value(headers, "retry-after-ms"), NumberStyles.Float, CultureInfo.InvariantCulture, out var ms) && ms >= 0 ? Bounded(now.AddMilliseconds(Math.Min(ms, s_longest.TotalMilliseconds)), now)
        : headers.RetryAfter is { Delta: { } delta } ? Bounded(now + (delta < s_longest ? delta : s_longest), now)
        : headers.RetryAfter is { Date: { } date } ? Bounded(date, now)
        : null;

    /// <summary>A duration such as 1s, 6m0s, 250ms (OpenAI), or a time of RFC 3339 (Anthropic).</summary>
    internal static DateTimeOffset? Reset(string text, DateTimeOffset now)
    {
        if (Duration(text) is { } duration)
        {
            return Bounded(now + (duration < s_longest ? duration : s_longest), now);
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) && text.Contains('-', StringComparison.Ordinal) ? Bounded(at, now) : null;
    }

    private static TimeSpan? Duration(string text)
    {
        var total = TimeSpan.Zero;
        var at = 0;
        while (at < text.Length)
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            {
                at++;
            }

            if (at == start || !double.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > 1e7)
            {
                return null;
            }

            var unit = text.AsSpan(at) switch
            {
                ['m', 's', ..] => 2,
                ['d' or 'h' or 'm' or 's', ..] => 1,
                _ => 0,
            };
            if (unit == 0)
            {
                return null;
            }

            total += unit == 2 ? TimeSpan.FromMilliseconds(number) : text[at] switch
            {
                'd' => TimeSpan.FromDays(number),
                'h' => TimeSpan.FromHours(number),
                'm' => TimeSpan.FromMinutes(number),
                _ => TimeSpan.FromSeconds(number),
            };
            at += unit;
        }

        return text.Length == 0 ? null : total;
    }

    private static DateTimeOffset Bounded(DateTimeOffset at, DateTimeOffset now) => at < now ? now : at > now + s_longest ? now + s_longest : at;

    private static string? Value(System.Net.Http.Headers.HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) && values.FirstOrDefault() is { Length: > 0 and < 64 } value ? value.Trim() : null;
}
