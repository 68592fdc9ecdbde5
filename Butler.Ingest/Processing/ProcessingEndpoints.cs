using Butler.Data;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;

namespace Butler.Ingest.Processing;

/// <summary>Body of <c>POST /api/process-email</c>.</summary>
/// <param name="EmailId">The provider's message id.</param>
/// <param name="ForceReprocess">Judge again although there is a verdict.</param>
/// <param name="Account">Which account, when the caller has several.</param>
internal sealed record ProcessRequest(string? EmailId, bool ForceReprocess = false, Guid? Account = null);

/// <summary>Answer of <c>POST /api/process-email</c>.</summary>
internal sealed record ProcessAnswer(Guid TaskId, string EmailId, string Status, DateTimeOffset CreatedAt);

internal static class ProcessingEndpoints
{
    private const int MaxEmailId = 255;

    public static void MapProcessing(this WebApplication app) =>
        app.MapPost("/api/process-email", ProcessAsync).WithTags("mail").Produces<ProcessAnswer>(StatusCodes.Status201Created)
            .WithSummary("Judges one mail, and drafts a reply where one is due; force_reprocess judges again under a new task.");

    private static async Task<IResult> ProcessAsync(ProcessRequest request, HttpContext http, Database database, WakeUps wakeUps, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.EmailId is not { Length: > 0 and <= MaxEmailId } || request.EmailId.Any(c => c is < ' ' or > '~'))
        {
            throw ApiErrors.InvalidParameter("email_id", $"the provider's message id, 1 to {MaxEmailId} printable ASCII characters");
        }

        var caller = Caller.Of(http);
        var (mail, account) = await FindAsync(database, caller, request, cancellationToken);
        var task = Guid.CreateVersion7();
        var correlation = Correlation.Of(http);
        var message = MessageBus.Pack(new ProcessMail(mail, account, task, request.ForceReprocess), Lane.Live, account, correlation);
        await database.TransactAsync(async connection =>
        {
            await TaskIds.AddForMailAsync(connection, task, caller.UserId, account, mail, correlation, cancellationToken);
            await Outbox.AddAsync(connection, [message], cancellationToken);
        }, cancellationToken);
        wakeUps.Sent([message]);
        return Results.Created($"/api/task-status/{task}", new ProcessAnswer(task, request.EmailId, "pending", time.GetUtcNow()));
    }

    private static async Task<(Guid Mail, Guid Account)> FindAsync(Database database, Caller caller, ProcessRequest request, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT l.id, l.provider_user_id FROM provider_users p JOIN ledger l ON l.provider_user_id = p.id
            WHERE l.provider_message_id = $1 AND ($2::uuid IS NULL OR p.id = $2) AND (p.app_user_id = $3 OR ($4 AND $2 IS NOT NULL)) AND l.state <> 'expired'
            LIMIT 3
            """);
        command.Parameters.Add(new() { Value = request.EmailId! });
        command.Parameters.Add(new() { Value = (object?)request.Account ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = caller.UserId });
        command.Parameters.Add(new() { Value = caller.IsAdmin });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<(Guid Mail, Guid Account)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add((reader.GetGuid(0), reader.GetGuid(1)));
        }

        return found.Count switch
        {
            0 => throw ApiErrors.NotFound("mail"),
            1 => found[0],
            _ => throw ApiErrors.AccountRequired(found.Select(f => f.Account)),
        };
    }
}
