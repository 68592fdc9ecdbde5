using Butler.Data;
using Butler.Data.Ingest;
using Butler.Ingest.Accounts;
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
        group.MapGet("/{accountId}", async (string accountId, Database database, CancellationToken cancellationToken) => ImapAccountBody.Of(await FindAsync(accountId, database, cancellationToken)))
            .Produces<ImapAccountBody>().WithSummary("One IMAP account (admins only).");
        group.MapPatch("/{accountId}", ChangeAsync).Produces<ImapAccountBody>().WithSummary("Changes an IMAP account; changed connection settings are tested first (admins only).");
        group.MapDelete("/{accountId}", DeleteAsync).Produces<ImapDeleteBody>(202).WithSummary("Removes an IMAP account and all that Butler has of it; nothing changes at the server (admins only).");
        group.MapGet("/{accountId}/folders", FoldersAsync).Produces<ImapTestBody>().WithSummary("The account's folders at the server, and which are followed (admins only).");
        group.MapPost("/{accountId}/test", TestSavedAsync).Produces<ImapTestBody>().WithSummary("Tests a saved account's connection (admins only).");
    }

    private static async Task<IResult> AddAsync(ImapAccountRequest request, HttpContext http, Database database, ImapAccountStore store, ImapAccess access, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(http);
        var owner = request.UserId is null ? caller.UserId : ApiErrors.Id("user_id", request.UserId);
        var address = ImapAccountForm.Address(request.Address);
        var name = ImapAccountForm.DisplayName(request.DisplayName);
        var folders = ImapAccountForm.Folders(request.Folders, []);
        var settings = ImapAccountForm.Settings(request, address, null);
        await RequireWorkingAsync(access, settings, folders, cancellationToken);
        var id = await store.AddAsync(caller.UserId, owner, address, name, settings, folders, request.Active ?? true, cancellationToken);
        return Results.Created($"/api/v1/imap-accounts/{id}", ImapAccountBody.Of((await ImapAccounts.FindAsync(database.DataSource, id, cancellationToken))!));
    }

    private static async Task<ImapTestBody> TestAsync(ImapAccountRequest request, ImapAccess access, CancellationToken cancellationToken)
    {
        var folders = ImapAccountForm.Folders(request.Folders, []);
        return ImapTestBody.Of(await access.TestAsync(ImapAccountForm.Settings(request, ImapAccountForm.Address(request.Address ?? request.User), null), folders, cancellationToken));
    }

    private static async Task<ImapAccountBody> ChangeAsync(
        string accountId, ImapAccountRequest request, HttpContext http, Database database, AccountStore accounts, ImapAccountStore store, ImapAccess access, WakeUps wakeUps,
        CancellationToken cancellationToken)
    {
        var account = await FindAsync(accountId, database, cancellationToken);
        if (request.Address is not null || request.UserId is not null)
        {
            throw ApiErrors.InvalidParameter("address and user_id", "left out: they stay as they are");
        }

        var old = await SettingsAsync(account, accounts, cancellationToken);
        var settings = ImapAccountForm.Settings(request, account.Address, old);
        var folders = ImapAccountForm.Folders(request.Folders, account.Folders);
        var name = request.DisplayName is null ? account.DisplayName : ImapAccountForm.DisplayName(request.DisplayName);
        var active = request.Active ?? account.Status is "active" or "reconnect_needed";
        if (active && settings != old)
        {
            await RequireWorkingAsync(access, settings, folders, cancellationToken);
        }

        await store.ChangeAsync(Caller.Of(http).UserId, account, name, settings, settings != old, folders, active, cancellationToken);
        await access.ForgetAsync(account.Id);
        if (active && account.Status == "active" && folders.Except(account.Folders, StringComparer.Ordinal).Any())
        {
            // What a newly chosen folder holds is imported; one that becomes active is, by the trigger.
            var message = MessageBus.Pack(new StartImport(account.Id, "api", null, null), Lane.Live, account.Id, Correlation.Of(http));
            await database.TransactAsync(c => Outbox.AddAsync(c, [message], cancellationToken), cancellationToken);
            wakeUps.Sent([message]);
        }

        return ImapAccountBody.Of(await FindAsync(accountId, database, cancellationToken));
    }

    private static async Task<IResult> DeleteAsync(string accountId, HttpContext http, Database database, WakeUps wakeUps, CancellationToken cancellationToken)
    {
        var account = await FindAsync(accountId, database, cancellationToken);
        var message = MessageBus.Pack(new DisconnectAccount(account.Id, true, Caller.Of(http).UserId), Lane.Live, null, Correlation.Of(http));
        await database.TransactAsync(c => Outbox.AddAsync(c, [message], cancellationToken), cancellationToken);
        wakeUps.Sent([message]);
        return Results.Accepted($"/api/v1/imap-accounts/{account.Id}", new ImapDeleteBody(account.Id, "deleting"));
    }

    private static async Task<IResult> FoldersAsync(string accountId, Database database, AccountStore accounts, ImapAccess access, CancellationToken cancellationToken)
    {
        var account = await FindAsync(accountId, database, cancellationToken);
        var test = await access.TestAsync(await SettingsAsync(account, accounts, cancellationToken), account.Folders, cancellationToken);
        return test.Problem is null ? Results.Ok(ImapTestBody.Of(test)) : throw Refused(test);
    }

    private static async Task<ImapTestBody> TestSavedAsync(string accountId, Database database, AccountStore accounts, ImapAccess access, CancellationToken cancellationToken)
    {
        var account = await FindAsync(accountId, database, cancellationToken);
        return ImapTestBody.Of(await access.TestAsync(await SettingsAsync(account, accounts, cancellationToken), account.Folders, cancellationToken));
    }

    private static async Task RequireWorkingAsync(ImapAccess access, ImapAccountSettings settings, string[] folders, CancellationToken cancellationToken)
    {
        var test = await access.TestAsync(settings, folders, cancellationToken);
        if (test.Problem is not null)
        {
            throw Refused(test);
        }

        var there = test.Folders.Where(f => ImapFolderBody.Of(f).CanChoose).Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        if (folders.FirstOrDefault(f => !there.Contains(f)) is not null)
        {
            throw ApiErrors.InvalidParameter("folders", "names of folders that the server has, and not Drafts, spam or trash");
        }
    }

    private static ApiException Refused(ImapTest test) =>
        new(ApiErrorCodes.Conflict, test.Message, new Dictionary<string, object?> { ["problem"] = ImapTestBody.Code(test.Problem) });

    private static async Task<ImapAccountRow> FindAsync(string accountId, Database database, CancellationToken cancellationToken) =>
        await ImapAccounts.FindAsync(database.DataSource, ApiErrors.Id("accountId", accountId), cancellationToken) ?? throw ApiErrors.NotFound("account");

    private static async Task<ImapAccountSettings> SettingsAsync(ImapAccountRow account, AccountStore accounts, CancellationToken cancellationToken) =>
        (await accounts.FindAsync(account.Id, cancellationToken))?.Mailbox is { } mailbox
            ? ImapAccountSettings.FromCredentials(mailbox.Credentials)
            : throw ApiErrors.Conflict("The account was disconnected; its login is forgotten. Delete it and set it up again.");
}
