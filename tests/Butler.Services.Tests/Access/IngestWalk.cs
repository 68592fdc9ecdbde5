namespace Butler.Services.Tests.Access;

/// <summary>The commands of Ingest.</summary>
internal sealed class IngestWalk : IWalkTable
{
    public string Service => "ingest";

    public IEnumerable<WalkCase> Cases =>
    [
        .. WalkTables.Operation("/openapi/{documentName}.json"),
        WalkCase.Of("GET /api/v1/me", Expect.Own, _ => "/api/v1/me"),
        WalkCase.Of("POST /api/v1/sign-in-links", Expect.Own, _ => "/api/v1/sign-in-links"),
        WalkCase.Json("POST /api/v1/users", Expect.AdminOnly(201), (_, _) => Task.FromResult<(string, object)>(("/api/v1/users", new { display_name = "Walker" }))),
        // Conflicts because nothing can be imported or cancelled here: the right to was checked before.
        WalkCase.Of("POST /api/v1/email-sync/start/{userId}", Expect.Command(409), b => $"/api/v1/email-sync/start/{b.Owner}"),
        WalkCase.Of("POST /api/v1/email-sync/{syncId}/cancel", Expect.Command(409), b => $"/api/v1/email-sync/{b.Sync}/cancel"),
        // A mail of somebody else is not found, which tells less than "forbidden".
        WalkCase.Json("POST /api/process-email", new(401, 201, 404, 404, 201), (b, _) =>
            Task.FromResult<(string, object)>(("/api/process-email", new { email_id = "walk-1", account = b.Account }))),
    ];
}
