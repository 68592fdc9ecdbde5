using Butler.Data.Ingest;
using Butler.Progress.Commands;
using Butler.Progress.Pages;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Butler.Progress.SignIn;

internal sealed record SignInRequest(string? Code);

/// <summary>
/// The sign-in link (MECHANICS 12): its code is in the fragment, which a browser never sends, so it reaches no log and no
/// referrer; the page posts it once and gets a session cookie.
/// </summary>
internal static class SignInEndpoints
{
    private const int MaxCode = 100;

    public static void MapSignIn(this WebApplication app)
    {
        app.MapGet("/signin", () => new RazorComponentResult<SignInPage> { PreventStreamingRendering = true }).AllowAnonymous().ExcludeFromDescription();
        app.MapPost("/signin", SignInAsync).AllowAnonymous().AddEndpointFilter(SameOrigin.RequireAsync)
            .WithTags("session").WithSummary("Exchanges a single-use sign-in code for the session cookie of the page.").Produces(204).Produces<ErrorBody>(401);
        app.MapPost("/signout", SignOutAsync).AddEndpointFilter(SameOrigin.RequireAsync).AddEndpointFilter(SessionToken.RequireAsync).ExcludeFromDescription();
    }

    private static async Task<IResult> SignInAsync(SignInRequest request, HttpContext context, TokenStore tokens, CancellationToken cancellationToken)
    {
        if (request.Code is not { Length: > 0 and <= MaxCode } code || await tokens.ExchangeLinkAsync(code, cancellationToken) is not { } session)
        {
            throw new ApiException(ApiErrorCodes.Unauthorized, "This code is unknown, used or older than 10 minutes. Get a new link with ./butler link.");
        }

        context.Response.Cookies.Append(AuthenticationSetup.SessionCookie, session, Cookie(context, TokenStore.SessionLifetime));
        return Results.NoContent();
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, TokenStore tokens, CancellationToken cancellationToken)
    {
        if (context.Request.Cookies[AuthenticationSetup.SessionCookie] is { } session)
        {
            await tokens.RevokeAsync(TokenStore.Hash(session), cancellationToken);
        }

        context.Response.Cookies.Delete(AuthenticationSetup.SessionCookie, Cookie(context, null));
        return new SeeOther("/signin");
    }

    private static CookieOptions Cookie(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = context.Request.IsHttps,
        Path = "/",
        MaxAge = lifetime,
        IsEssential = true,
    };
}
