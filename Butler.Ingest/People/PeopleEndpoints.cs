using Butler.Data.Ingest;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Ingest.People;

/// <summary>Body of <c>POST /api/v1/users</c>.</summary>
internal sealed record UserRequest(string? DisplayName, string? Role);

/// <summary>Answer of <c>POST /api/v1/users</c>; the token is shown once.</summary>
internal sealed record UserAnswer(Guid UserId, string DisplayName, string Role, string Token);

/// <summary>A user as admins see them.</summary>
internal sealed record UserBody(Guid UserId, string DisplayName, string Role, Guid? FamilyId, string? FamilyName, int Accounts, DateTimeOffset CreatedAt);

/// <summary>Answer of <c>GET /api/v1/users</c>.</summary>
internal sealed record UserListBody(IReadOnlyList<UserBody> Users);

/// <summary>Users, for admins.</summary>
internal static class PeopleEndpoints
{
    public static void MapPeople(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/users").WithTags("people").AddEndpointFilter(Refusals.TranslateAsync);
        group.MapGet("", async (HttpContext http, PeopleStore people, CancellationToken cancellationToken) =>
        {
            AccessRule.RequireAdmin(Caller.Of(http));
            return new UserListBody([.. (await people.ListAsync(cancellationToken)).Select(Body)]);
        }).Produces<UserListBody>().WithSummary("All users (admins only).");
        group.MapPost("", AddAsync).Produces<UserAnswer>(StatusCodes.Status201Created).WithSummary("Adds a user (admins only).");
        group.MapPatch("/{userId}", ChangeAsync).Produces<UserBody>().WithSummary("Changes a user's name or role (admins only). At least one admin stays.");
    }

    private static async Task<IResult> AddAsync(UserRequest request, HttpContext http, PeopleStore people, TokenStore tokens, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(http);
        AccessRule.RequireAdmin(caller);
        var name = Names.Require("display_name", request.DisplayName);
        var role = Role(request.Role ?? Roles.Member);
        var id = await people.AddUserAsync(caller.UserId, name, role, cancellationToken);
        return Results.Created($"/api/v1/users/{id}", new UserAnswer(id, name, role, await tokens.CreateBearerAsync(id, "first token", cancellationToken)));
    }

    private static async Task<UserBody> ChangeAsync(string userId, UserRequest request, HttpContext http, PeopleStore people, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(http);
        AccessRule.RequireAdmin(caller);
        var id = ApiErrors.Id("userId", userId);
        if (request is { DisplayName: null, Role: null })
        {
            throw ApiErrors.InvalidParameter("display_name or role", "given");
        }

        return Body(await people.ChangeUserAsync(
            caller.UserId, id, request.DisplayName is null ? null : Names.Require("display_name", request.DisplayName), request.Role is null ? null : Role(request.Role), cancellationToken));
    }

    private static string Role(string role) =>
        role is Roles.Member or Roles.Family or Roles.Admin ? role : throw ApiErrors.InvalidParameter("role", "member, family or admin", role);

    private static UserBody Body(PersonRow person) => new(person.Id, person.DisplayName, person.Role, person.FamilyId, person.FamilyName, person.Accounts, person.CreatedAt);
}

internal static class Names
{
    public static string Require(string field, string? name) =>
        string.IsNullOrWhiteSpace(name) || name.Length > PeopleStore.MaxName ? throw ApiErrors.InvalidParameter(field, $"1 to {PeopleStore.MaxName} characters") : name.Trim();
}

/// <summary>Refusals of the stores as errors of the API.</summary>
internal static class Refusals
{
    public static async ValueTask<object?> TranslateAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (RefusedException e)
        {
            throw new ApiException(e.Why switch { Refusal.NotFound => ApiErrorCodes.NotFound, Refusal.Forbidden => ApiErrorCodes.Forbidden, _ => ApiErrorCodes.Conflict }, e.Message);
        }
    }
}
