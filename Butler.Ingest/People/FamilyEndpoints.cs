using Butler.Data.Ingest;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Ingest.People;

/// <summary>Body of <c>POST /api/v1/families</c>.</summary>
internal sealed record FamilyRequest(string? Name);

/// <summary>Body of <c>POST /api/v1/families/join</c>.</summary>
internal sealed record JoinRequest(string? Code);

/// <summary>Answer with a family's id.</summary>
internal sealed record FamilyAnswer(Guid FamilyId);

/// <summary>Answer of <c>POST /api/v1/families/invitations</c>: the code is shown once; the page's link is <c>/join#invitation=CODE</c>.</summary>
internal sealed record InvitationAnswer(Guid InvitationId, string Code, DateTimeOffset ExpiresAt);

/// <summary>Families: who is in one reads what the others' mailboxes hold.</summary>
internal static class FamilyEndpoints
{
    private const int MaxCode = 100;

    public static void MapFamilies(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/families").WithTags("people").AddEndpointFilter(Refusals.TranslateAsync);
        group.MapPost("", async (FamilyRequest request, HttpContext http, PeopleStore people, CancellationToken cancellationToken) =>
        {
            var id = await people.CreateFamilyAsync(Caller.Of(http).UserId, Names.Require("name", request.Name), cancellationToken);
            return Results.Created($"/api/v1/families/{id}", new FamilyAnswer(id));
        }).Produces<FamilyAnswer>(201).WithSummary("Makes a family with the caller in it.");
        group.MapPost("/invitations", async (HttpContext http, PeopleStore people, TimeProvider time, CancellationToken cancellationToken) =>
        {
            var (id, code) = await people.InviteAsync(Caller.Of(http).UserId, cancellationToken);
            return Results.Created($"/api/v1/families/invitations/{id}", new InvitationAnswer(id, code, time.GetUtcNow() + PeopleStore.InvitationLifetime));
        }).Produces<InvitationAnswer>(201).WithSummary("Makes a one-time invitation into the caller's family, good for 7 days.");
        group.MapDelete("/invitations/{invitationId}", async (string invitationId, HttpContext http, PeopleStore people, CancellationToken cancellationToken) =>
        {
            await people.RevokeInvitationAsync(Caller.Of(http).UserId, ApiErrors.Id("invitationId", invitationId), cancellationToken);
            return Results.NoContent();
        }).Produces(204).WithSummary("Takes an unused invitation back.");
        group.MapPost("/join", async (JoinRequest request, HttpContext http, PeopleStore people, CancellationToken cancellationToken) =>
            request.Code is { Length: > 0 and <= MaxCode } code
                ? new FamilyAnswer(await people.JoinAsync(Caller.Of(http).UserId, code, cancellationToken))
                : throw ApiErrors.InvalidParameter("code", "an invitation's code")).Produces<FamilyAnswer>().WithSummary("Joins a family with an invitation's code.");
        group.MapPost("/leave", async (HttpContext http, PeopleStore people, CancellationToken cancellationToken) =>
        {
            await people.LeaveAsync(Caller.Of(http).UserId, cancellationToken);
            return Results.NoContent();
        }).Produces(204).WithSummary("Leaves the caller's family.");
        group.MapDelete("/members/{userId}", async (string userId, HttpContext http, PeopleStore people, CancellationToken cancellationToken) =>
        {
            await people.RemoveAsync(Caller.Of(http).UserId, ApiErrors.Id("userId", userId), cancellationToken);
            return Results.NoContent();
        }).Produces(204).WithSummary("Removes somebody from the family: its owner may, and admins.");
    }
}
