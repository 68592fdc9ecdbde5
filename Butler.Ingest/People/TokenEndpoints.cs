using Butler.Data.Ingest;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Ingest.People;

/// <summary>Body of <c>POST /api/v1/tokens</c>.</summary>
internal sealed record TokenRequest(string? Name, int? Days);

/// <summary>Answer of <c>POST /api/v1/tokens</c>; the secret is shown once.</summary>
internal sealed record TokenAnswer(string Name, string Token, DateTimeOffset? ExpiresAt);

/// <summary>A token or session in a list.</summary>
internal sealed record TokenBody(Guid TokenId, string Kind, string Name, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

/// <summary>Answer of <c>GET /api/v1/tokens</c>.</summary>
internal sealed record TokenListBody(IReadOnlyList<TokenBody> Tokens);

/// <summary>The caller's API tokens and browser sessions. Nobody sees or ends another's, admins neither.</summary>
internal static class TokenEndpoints
{
    private const int MaxDays = 3650;

    public static void MapTokens(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/tokens").WithTags("people");
        group.MapGet("", async (HttpContext http, TokenStore tokens, CancellationToken cancellationToken) =>
            new TokenListBody([.. (await tokens.ListAsync(Caller.Of(http).UserId, cancellationToken)).Select(t => new TokenBody(t.Id, t.Kind, t.Name, t.CreatedAt, t.ExpiresAt))]))
            .Produces<TokenListBody>().WithSummary("The caller's tokens and browser sessions.");
        group.MapPost("", CreateAsync).Produces<TokenAnswer>(201).WithSummary("Makes a token; it is shown only now. Without days it is good until revoked.");
        group.MapDelete("/{tokenId}", async (string tokenId, HttpContext http, TokenStore tokens, CancellationToken cancellationToken) =>
            await tokens.RevokeAsync(Caller.Of(http).UserId, ApiErrors.Id("tokenId", tokenId), cancellationToken) switch
            {
                null => throw ApiErrors.NotFound("token"),
                false => throw ApiErrors.Forbidden(),
                _ => Results.NoContent(),
            }).Produces(204).WithSummary("Revokes a token or ends a session.");
    }

    private static async Task<IResult> CreateAsync(TokenRequest request, HttpContext http, TokenStore tokens, TimeProvider time, CancellationToken cancellationToken)
    {
        var name = Names.Require("name", request.Name);
        if (request.Days is < 1 or > MaxDays)
        {
            throw ApiErrors.InvalidParameter("days", $"a whole number from 1 to {MaxDays}");
        }

        TimeSpan? lifetime = request.Days is { } days ? TimeSpan.FromDays(days) : null;
        var secret = await tokens.CreateBearerAsync(Caller.Of(http).UserId, name, cancellationToken, lifetime);
        return Results.Created("/api/v1/tokens", new TokenAnswer(name, secret, lifetime is { } l ? time.GetUtcNow() + l : null));
    }
}
