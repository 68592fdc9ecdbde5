using Butler.Mailboxes.Gmail;
using Butler.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Butler.Progress.Pages;

/// <summary>Errors as a page, for a person in a browser; programs get JSON.</summary>
internal sealed class PageErrors : IErrorPage
{
    public async Task<bool> TryWriteAsync(HttpContext context, ErrorContent error)
    {
        var path = context.Request.Path;
        if (path.StartsWithSegments("/api") || path.StartsWithSegments("/events") || path.StartsWithSegments("/assets")
            || !context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        if (error.Code == ApiErrorCodes.Unauthorized)
        {
            context.Response.Redirect("/signin");
            return true;
        }

        await new RazorComponentResult<ErrorPage>(new { Error = error })
        {
            StatusCode = context.Response.StatusCode,
            PreventStreamingRendering = true,
        }.ExecuteAsync(context);
        return true;
    }
}

internal static class PageHeaders
{
    // Nothing from elsewhere is loaded, ever: mail is shown as text, and a tracking pixel has no way in.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void UsePageHeaders(this WebApplication app)
    {
        // "Connect Gmail" is a form whose answer leads to the consent page, and browsers apply form-action to that too.
        var policy = $"{Policy}; form-action 'self' {app.Services.GetRequiredService<GoogleConnect>().ConsentAddress.GetLeftPart(UriPartial.Authority)}";
        app.Use((context, next) =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = policy;
            headers.XContentTypeOptions = "nosniff";
            // Not no-referrer: with it browsers send "Origin: null" with the page's own forms, which are then refused (seen in Chromium).
            headers["Referrer-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers.CacheControl = "no-store";
            return next(context);
        });
    }
}
