using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Butler.Mailboxes.Gmail;

/// <summary>Google's error body: what decides, and nothing that could hold mail or an address.</summary>
/// <param name="Reason">The first error's reason, or the status (RESOURCE_EXHAUSTED); null when the body names none.</param>
/// <param name="RetryAfter">The time in a text "Retry after 2025-08-22T18:22:38.763Z".</param>
/// <param name="Disabled">The text says that the account has no Gmail ("Mail service not enabled").</param>
/// <param name="Concurrent">The text speaks of concurrent calls; the reason is the same as for other limits.</param>
internal readonly record struct GmailErrorBody(string? Reason, DateTimeOffset? RetryAfter, bool Disabled, bool Concurrent = false);

/// <summary>What the refused call was, as far as the meaning of an error depends on it.</summary>
/// <param name="Endpoint">The method, for messages.</param>
/// <param name="Write">A write: after a 5xx it may have been carried out.</param>
/// <param name="NotFound">What a 404 means here.</param>
/// <param name="Paged">The call carried a page token, so a 400 most likely is about it.</param>
internal readonly record struct GmailCall(GmailEndpoint Endpoint, bool Write = false, MailboxFault NotFound = MailboxFault.NotFound, bool Paged = false);

/// <summary>Google's errors as faults, decided by the reason and not only by the status (facts/gmail-api.md section 9).</summary>
internal static partial class GmailErrors
{
    // Without a word from Google: longer than a batch takes, short enough for a user who waits.
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(2);

    // A wait beyond a day is not believed.
    private static readonly TimeSpan MaxWait = TimeSpan.FromHours(24);

    public static MailboxException Map(int status, GmailErrorBody body, DateTimeOffset? retryAt, DateTimeOffset now, GmailCall call)
    {
        var said = $"Gmail refused {call.Endpoint.Name}: {status.ToString(CultureInfo.InvariantCulture)} {body.Reason}".TrimEnd();
        var unknown = call.Write && status >= 500;
        return (status, body.Reason) switch
        {
            (403 or 429, "dailyLimitExceeded") => new(MailboxFault.DailyQuota, said) { Scope = QuotaScope.Day, Reason = body.Reason, RetryAt = retryAt ?? Quota.QuotaLimits.NextDay(now) },
            (429, _) or (403, "rateLimitExceeded" or "userRateLimitExceeded" or "quotaExceeded" or "concurrentLimitExceeded" or "RESOURCE_EXHAUSTED")
                => new(MailboxFault.Throttled, said) { Scope = Scope(status, body), Reason = body.Reason, RetryAt = retryAt ?? now + DefaultWait },
            (403, _) => new(MailboxFault.ScopeMissing, said) { Reason = body.Reason },
            (401, _) => new(MailboxFault.LoginRejected, said) { Reason = body.Reason },
            (404 or 410, _) => new(call.NotFound, said) { Reason = body.Reason },
            (400, "failedPrecondition" or "FAILED_PRECONDITION") when body.Disabled => new(MailboxFault.AccountGone, said) { Reason = body.Reason },
            // "Precondition check failed" without more is reported to pass by itself (section 9).
            (400, "failedPrecondition" or "FAILED_PRECONDITION") => new(MailboxFault.Unavailable, said) { Reason = body.Reason },
            (400, _) when call.Paged => new(MailboxFault.PageExpired, said) { Reason = body.Reason },
            (408 or 409 or >= 500 or < 400, _) => new(MailboxFault.Unavailable, said) { Reason = body.Reason, RetryAt = retryAt, OutcomeUnknown = unknown },
            _ => new(MailboxFault.BadRequest, said) { Reason = body.Reason },
        };
    }

    // 429 is the user's (their units, their calls at once, their bandwidth); 403 names the user or means the project.
    private static QuotaScope Scope(int status, GmailErrorBody body) =>
        body.Concurrent || body.Reason == "concurrentLimitExceeded" ? QuotaScope.Concurrency
        : status == 429 || body.Reason == "userRateLimitExceeded" ? QuotaScope.User
        : QuotaScope.Project;

    /// <summary>Reads the error body; anything else than Google's form gives an empty answer.</summary>
    public static GmailErrorBody Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object)
            {
                return default;
            }

            var reason = error.TryGetProperty("errors", out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0
                && list[0].ValueKind == JsonValueKind.Object ? Text(list[0], "reason") : null;
            var message = Text(error, "message") ?? "";
            return new(
                Safe(reason) ?? Safe(Text(error, "status")),
                RetryAfterText(message),
                message.Contains("not enabled", StringComparison.OrdinalIgnoreCase),
                message.Contains("concurrent", StringComparison.OrdinalIgnoreCase));
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>When to come back: the later of the header Retry-After and the time in the error's text.</summary>
    public static DateTimeOffset? RetryAt(HttpResponseMessage response, DateTimeOffset? text, DateTimeOffset now)
    {
        var header = response.Headers.RetryAfter;
        return Bound(header?.Delta is { } delta ? now + delta : header?.Date, text, now);
    }

    /// <summary>The same for a header in a part of a batch.</summary>
    public static DateTimeOffset? RetryAt(string? header, DateTimeOffset? text, DateTimeOffset now)
    {
        var parsed = RetryConditionHeaderValue.TryParse(header, out var value) ? value : null;
        return Bound(parsed?.Delta is { } delta ? now + delta : parsed?.Date, text, now);
    }

    /// <summary>A reason as it may stand in logs: a short word, or nothing.</summary>
    public static string? Safe(string? reason) => reason is not null && Word().IsMatch(reason) ? reason : null;

    private static DateTimeOffset? Bound(DateTimeOffset? header, DateTimeOffset? text, DateTimeOffset now)
    {
        var at = header is null || text > header ? text ?? header : header;
        return at is null ? null : at < now ? now : at > now + MaxWait ? now + MaxWait : at;
    }

    private static DateTimeOffset? RetryAfterText(string message)
    {
        var match = RetryAfterPattern().Match(message);
        return match.Success && DateTimeOffset.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    [GeneratedRegex(@"[Rr]etry after (\d{4}-\d{2}-\d{2}T[0-9:.]{5,20}Z?)", RegexOptions.CultureInvariant)]
    private static partial Regex RetryAfterPattern();

    [GeneratedRegex(@"\A[A-Za-z0-9_]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
