using Butler.Data.Ingest;
using Butler.Progress.Commands;
using Butler.Progress.Connect;
using Butler.Progress.Pages;
using Butler.Progress.Reads;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Progress.People;

/// <summary>The people page, and its commands. They go through <see cref="PeopleStore"/> and <see cref="TokenStore"/>, which are the one writer of those tables.</summary>
internal static class PeoplePages
{
    private const int MaxCode = 100;

    public static void MapPeople(this WebApplication app)
    {
        var pages = app.MapGroup("").ExcludeFromDescription();
        pages.MapGet("/people", async (HttpContext context, PeopleReader people, PeopleViews views, CancellationToken cancellationToken) =>
            Views.Page<PeoplePage>(await views.ReadAsync(
                Caller.Of(context), await Views.FrameAsync(context, people, "people", cancellationToken), context.Request.Cookies[AuthenticationSetup.SessionCookie], cancellationToken)));
        pages.MapGet("/join", async (HttpContext context, PeopleReader people, CancellationToken cancellationToken) =>
            Views.Page<JoinPage>(await Views.FrameAsync(context, people, "people", cancellationToken)));

        app.MapGroup("/api/v1").WithTags("people").ProducesErrors().MapGet("/audit", async (string? limit, PeopleViews views, CancellationToken cancellationToken) =>
            new AuditListBody(await views.AuditAsync(ApiErrors.Number("limit", limit, 50, 1, 200), cancellationToken)))
            .WithSummary("Audited acts by or about the caller, newest first (limit 1 to 200, default 50); admins see all.");

        var commands = app.MapGroup("/commands").AddEndpointFilter(SameOrigin.RequireAsync).AddEndpointFilter(SessionToken.RequireAsync).AddEndpointFilter(TranslateAsync).ExcludeFromDescription();
        commands.MapPost("/family", (HttpContext context, PeopleStore people, CancellationToken cancellationToken) =>
            DoAsync(context, form => people.CreateFamilyAsync(Caller.Of(context).UserId, Name(form["name"]), cancellationToken), cancellationToken));
        commands.MapPost("/join", (HttpContext context, PeopleStore people, CancellationToken cancellationToken) =>
            DoAsync(context, form => people.JoinAsync(Caller.Of(context).UserId, Code(form["code"]), cancellationToken), cancellationToken));
        commands.MapPost("/leave", (HttpContext context, PeopleStore people, CancellationToken cancellationToken) =>
            DoAsync(context, _ => people.LeaveAsync(Caller.Of(context).UserId, cancellationToken), cancellationToken));
        commands.MapPost("/remove", (HttpContext context, PeopleStore people, CancellationToken cancellationToken) =>
            DoAsync(context, form => people.RemoveAsync(Caller.Of(context).UserId, ApiErrors.Id("user", form["user"]), cancellationToken), cancellationToken));
        commands.MapPost("/uninvite", (HttpContext context, PeopleStore people, CancellationToken cancellationToken) =>
            DoAsync(context, form => people.RevokeInvitationAsync(Caller.Of(context).UserId, ApiErrors.Id("invitation", form["invitation"]), cancellationToken), cancellationToken));
        commands.MapPost("/role", (HttpContext context, PeopleStore people, CancellationToken cancellationToken) => DoAsync(context, async form =>
        {
            var caller = Caller.Of(context);
            AccessRule.RequireAdmin(caller);
            var role = form["role"].ToString() is Roles.Member or Roles.Family or Roles.Admin ? form["role"].ToString() : throw ApiErrors.InvalidParameter("role", "member, family or admin");
            await people.ChangeUserAsync(caller.UserId, ApiErrors.Id("user", form["user"]), null, role, cancellationToken);
        }, cancellationToken));
        commands.MapPost("/invite", InviteAsync);
        commands.MapPost("/token", CreateTokenAsync);
        commands.MapPost("/token-end", (HttpContext context, TokenStore tokens, CancellationToken cancellationToken) => DoAsync(context, async form =>
        {
            if (await tokens.RevokeAsync(Caller.Of(context).UserId, ApiErrors.Id("token", form["token"]), cancellationToken) is not true)
            {
                throw ApiErrors.Forbidden();
            }
        }, cancellationToken));
    }

    private static async Task<IResult> InviteAsync(HttpContext context, PeopleReader readers, PeopleStore people, Microsoft.Extensions.Options.IOptions<ProgressOptions> options, CancellationToken cancellationToken)
    {
        var (_, code) = await people.InviteAsync(Caller.Of(context).UserId, cancellationToken);
        return Views.Page<SecretPage>(new SecretModel(
            await Views.FrameAsync(context, readers, "people", cancellationToken), "Invitation",
            "Give this link to one person of your family. It works once, for 7 days, and is shown only now. Whoever joins reads the mail of everybody in the family.",
            $"{PublicAddress.Of(context, options.Value)}/join#invitation={code}", true));
    }

    private static async Task<IResult> CreateTokenAsync(HttpContext context, PeopleReader readers, TokenStore tokens, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var name = Name(form["name"]);
        var secret = await tokens.CreateBearerAsync(Caller.Of(context).UserId, name, cancellationToken);
        return Views.Page<SecretPage>(new SecretModel(
            await Views.FrameAsync(context, readers, "people", cancellationToken), "New token", $"The token “{name}” is shown only now: Butler keeps its hash. It may do what you may do.", secret, false));
    }

    private static async Task<IResult> DoAsync(HttpContext context, Func<IFormCollection, Task> act, CancellationToken cancellationToken)
    {
        await act(await context.Request.ReadFormAsync(cancellationToken));
        return new SeeOther("/people");
    }

    private static string Name(string? name) =>
        string.IsNullOrWhiteSpace(name) || name.Length > PeopleStore.MaxName ? throw ApiErrors.InvalidParameter("name", $"1 to {PeopleStore.MaxName} characters") : name.Trim();

    private static string Code(string? code) => code?.Trim() is { Length: > 0 and <= MaxCode } given ? given : throw ApiErrors.InvalidParameter("code", "an invitation's code");

    private static async ValueTask<object?> TranslateAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
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
