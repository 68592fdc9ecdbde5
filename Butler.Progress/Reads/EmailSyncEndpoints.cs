using Butler.Progress.Streams;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Progress.Reads;

internal static class EmailSyncEndpoints
{
    public static void MapEmailSync(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/email-sync").WithTags("email-sync").ProducesErrors();
        group.MapGet("/status/{userId}", async (string userId, HttpContext context, PeopleReader people, SyncReader syncs, SyncBodies bodies, CancellationToken cancellationToken) =>
        {
            var user = await people.RequireReadableAsync(Caller.Of(context), ApiErrors.Id("userId", userId), cancellationToken);
            var latest = await syncs.LatestAsync(user.Id, cancellationToken);
            return latest.Count == 0 ? throw ApiErrors.NotFound("sync") : bodies.Sum(latest, await people.AccountsAsync(user.Id, cancellationToken));
        }).WithSummary("The newest sync of each of a user's accounts, added up. 404 when there has been none.");

        group.MapGet("/history/{userId}", async (string userId, string? limit, HttpContext context, PeopleReader people, SyncReader syncs, SyncBodies bodies, CancellationToken cancellationToken) =>
        {
            var user = await people.RequireReadableAsync(Caller.Of(context), ApiErrors.Id("userId", userId), cancellationToken);
            var jobs = await syncs.HistoryAsync(user.Id, ApiErrors.Number("limit", limit, 10, 1, 100), cancellationToken);
            return new SyncHistoryBody(user.Id, [.. jobs.Select(bodies.Of)]);
        }).WithSummary("A user's syncs, newest first (limit 1 to 100, default 10).");

        group.MapGet("/stats", (HttpContext context, StatsReader stats, CancellationToken cancellationToken) => stats.ReadAsync(Caller.Of(context), cancellationToken))
            .WithSummary("Jobs by status, mails by state, mails per second over 5 minutes, the longest wait. Own data; admins see all.");
    }

    /// <summary>Says in the OpenAPI document that errors have one format.</summary>
    public static RouteGroupBuilder ProducesErrors(this RouteGroupBuilder group)
    {
        foreach (var status in (int[])[400, 401, 403, 404])
        {
            group.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ErrorBody), ["application/json"]));
        }

        return group;
    }
}
