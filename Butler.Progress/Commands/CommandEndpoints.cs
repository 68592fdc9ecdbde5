using Butler.Data;
using Butler.Data.Retention;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Progress.Reads;
using Butler.Progress.Streams;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;

namespace Butler.Progress.Commands;

/// <summary>The page's commands: an imperative message in the outbox, carried out by the service that owns the data.</summary>
internal static class CommandEndpoints
{
    public static void MapCommands(this WebApplication app)
    {
        var group = app.MapGroup("/commands").AddEndpointFilter(SameOrigin.RequireAsync).AddEndpointFilter(SessionToken.RequireAsync).ExcludeFromDescription();
        group.MapPost("/import", ImportAsync);
        group.MapPost("/cancel", CancelAsync);
        group.MapPost("/judge", JudgeAsync);
        group.MapPost("/audit", AuditAsync);
        group.MapPost("/retention", RetentionAsync);
    }

    private static async Task<IResult> ImportAsync(HttpContext context, PeopleReader people, Database database, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var caller = Caller.Of(context);
        var account = await people.RequireAccountAsync(caller, ApiErrors.Id("account", form["account"]), cancellationToken);
        AccessRule.RequireCommand(caller, account.AppUserId);
        // A file mailbox is imported whole, however old its mail.
        int? months = account.WholeMailbox ? null : ApiErrors.Number("months", form["months"], 6, 1, 24);
        if (account.Status != "active")
        {
            throw ApiErrors.Conflict("This account must be connected again first.");
        }

        await database.TransactAsync(
            connection => MessageBus.SendAsync(connection, new StartImport(account.Id, "api", months, null), Lane.Live, account.Id, Correlation.Of(context), cancellationToken), cancellationToken);
        return new SeeOther("/");
    }

    private static async Task<IResult> CancelAsync(HttpContext context, SyncReader syncs, Database database, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var sync = await syncs.RequireAsync(ApiErrors.Id("sync", form["sync"]), cancellationToken);
        AccessRule.RequireCommand(Caller.Of(context), sync.AppUserId);
        if (!sync.IsFinal)
        {
            await database.TransactAsync(
                connection => MessageBus.SendAsync(connection, new CancelImport(sync.SyncId), Lane.Live, sync.ProviderUserId, Correlation.Of(context), cancellationToken), cancellationToken);
        }

        return new SeeOther("/");
    }

    private static async Task<IResult> AuditAsync(HttpContext context, PeopleReader people, Database database, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var caller = Caller.Of(context);
        var account = await people.RequireAccountAsync(caller, ApiErrors.Id("account", form["account"]), cancellationToken);
        AccessRule.RequireCommand(caller, account.AppUserId);
        if (account.Status != "active")
        {
            throw ApiErrors.Conflict("This account must be connected again first.");
        }

        var message = new AuditMailbox(Guid.CreateVersion7(), account.Id, null, form["repair"] == "1", caller.UserId);
        await database.TransactAsync(c => MessageBus.SendAsync(c, message, Lane.Live, account.Id, Correlation.Of(context), cancellationToken), cancellationToken);
        return new SeeOther("/");
    }

    private static async Task<IResult> RetentionAsync(HttpContext context, PeopleReader people, Database database, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var caller = Caller.Of(context);
        var account = await people.RequireAccountAsync(caller, ApiErrors.Id("account", form["account"]), cancellationToken);
        AccessRule.RequireCommand(caller, account.AppUserId);

        // Nothing said is no wish: 0 keeps.
        var days = form["days"] is [{ Length: > 0 } text] ? ApiErrors.Number("days", text, 0, 0, Expiry.MaxDays) : throw ApiErrors.InvalidParameter("days", $"a whole number from 0 to {Expiry.MaxDays}; 0 keeps mail");
        var correlation = Correlation.Of(context);
        // A box that is not ticked is not sent: the form says that it showed one.
        bool? keep = form["transactions"] == "shown" ? form["keep_transactions"] == "1" : null;
        await database.TransactAsync(async connection =>
        {
            await MessageBus.SendAsync(connection, new ChangeRetention(account.Id, days, caller.UserId), Lane.Live, account.Id, correlation, cancellationToken);
            if (keep is { } wish && wish != account.KeepsTransactions)
            {
                await MessageBus.SendAsync(connection, new KeepTransactions(account.Id, wish, caller.UserId), Lane.Live, account.Id, correlation, cancellationToken);
            }
        }, cancellationToken);
        return new SeeOther("/");
    }

    private static async Task<IResult> JudgeAsync(HttpContext context, MailReader mails, Database database, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var mail = await mails.FindAsync(ApiErrors.Id("mail", form["mail"]), cancellationToken);
        AccessRule.RequireCommand(Caller.Of(context), mail.AppUserId);
        var (id, account, task, correlation) = (mail.Body.Id, mail.Body.AccountId, Guid.CreateVersion7(), Correlation.Of(context));
        await database.TransactAsync(async connection =>
        {
            await TaskIds.AddForMailAsync(connection, task, mail.AppUserId, account, id, correlation, cancellationToken);
            await MessageBus.SendAsync(connection, new ProcessMail(id, account, task, ForceReprocess: true), Lane.Live, account, correlation, cancellationToken);
        }, cancellationToken);
        return new SeeOther($"/mail/{id}?asked=1");
    }
}
