using System.Text.Json;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Errors;

namespace Butler.Ingest.Imap;

/// <summary>Carries out what an admin sent from the page, and says there how it ended.</summary>
internal sealed class ConnectImapHandler(ConnectStates states, PeopleStore people, ImapAccountCommands commands, Database database) : IHandler<ConnectImap>
{
    public async Task<Outcome> HandleAsync(ConnectImap message, MessageContext context, CancellationToken cancellationToken)
    {
        if (await states.FindReturnedAsync(message.ConnectId, cancellationToken) is not { } submitted)
        {
            return Outcome.Done;
        }

        Guid? account = null;
        string? error = null;
        try
        {
            // The page asked for the right; it may have been taken back since.
            if (!(await people.ListAsync(cancellationToken)).Any(p => p.Id == submitted.AppUserId && p.Role == Roles.Admin))
            {
                throw new ApiException(ApiErrorCodes.Forbidden, "Only admins may do this.");
            }

            var request = JsonSerializer.Deserialize<Submitted>(submitted.Code, ApiJson.Options)!;
            account = request.AccountId is { } id
                ? (await commands.ChangeAsync(submitted.AppUserId, id, request.Settings, context.CorrelationId, cancellationToken)).Id
                : (await commands.AddAsync(submitted.AppUserId, request.Settings, cancellationToken)).Id;
        }
        catch (ApiException e)
        {
            error = e.Message;
        }

        await database.TransactAsync(c => ConnectStates.EndAsync(c, submitted.Id, account, error, cancellationToken), cancellationToken);
        return Outcome.Done;
    }

    /// <summary>What the page seals: the settings, and of a known account its id.</summary>
    private sealed record Submitted(
        Guid? AccountId, string? Address, string? DisplayName, string? Host, int? Port, string? Security, string? User, string? Password, string[]? Folders, bool? Active)
    {
        public ImapAccountRequest Settings => new()
        {
            Address = Address, DisplayName = DisplayName, Host = Host, Port = Port, Security = Security, User = User, Password = Password, Folders = Folders, Active = Active,
        };

        public override string ToString() => "settings from the page";
    }
}
