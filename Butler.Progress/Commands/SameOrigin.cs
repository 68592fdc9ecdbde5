using System.Security.Cryptography;
using System.Text;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Microsoft.AspNetCore.WebUtilities;

namespace Butler.Progress.Commands;

/// <summary>A post comes from Butler's own page: its Origin is this host (the scheme may differ behind an ingress that ends TLS).</summary>
internal static class SameOrigin
{
    public static ValueTask<object?> RequireAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        Holds(context.HttpContext.Request) ? next(context) : throw new ApiException(ApiErrorCodes.Forbidden, "This only works from Butler's own page.");

    internal static bool Holds(HttpRequest request)
    {
        if (request.Headers.Origin is [{ } origin])
        {
            return Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
        }

        return request.Headers.Origin.Count == 0 && request.Headers["Sec-Fetch-Site"] == "same-origin";
    }
}

/// <summary>
/// The antiforgery token of a session: an HMAC keyed with the session's secret. It needs no key ring, holds on every
/// replica, and ends with the session; another site can neither read the cookie nor compute it.
/// </summary>
internal static class SessionToken
{
    public const string Field = "_token";

    private static ReadOnlySpan<byte> Purpose => "butler antiforgery v1"u8;

    /// <summary>The token to put into forms; empty without a session.</summary>
    public static string Of(HttpContext context) =>
        context.Request.Cookies[AuthenticationSetup.SessionCookie] is { Length: > 0 } session
            ? WebEncoders.Base64UrlEncode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(session), Purpose))
            : "";

    public static async ValueTask<object?> RequireAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var expected = Of(http);
        var given = http.Request.HasFormContentType ? (await http.Request.ReadFormAsync(http.RequestAborted))[Field].ToString() : "";
        return expected.Length > 0 && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected))
            ? await next(context)
            : throw new ApiException(ApiErrorCodes.Forbidden, "The form is too old. Reload the page and try again.");
    }
}

/// <summary>303: the answer to a post is another page, so that a reload does not post again.</summary>
internal sealed class SeeOther(string path) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = path;
        return Task.CompletedTask;
    }
}
