using System.Text.Json;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Progress.Commands;
using Butler.Progress.Pages;
using Butler.Progress.Reads;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;

namespace Butler.Progress.Imap;

public sealed record ImapListModel(Frame Frame, IReadOnlyList<ImapView> Accounts);

public sealed record ImapFormModel(Frame Frame, ImapView? Account);

public sealed record ImapSavedModel(Frame Frame, string Status, string? Error);

/// <summary>
/// IMAP accounts on the page, for admins. The settings go to Ingest sealed, which tests the connection, saves, and says in words what is
/// wrong; nothing of them is kept here.
/// </summary>
internal static class ImapPages
{
    /// <summary>What the sealed settings are for.</summary>
    public const string Kind = "imap";

    private const int MaxText = 4096;
    private const int MaxFolders = 100;

    public static void MapImap(this WebApplication app)
    {
        var pages = app.MapGroup("/imap").AddEndpointFilter(AdminAsync).ExcludeFromDescription();
        pages.MapGet("", async (HttpContext context, PeopleReader people, ImapReader imap, CancellationToken cancellationToken) =>
            Views.Page<ImapListPage>(new ImapListModel(await Views.FrameAsync(context, people, "home", cancellationToken), await imap.ListAsync(null, cancellationToken))));
        pages.MapGet("/new", async (HttpContext context, PeopleReader people, CancellationToken cancellationToken) =>
            Views.Page<ImapFormPage>(new ImapFormModel(await Views.FrameAsync(context, people, "home", cancellationToken), null)));
        pages.MapGet("/saved/{id}", SavedAsync);
        pages.MapGet("/{id}", async (HttpContext context, string id, PeopleReader people, ImapReader imap, CancellationToken cancellationToken) =>
            Views.Page<ImapFormPage>(new ImapFormModel(await Views.FrameAsync(context, people, "home", cancellationToken), await RequireAsync(imap, id, cancellationToken))));

        var commands = app.MapGroup("/commands/imap").AddEndpointFilter(SameOrigin.RequireAsync).AddEndpointFilter(SessionToken.RequireAsync).AddEndpointFilter(AdminAsync).ExcludeFromDescription();
        commands.MapPost("", SaveAsync);
        commands.MapPost("/active", ActiveAsync);
    }

    private static async ValueTask<object?> AdminAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        AccessRule.RequireAdmin(Caller.Of(context.HttpContext));
        return await next(context);
    }

    private static async Task<IResult> SavedAsync(HttpContext context, string id, ConnectStates states, PeopleReader people, CancellationToken cancellationToken)
    {
        var progress = await states.ProgressAsync(Caller.Of(context).UserId, ApiErrors.Id("id", id), cancellationToken) ?? throw ApiErrors.NotFound("connection");
        if (progress.Status is "started" or "returned")
        {
            context.Response.Headers["Refresh"] = "1";
        }

        return Views.Page<ImapSavedPage>(new ImapSavedModel(await Views.FrameAsync(context, people, "home", cancellationToken), progress.Status, progress.Error));
    }

    private static async Task<IResult> SaveAsync(HttpContext context, Database database, ConnectStates states, ImapReader imap, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        string? Text(string name) => form[name].ToString().Trim() is { Length: > 0 } text ? text.Length <= MaxText ? text : throw ApiErrors.InvalidParameter(name, $"at most {MaxText} characters") : null;
        var account = Text("account") is { } id ? await RequireAsync(imap, id, cancellationToken) : null;
        var settings = new Dictionary<string, object?>
        {
            ["account_id"] = account?.Id,
            ["address"] = account is null ? Text("address") : null,
            ["display_name"] = Text("display_name") ?? (account is null ? null : ""),
            ["host"] = Text("host"),
            ["port"] = Text("port") is { } port ? ApiErrors.Number("port", port, 993, 1, 65535) : null,
            ["security"] = Text("security"),
            ["user"] = Text("user"),
            // As it was typed: a password may begin or end with a space.
            ["password"] = form["password"].ToString() is { Length: > 0 and <= MaxText } password ? password : null,
            ["folders"] = form["folder"].Where(f => f is { Length: > 0 and <= MaxText }).Take(MaxFolders).ToArray(),
        };
        return await SubmitAsync(context, database, states, settings, cancellationToken);
    }

    private static async Task<IResult> ActiveAsync(HttpContext context, Database database, ConnectStates states, ImapReader imap, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var account = await RequireAsync(imap, form["account"].ToString(), cancellationToken);
        return await SubmitAsync(context, database, states, new() { ["account_id"] = account.Id, ["active"] = form["active"] == "yes" }, cancellationToken);
    }

    private static async Task<IResult> SubmitAsync(HttpContext context, Database database, ConnectStates states, Dictionary<string, object?> settings, CancellationToken cancellationToken)
    {
        var submitted = await database.TransactAsync(async c =>
        {
            var id = await states.SubmitAsync(c, Caller.Of(context).UserId, Kind, JsonSerializer.Serialize(settings, ApiJson.Options), cancellationToken);
            await MessageBus.SendAsync(c, new ConnectImap(id), Lane.Live, null, Correlation.Of(context), cancellationToken);
            return id;
        }, cancellationToken);
        return new SeeOther($"/imap/saved/{submitted}");
    }

    private static async Task<ImapView> RequireAsync(ImapReader imap, string id, CancellationToken cancellationToken) =>
        (await imap.ListAsync(ApiErrors.Id("account", id), cancellationToken)).FirstOrDefault() ?? throw ApiErrors.NotFound("account");
}
