using System.Text.Json;

namespace Butler.Sandbox.Gmail;

/// <summary>An error as Google words it; facts/gmail-api.md section 9.</summary>
internal sealed record GmailError(int Code, string Reason, string Message, string Status, string Domain = "global", int? RetryAfter = null)
{
    public static readonly GmailError LoginRequired = new(401, "required", "Login Required.", "UNAUTHENTICATED");
    public static readonly GmailError Auth = new(401, "authError", "Invalid Credentials", "UNAUTHENTICATED");
    public static readonly GmailError Delegation = new(403, "forbidden", "Delegation denied", "PERMISSION_DENIED");
    public static readonly GmailError Scope = new(403, "insufficientPermissions", "Request had insufficient authentication scopes.", "PERMISSION_DENIED");
    public static readonly GmailError NotFound = new(404, "notFound", "Requested entity was not found.", "NOT_FOUND");
    public static readonly GmailError UserRateLimit = new(403, "userRateLimitExceeded", "User Rate Limit Exceeded", "RESOURCE_EXHAUSTED", "usageLimits");
    public static readonly GmailError ProjectRateLimit = new(403, "rateLimitExceeded", "Rate Limit Exceeded", "RESOURCE_EXHAUSTED", "usageLimits");
    public static readonly GmailError Domain403 = new(403, "domainPolicy", "The domain administrators have disabled Gmail apps.", "PERMISSION_DENIED");
    public static readonly GmailError DailyLimit = new(403, "dailyLimitExceeded", "Daily Limit Exceeded", "RESOURCE_EXHAUSTED", "usageLimits");
    public static readonly GmailError Concurrent = new(429, "rateLimitExceeded", "Too many concurrent requests for user.", "RESOURCE_EXHAUSTED", "usageLimits");
    public static readonly GmailError TooMany = new(429, "rateLimitExceeded", "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED", "usageLimits", 1);
    public static readonly GmailError Internal = new(500, "backendError", "Internal error encountered.", "INTERNAL");
    public static readonly GmailError Unavailable = new(503, "backendError", "The service is currently unavailable.", "UNAVAILABLE");
    public static readonly GmailError TooLarge = new(413, "uploadTooLarge", "Request Entity Too Large", "INVALID_ARGUMENT");

    public static GmailError Bad(string message, string reason = "invalidArgument") => new(400, reason, message, "INVALID_ARGUMENT");

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteNumber("code"u8, Code);
        json.WriteString("message"u8, Message);
        json.WriteStartArray("errors"u8);
        json.WriteStartObject();
        json.WriteString("message"u8, Message);
        json.WriteString("domain"u8, Domain);
        json.WriteString("reason"u8, Reason);
        if (Code == 401)
        {
            json.WriteString("location"u8, "Authorization"u8);
            json.WriteString("locationType"u8, "header"u8);
        }

        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("status"u8, Status);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
