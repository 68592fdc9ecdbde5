using Butler.Data;
using Butler.Data.Ingest;
using Butler.Mailboxes.Imap.Accounts;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;

namespace Butler.Ingest.Imap;

/// <summary>IMAP accounts, for admins only: their passwords open mailboxes, and their hosts are called from here.</summary>
internal static class ImapAccountEndpoints
{
    public static void MapImapAccounts(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/imap-accounts").WithTags("imap").AddEndpointFilter(async (context, next) =>
        {
            AccessRule.RequireAdmin(Caller.Of(context.HttpContext));
            return await next(context);
        });
        group.MapGet("", async (Database database, CancellationToken cancellationToken) =>
            new ImapAccountListBody([.. (await ImapAccounts.ListAsync(database.DataSource, cancellationToken)).Select(ImapAccountBody.Of)]))
            .Produces<ImapAccountListBody>().WithSummary("All IMAP accounts with their health (admins only).");
        group.MapPost("", AddAsync).Produces<ImapAccountBody>(201).WithSummary("Sets an IMAP account up after a connection test; its import begins at once (admins only).");
        group.MapPost("/test", TestAsync).Produces<ImapTestBody>().WithSummary("Tests settings without saving them, and says in words what is wrong (admins only).");
        group.MapGet("/{accountId}", async (string accountId, ImapAccountCommands commands, CancellationToken cancellationToken) =>
            ImapAccountBody.Of(await commands.FindAsync(ApiErrors.Id("accountId", accountId), cancellationToken)))
            .Produces<ImapAccountBody>().WithSummary("One IMAP account (admins only).");
        group.MapPatch("/{accountId}", ChangeAsync).Produces<ImapAccountBody>().WithSummary("Changes an IMAP account; changed connection settings are tested first (admins only).");
        group.MapDelete("/{accountId}", DeleteAsync).Produces<ImapDeleteBody>(202).WithSummary("Removes an IMAP account and all that Butler has of it; nothing changes at the server (admins only).");
        group.MapGet("/{accountId}/folders", FoldersAsync).Produces<ImapTestBody>().WithSummary("The account's folders at the server, and which are followed (admins only).");
        group.MapPost("/{accountId}/test", TestSavedAsync).Produces<ImapTestBody>().WithSummary("Tests a saved account's connection (admins only).");
    }

    private static async Task<IResult> AddAsync(ImapAccountRequest request, HttpContext http, ImapAccountCommands commands, CancellationToken cancellationToken)
    {
        var account = await commands.AddAsync(Caller.Of(http).UserId, request, cancellationToken);
        return Results.Created($"/api/v1/imap-accounts/{account.Id}", ImapAccountBody.Of(account));
    }

    private static async Task<ImapTestBody> TestAsync(ImapAccountRequest request, ImapAccess access, CancellationToken cancellationToken)
    {
        var folders = ImapAccountForm.Folders(request.Folders, []);
        return ImapTestBody.Of(await access.TestAsync(ImapAccountForm.Settings(request, ImapAccountForm.Address(request.Address ?? request.User), null), folders, cancellationToken));
    }

    private static async Task<ImapAccountBody> ChangeAsync(string accountId, ImapAccountRequest request, HttpContext http, ImapAccountCommands commands, CancellationToken cancellationToken) =>
        ImapAccountBody.Of(await commands.ChangeAsync(Caller.Of(http).UserId, ApiErrors.Id("accountId", accountId), request, Correlation.Of(http), cancellationToken));

    private static async Task<IResult> DeleteAsync(string accountId, HttpContext http, ImapAccountCommands commands, Database database, WakeUps wakeUps, CancellationToken cancellationToken)
    {
        var account = await commands.FindAsync(ApiErrors.Id("accountId", accountId), cancellationToken);
        var message = MessageBus.Pack(new DisconnectAccount(account.Id, true, Caller.Of(http).UserId), Lane.Live, null, Correlation.Of(http));
        await database.TransactAsync(c => Outbox.AddAsync(c, [message], cancellationToken), cancellationToken);
        wakeUps.Sent([message]);
        return Results.Accepted($"/api/v1/imap-accounts/{account.Id}", new ImapDeleteBody(account.Id, "deleting"));
    }

    private static async Task<ImapTestBody> FoldersAsync(string accountId, ImapAccountCommands commands, CancellationToken cancellationToken)
    {
        var test = await commands.TestAsync(ApiErrors.Id("accountId", accountId), cancellationToken);
        return test.Problem is null ? ImapTestBody.Of(test) : throw ImapAccountCommands.Refused(test);
    }

    private static async Task<ImapTestBody> TestSavedAsync(string accountId, ImapAccountCommands commands, CancellationToken cancellationToken) =>
        ImapTestBody.Of(await commands.TestAsync(ApiErrors.Id("accountId", accountId), cancellationToken));
}
