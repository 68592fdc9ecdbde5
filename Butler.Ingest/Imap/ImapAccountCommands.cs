using Butler.Data;
using Butler.Data.Ingest;
using Butler.Ingest.Accounts;
using Butler.Mailboxes.Imap.Accounts;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Butler.ServiceDefaults.Errors;

namespace Butler.Ingest.Imap;

/// <summary>Setting IMAP accounts up and changing them, for the API and for what the page sent: settings are tested before they are saved.</summary>
internal sealed class ImapAccountCommands(Database database, AccountStore accounts, ImapAccountStore store, ImapAccess access, WakeUps wakeUps)
{
    /// <exception cref="ApiException">What is wrong, in words.</exception>
    public async Task<ImapAccountRow> AddAsync(Guid actor, ImapAccountRequest request, CancellationToken cancellationToken)
    {
        var owner = request.UserId is null ? actor : ApiErrors.Id("user_id", request.UserId);
        var address = ImapAccountForm.Address(request.Address);
        var name = ImapAccountForm.DisplayName(request.DisplayName);
        var folders = ImapAccountForm.Folders(request.Folders, []);
        var settings = ImapAccountForm.Settings(request, address, null);
        await RequireWorkingAsync(settings, folders, cancellationToken);
        var id = await store.AddAsync(actor, owner, address, name, settings, folders, request.Active ?? true, cancellationToken);
        return await FindAsync(id, cancellationToken);
    }

    /// <exception cref="ApiException">What is wrong, in words.</exception>
    public async Task<ImapAccountRow> ChangeAsync(Guid actor, Guid id, ImapAccountRequest request, Guid correlationId, CancellationToken cancellationToken)
    {
        var account = await FindAsync(id, cancellationToken);
        if (request.Address is not null || request.UserId is not null)
        {
            throw ApiErrors.InvalidParameter("address and user_id", "left out: they stay as they are");
        }

        var old = await SettingsAsync(account, cancellationToken);
        var settings = ImapAccountForm.Settings(request, account.Address, old);
        var folders = ImapAccountForm.Folders(request.Folders, account.Folders);
        var name = request.DisplayName is null ? account.DisplayName : ImapAccountForm.DisplayName(request.DisplayName);
        var active = request.Active ?? account.Status is "active" or "reconnect_needed";
        if (active && (settings != old || folders.Except(account.Folders, StringComparer.Ordinal).Any()))
        {
            await RequireWorkingAsync(settings, folders, cancellationToken);
        }

        await store.ChangeAsync(actor, account, name, settings, settings != old, folders, active, cancellationToken);
        await access.ForgetAsync(id);
        if (active && account.Status == "active" && folders.Except(account.Folders, StringComparer.Ordinal).Any())
        {
            // What a newly chosen folder holds is imported; an account that becomes active is, by the trigger.
            var message = MessageBus.Pack(new StartImport(id, "api", null, null), Lane.Live, id, correlationId);
            await database.TransactAsync(c => Outbox.AddAsync(c, [message], cancellationToken), cancellationToken);
            wakeUps.Sent([message]);
        }

        return await FindAsync(id, cancellationToken);
    }

    /// <exception cref="ApiException">404.</exception>
    public async Task<ImapAccountRow> FindAsync(Guid id, CancellationToken cancellationToken) =>
        await ImapAccounts.FindAsync(database.DataSource, id, cancellationToken) ?? throw ApiErrors.NotFound("account");

    /// <summary>Tests the connection of a saved account.</summary>
    public async Task<ImapTest> TestAsync(Guid id, CancellationToken cancellationToken)
    {
        var account = await FindAsync(id, cancellationToken);
        return await access.TestAsync(await SettingsAsync(account, cancellationToken), account.Folders, cancellationToken);
    }

    /// <summary>A test's finding as an error of the API.</summary>
    public static ApiException Refused(ImapTest test) =>
        new(ApiErrorCodes.Conflict, test.Message, new Dictionary<string, object?> { ["problem"] = ImapTestBody.Code(test.Problem) });

    private async Task RequireWorkingAsync(ImapAccountSettings settings, string[] folders, CancellationToken cancellationToken)
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

    private async Task<ImapAccountSettings> SettingsAsync(ImapAccountRow account, CancellationToken cancellationToken) =>
        (await accounts.FindAsync(account.Id, cancellationToken))?.Mailbox is { } mailbox
            ? ImapAccountSettings.FromCredentials(mailbox.Credentials)
            : throw ApiErrors.Conflict("The account was disconnected; its login is forgotten. Delete it and set it up again.");
}
