using Butler.Data.Ingest;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.Data;
using Npgsql;

namespace Butler.Ingest.Accounts;

/// <summary>Answer of <c>POST /api/v1/sign-in-links</c>: a single-use code, good for ten minutes.</summary>
internal sealed record LinkAnswer(string Code, DateTimeOffset ExpiresAt);

/// <summary>Body of <c>POST /api/v1/users</c>.</summary>
internal sealed record UserRequest(string? DisplayName, string? Role);

/// <summary>Answer of <c>POST /api/v1/users</c>; the token is shown once.</summary>
internal sealed record UserAnswer(Guid UserId, string DisplayName, string Role, string Token);

/// <summary>Answer of <c>GET /api/v1/me</c>.</summary>
internal sealed record MeAnswer(Guid UserId, string Role, Guid? FamilyId);

internal static class AccountEndpoints
{
    private const int MaxName = 200;

    public static void MapAccounts(this WebApplication app)
    {
        app.MapGet("/api/v1/me", (HttpContext http) => Caller.Of(http) is var c ? new MeAnswer(c.UserId, c.Role, c.FamilyId) : null).WithTags("people").WithSummary("Who the token stands for.");
        app.MapPost("/api/v1/sign-in-links", LinkAsync).WithTags("people").Produces<LinkAnswer>().WithSummary("Makes a single-use sign-in code for the caller's browser.");
        app.MapPost("/api/v1/users", AddUserAsync).WithTags("people").Produces<UserAnswer>(StatusCodes.Status201Created).WithSummary("Adds a user (admins only).");
    }

    private static async Task<IResult> LinkAsync(HttpContext http, TokenStore tokens, TimeProvider time, CancellationToken cancellationToken) =>
        Results.Ok(new LinkAnswer(await tokens.CreateLinkAsync(Caller.Of(http).UserId, cancellationToken), time.GetUtcNow() + TokenStore.LinkLifetime));

    private static async Task<IResult> AddUserAsync(UserRequest request, HttpContext http, Database database, TokenStore tokens, CancellationToken cancellationToken)
    {
        if (!Caller.Of(http).IsAdmin)
        {
            throw ApiErrors.Forbidden();
        }

        if (string.IsNullOrWhiteSpace(request.DisplayName) || request.DisplayName.Length > MaxName)
        {
            throw ApiErrors.InvalidParameter("display_name", $"1 to {MaxName} characters");
        }

        var role = request.Role ?? Roles.Member;
        if (role is not (Roles.Member or Roles.Family or Roles.Admin))
        {
            throw ApiErrors.InvalidParameter("role", "member, family or admin", role);
        }

        var id = Guid.CreateVersion7();
        await using (var command = database.DataSource.CreateCommand("INSERT INTO app_users (id, display_name, role) VALUES ($1, $2, $3)"))
        {
            command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = id }, new() { Value = DbText.Clean(request.DisplayName, MaxName) }, new() { Value = role } });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        var token = await tokens.CreateBearerAsync(id, "first token", cancellationToken);
        return Results.Created($"/api/v1/users/{id}", new UserAnswer(id, request.DisplayName, role, token));
    }
}
