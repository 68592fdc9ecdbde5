using Butler.Data;
using Butler.Data.Ingest;
using Butler.Mailboxes.Gmail;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Progress.Commands;
using Butler.Progress.Pages;
using Butler.Progress.Reads;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;
using Microsoft.Extensions.Options;

namespace Butler.Progress.Connect;

public sealed record ConnectModel(Frame Frame, string Status, string? Error, int RetentionDays);

public sealed record DisconnectModel(Frame Frame, Account Account);

/// <summary>Where browsers reach this page: <c>Butler:Progress:PublicAddress</c>, else the host they asked for, which host filtering has checked.</summary>
internal static class PublicAddress
{
    public static string Of(HttpContext context, ProgressOptions options) =>
        options.PublicAddress is { } address ? address.GetLeftPart(UriPartial.Authority) : $"{context.Request.Scheme}://{context.Request.Host}";
}

/// <summary>
/// "Connect Gmail" on the page: the browser goes to the consent page and comes back here with a code, which Ingest exchanges. The
/// state holds only in the session that began it, so nobody's code gets into somebody else's Butler.
/// </summary>
internal static class ConnectPages
{
    private const string Callback = "/oauth/callback";
    private const int MaxText = 2000;

    public static void MapConnect(this WebApplication app)
    {
        var pages = app.MapGroup("").ExcludeFromDescription();
        pages.MapGet(Callback, ReturnAsync);
        pages.MapGet("/connect/{id}", ShowAsync);
        pages.MapGet("/accounts/{id}/disconnect", AskAsync);

        var commands = app.MapGroup("/commands").AddEndpointFilter(SameOrigin.RequireAsync).AddEndpointFilter(SessionToken.RequireAsync).ExcludeFromDescription();
        commands.MapPost("/connect", BeginAsync);
        commands.MapPost("/disconnect", DisconnectAsync);
    }

    private static async Task<IResult> BeginAsync(HttpContext context, GoogleConnect google, ConnectStates states, IOptions<ProgressOptions> options, CancellationToken cancellationToken)
    {
        if (!google.IsConfigured)
        {
            throw ApiErrors.Conflict("Butler has no Google credentials; see README, Configuration.");
        }

        var (state, back) = (ConnectStates.NewState(), PublicAddress.Of(context, options.Value) + Callback);
        var start = google.Begin(back, state);
        await states.BeginAsync(Caller.Of(context).UserId, "page", state, Binding(context), back, start.Verifier, cancellationToken);
        return new SeeOther(start.Address.AbsoluteUri);
    }

    private static async Task<IResult> ReturnAsync(HttpContext context, string? state, string? code, string? error, ConnectStates states, Database database, CancellationToken cancellationToken)
    {
        if (state is not { Length: > 0 and <= MaxText } || code?.Length > MaxText || (code is null && error is null) || context.Request.Cookies[AuthenticationSetup.SessionCookie] is null)
        {
            throw ApiErrors.InvalidParameter("state and code", "as Google gave them");
        }

        var id = await database.TransactAsync(async c =>
        {
            var returned = await states.ReturnAsync(
                c, state, Binding(context), error is null ? code : null, error is null ? null : error == "access_denied" ? "You did not allow it. Nothing was connected." : "Google refused. Start again.", cancellationToken);
            if (returned is { } connect && error is null)
            {
                await MessageBus.SendAsync(c, new ConnectAccount(connect), Lane.Live, null, Correlation.Of(context), cancellationToken);
            }

            return returned;
        }, cancellationToken) ?? throw ApiErrors.Conflict("This connection was begun elsewhere, is finished, or is older than ten minutes. Start again.");
        return new SeeOther($"/connect/{id}");
    }

    private static async Task<IResult> ShowAsync(HttpContext context, string id, ConnectStates states, PeopleReader people, CancellationToken cancellationToken)
    {
        var progress = await states.ProgressAsync(Caller.Of(context).UserId, ApiErrors.Id("id", id), cancellationToken) ?? throw ApiErrors.NotFound("connection");
        if (progress.Status is "started" or "returned")
        {
            context.Response.Headers["Refresh"] = "1";
        }

        var days = progress.AccountId is { } account ? (await people.RequireAccountAsync(Caller.Of(context), account, cancellationToken)).RetentionDays : 0;
        return Views.Page<ConnectPage>(new ConnectModel(await Views.FrameAsync(context, people, "home", cancellationToken), progress.Status, progress.Error, days));
    }

    private static async Task<IResult> AskAsync(HttpContext context, string id, PeopleReader people, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var account = await people.RequireAccountAsync(caller, ApiErrors.Id("id", id), cancellationToken);
        AccessRule.RequireCommand(caller, account.AppUserId);
        return Views.Page<DisconnectPage>(new DisconnectModel(await Views.FrameAsync(context, people, "home", cancellationToken), account));
    }

    private static async Task<IResult> DisconnectAsync(HttpContext context, PeopleReader people, Database database, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var caller = Caller.Of(context);
        var account = await people.RequireAccountAsync(caller, ApiErrors.Id("account", form["account"]), cancellationToken);
        AccessRule.RequireCommand(caller, account.AppUserId);
        await database.TransactAsync(
            c => MessageBus.SendAsync(c, new DisconnectAccount(account.Id, form["erase"] == "yes", caller.UserId), Lane.Live, null, Correlation.Of(context), cancellationToken), cancellationToken);
        return new SeeOther("/");
    }

    private static byte[] Binding(HttpContext context) => TokenStore.Hash(context.Request.Cookies[AuthenticationSetup.SessionCookie] ?? "");
}
