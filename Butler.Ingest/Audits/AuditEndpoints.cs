using Butler.Data;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;

namespace Butler.Ingest.Audits;

/// <summary>Body of <c>POST /api/v1/audits</c>.</summary>
/// <param name="User">Whose accounts; the caller's own when nobody is named.</param>
/// <param name="Account">One account.</param>
/// <param name="Months">How far back, 1 to 240; all that was imported when nothing is named.</param>
/// <param name="Repair">Also record what is missing, and try dead letters again.</param>
internal sealed record AuditRequest(Guid? User, Guid? Account, int? Months, bool Repair = false);

/// <summary>An audit in the API.</summary>
internal sealed record AuditBody(
    Guid AuditId, Guid AccountId, string Status, bool Repair, DateTimeOffset? RangeFrom, long AtProvider, long AccountedFor, long Done, long Skipped, long Gone, long Dead, long Expired, long Open,
    long Missing, long Unlisted, long Deleted, long Repaired, long Retried, IReadOnlyList<string> MissingEmailIds, string? Words, string? Error, DateTimeOffset CreatedAt, DateTimeOffset? CompletedAt);

/// <summary>Answer of <c>POST /api/v1/audits</c>: one per account.</summary>
internal sealed record AuditsAnswer(IReadOnlyList<AuditBody> Audits);

internal static class AuditEndpoints
{
    private const int MaxMonths = 240;

    public static void MapAudits(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/audits").WithTags("audit");
        group.MapPost("", StartAsync).Produces<AuditsAnswer>(StatusCodes.Status202Accepted)
            .WithSummary("Compares Gmail's listing with the ledger, per account; with repair it records what is missing. A running audit is answered with, not doubled.");
        group.MapGet("/{auditId}", async (string auditId, HttpContext http, AuditStore audits, CancellationToken cancellationToken) =>
        {
            var audit = await audits.FindAsync(ApiErrors.Id("auditId", auditId), cancellationToken) ?? throw ApiErrors.NotFound("audit");
            AccessRule.RequireRead(Caller.Of(http), audit.OwnerId, audit.OwnerFamilyId);
            return Body(audit);
        }).WithSummary("An audit: its numbers, and what they say in words when it has ended.");
    }

    private static async Task<IResult> StartAsync(AuditRequest request, HttpContext http, Database database, AuditStore audits, WakeUps wakeUps, CancellationToken cancellationToken)
    {
        if (request.Months is < 1 or > MaxMonths)
        {
            throw ApiErrors.InvalidParameter("months", $"a whole number from 1 to {MaxMonths}");
        }

        var caller = Caller.Of(http);
        var accounts = await AccountsAsync(database, caller, request, cancellationToken);
        if (accounts.Count == 0)
        {
            throw request.Account is null ? ApiErrors.Conflict("There is no connected mail account to audit.") : ApiErrors.NotFound("account");
        }

        foreach (var (_, owner) in accounts)
        {
            AccessRule.RequireCommand(caller, owner);
        }

        var started = new List<AuditBody>();
        foreach (var (account, _) in accounts)
        {
            var message = new AuditMailbox(Guid.CreateVersion7(), account, request.Months, request.Repair, caller.UserId);
            var outgoing = MessageBus.Pack(message, Lane.Live, account, Correlation.Of(http));
            var begun = await database.TransactAsync(async connection =>
            {
                var made = await AuditStore.BeginAsync(connection, message, cancellationToken);
                await Outbox.AddAsync(connection, made ? [outgoing] : [], cancellationToken);
                return made;
            }, cancellationToken);
            if (begun)
            {
                wakeUps.Sent([outgoing]);
            }

            if ((begun ? await audits.FindAsync(message.AuditId, cancellationToken) : await audits.RunningAsync(account, cancellationToken)) is { } audit)
            {
                started.Add(Body(audit));
            }
        }

        return started.Count > 0 ? Results.Accepted($"/api/v1/audits/{started[0].AuditId}", new AuditsAnswer(started))
            : throw ApiErrors.Conflict("Nothing has been imported yet, so there is nothing to compare.");
    }

    private static async Task<List<(Guid Account, Guid Owner)>> AccountsAsync(Database database, Caller caller, AuditRequest request, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT id, app_user_id FROM provider_users WHERE CASE WHEN $1::uuid IS NOT NULL THEN id = $1 ELSE app_user_id = $2 AND status = 'active' END ORDER BY created_at, id
            """);
        command.Parameters.Add(new() { Value = (object?)request.Account ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = request.User ?? caller.UserId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var accounts = new List<(Guid Account, Guid Owner)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            accounts.Add((reader.GetGuid(0), reader.GetGuid(1)));
        }

        return accounts;
    }

    private static AuditBody Body(AuditState a) => new(
        a.Id, a.ProviderUserId, a.Status, a.Repair, a.RangeFrom, a.Counts.AtProvider, a.Counts.AccountedFor, a.Counts.Done, a.Counts.Skipped, a.Counts.Gone, a.Counts.Dead, a.Counts.Expired,
        a.Counts.Open, a.Counts.Missing, a.Counts.Unlisted, a.Counts.Deleted, a.Counts.Repaired, a.Counts.Retried, a.Differing, a.Status == "completed" ? a.Counts.Words(a.Provider) : null, a.Error, a.CreatedAt,
        a.CompletedAt);
}
