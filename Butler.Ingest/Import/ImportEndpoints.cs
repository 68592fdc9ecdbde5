using Butler.Data;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Import;

/// <summary>Answer of a start.</summary>
internal sealed record StartAnswer(string Message, Guid TaskId, Guid UserId, int Months);

/// <summary>Answer of a cancel.</summary>
internal sealed record CancelAnswer(Guid SyncId, string Status);

internal static class ImportEndpoints
{
    public static void MapImport(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/email-sync").WithTags("import");
        group.MapPost("/start/{userId}", StartAsync).Produces<StartAnswer>(StatusCodes.Status202Accepted)
            .WithSummary("Starts an import of every connected account of a user; months 1 to 24, default 6. An active import is answered with, not doubled.");
        group.MapPost("/{syncId}/cancel", CancelAsync).Produces<CancelAnswer>(StatusCodes.Status202Accepted)
            .WithSummary("Cancels an import; a new start continues where it stopped.");
    }

    private static async Task<IResult> StartAsync(
        string userId, string? months, HttpContext http, Database database, WakeUps wakeUps, SyncStore syncs, Accounts.AccountStore accounts, IOptions<ImportOptions> options,
        CancellationToken cancellationToken)
    {
        var user = ApiErrors.Id("userId", userId);
        var reach = ApiErrors.Number("months", months, options.Value.Months, 1, 24);
        AccessRule.RequireCommand(Caller.Of(http), user);
        var connected = await ConnectedAsync(database, user, cancellationToken);
        if (connected.Count == 0)
        {
            throw await ExistsAsync(database, user, cancellationToken)
                ? ApiErrors.Conflict("The user has no connected mail account. Connect one first.")
                : ApiErrors.NotFound("user");
        }

        // Several accounts: each has its own sync and task; the answer names the first account's.
        var correlation = Correlation.Of(http);
        Guid? first = null;
        foreach (var id in connected)
        {
            if (await accounts.FindAsync(id, cancellationToken) is { Mailbox: not null } account)
            {
                var task = Guid.CreateVersion7();
                await syncs.StartAsync(Guid.CreateVersion7(), account, "api", account.WholeMailbox ? null : reach, task, correlation, cancellationToken);
                first ??= task;
            }
        }

        return Results.Accepted($"/api/v1/email-sync/status/{user}", new StartAnswer(
            connected.Count == 1 ? "Import started." : $"Import of {connected.Count} accounts started.", first!.Value, user, reach));
    }

    private static async Task<IResult> CancelAsync(string syncId, HttpContext http, Database database, WakeUps wakeUps, CancellationToken cancellationToken)
    {
        var sync = ApiErrors.Id("syncId", syncId);
        var (owner, status) = await OwnerAsync(database, sync, cancellationToken) ?? throw ApiErrors.NotFound("sync");
        AccessRule.RequireCommand(Caller.Of(http), owner);
        if (status is not ("pending" or "in_progress"))
        {
            throw ApiErrors.Conflict($"The sync is {status}; only a running one can be cancelled.");
        }

        var message = MessageBus.Pack(new CancelImport(sync), Lane.Live, null, Correlation.Of(http));
        await database.TransactAsync(c => Outbox.AddAsync(c, [message], cancellationToken), cancellationToken);
        wakeUps.Sent([message]);
        return Results.Accepted($"/api/v1/email-sync/status/{owner}", new CancelAnswer(sync, "cancelling"));
    }

    private static async Task<List<Guid>> ConnectedAsync(Database database, Guid user, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT id FROM provider_users WHERE app_user_id = $1 AND status = 'active' AND services && '{gmail,imap,file}' AND credentials IS NOT NULL ORDER BY created_at, id
            """);
        command.Parameters.Add(new() { Value = user });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    private static async Task<bool> ExistsAsync(Database database, Guid user, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT 1 FROM app_users WHERE id = $1");
        command.Parameters.Add(new() { Value = user });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private static async Task<(Guid Owner, string Status)?> OwnerAsync(Database database, Guid sync, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT app_user_id, status FROM sync_jobs WHERE id = $1");
        command.Parameters.Add(new() { Value = sync });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetGuid(0), reader.GetString(1)) : null;
    }
}
