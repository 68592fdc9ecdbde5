namespace Butler.Services.Tests.Access;

/// <summary>Schedules, failed tasks and audits.</summary>
internal sealed class OpsWalk : IWalkTable
{
    public string Service => "ingest";

    public IEnumerable<WalkCase> Cases =>
    [
        WalkCase.Of("GET /api/v1/admin/schedules", Expect.AdminOnly(200), _ => "/api/v1/admin/schedules"),
        WalkCase.Json("PATCH /api/v1/admin/schedules/{name}", Expect.AdminOnly(200), (_, _) =>
            Task.FromResult<(string, object)>(("/api/v1/admin/schedules/gauges", new { enabled = true }))),
        WalkCase.Of("POST /api/v1/admin/schedules/{name}/run", Expect.AdminOnly(202), _ => "/api/v1/admin/schedules/gauges/run"),
        WalkCase.Of("GET /api/v1/admin/failed-tasks", Expect.AdminOnly(200), _ => "/api/v1/admin/failed-tasks"),
        // Of a task that does not exist: the right to is checked before.
        WalkCase.Of("POST /api/v1/admin/failed-tasks/{id}/retry", Expect.AdminOnly(404), _ => $"/api/v1/admin/failed-tasks/{Guid.Empty}/retry"),
        WalkCase.Of("POST /api/v1/admin/failed-tasks/{id}/resolve", Expect.AdminOnly(404), _ => $"/api/v1/admin/failed-tasks/{Guid.Empty}/resolve"),
        WalkCase.Json("POST /api/v1/audits", Expect.Command(202), (b, _) => Task.FromResult<(string, object)>(("/api/v1/audits", new { account = b.Account }))),
        new("GET /api/v1/audits/{auditId}", Expect.Read, async (b, _) => new(HttpMethod.Get, $"/api/v1/audits/{await AuditAsync(b)}")),
    ];

    private static async Task<Guid> AuditAsync(WalkBed bed)
    {
        var id = Guid.CreateVersion7();
        await bed.Data.ExecuteAsync("INSERT INTO audits (id, provider_user_id, repair, status, whole_range) VALUES ($1, $2, false, 'completed', true)", id, bed.Account);
        return id;
    }
}

/// <summary>The ledger's reads, and the page's audit.</summary>
internal sealed class LedgerWalk : IWalkTable
{
    public string Service => "progress";

    public IEnumerable<WalkCase> Cases =>
    [
        WalkCase.Of("GET /api/v1/ledger/{providerUserId}", Expect.Read, b => $"/api/v1/ledger/{b.Account}"),
        WalkCase.Of("GET /api/v1/ledger/{providerUserId}/messages/{providerMessageId}", Expect.Read, b => $"/api/v1/ledger/{b.Account}/messages/walk-1"),
        WalkCase.Form("POST /commands/retention", Expect.Command(303), (b, _) =>
            Task.FromResult(("/commands/retention", new Dictionary<string, string> { ["account"] = $"{b.Account}", ["days"] = "700" }))),
        WalkCase.Form("POST /commands/audit", Expect.Command(303), (b, _) => Task.FromResult(("/commands/audit", new Dictionary<string, string> { ["account"] = $"{b.Account}" }))),
    ];
}
