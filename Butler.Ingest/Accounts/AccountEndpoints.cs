using Butler.Data.Ingest;
using Butler.Ingest.Files;
using Butler.Ingest.Retention;
using Butler.Ingest.Tags;
using Butler.ServiceDefaults.Access;

namespace Butler.Ingest.Accounts;

/// <summary>Answer of <c>POST /api/v1/sign-in-links</c>: a single-use code, good for ten minutes.</summary>
internal sealed record LinkAnswer(string Code, DateTimeOffset ExpiresAt);

/// <summary>Answer of <c>GET /api/v1/me</c>.</summary>
internal sealed record MeAnswer(Guid UserId, string Role, Guid? FamilyId);

internal static class AccountEndpoints
{
    public static void MapAccounts(this WebApplication app)
    {
        app.MapGet("/api/v1/me", (HttpContext http) => Caller.Of(http) is var c ? new MeAnswer(c.UserId, c.Role, c.FamilyId) : null).WithTags("people").WithSummary("Who the token stands for.");
        app.MapPost("/api/v1/sign-in-links", LinkAsync).WithTags("people").Produces<LinkAnswer>().WithSummary("Makes a single-use sign-in code for the caller's browser.");
        app.MapConnect();
        app.MapRetention();
        app.MapTags();
        app.MapFileAccounts();
    }

    private static async Task<IResult> LinkAsync(HttpContext http, TokenStore tokens, TimeProvider time, CancellationToken cancellationToken) =>
        Results.Ok(new LinkAnswer(await tokens.CreateLinkAsync(Caller.Of(http).UserId, cancellationToken), time.GetUtcNow() + TokenStore.LinkLifetime));
}
