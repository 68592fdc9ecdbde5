namespace Butler.Services.Tests.Access;

/// <summary>Own tags: everybody's are their own, whoever asks; no address names another's.</summary>
internal sealed class TagWalk : IWalkTable
{
    public string Service => "ingest";

    public IEnumerable<WalkCase> Cases =>
    [
        WalkCase.Json("PUT /api/v1/tags/{name}", Expect.OwnDone(201), (_, _) => Task.FromResult<(string, object)>(("/api/v1/tags/walk", new { description = "d" }))),
        WalkCase.Of("DELETE /api/v1/tags/{name}", Expect.OwnDone(204), _ => "/api/v1/tags/walk"),
        // The owner's alone: nobody else reaches it, admins neither.
        new("DELETE /api/v1/tags/{name}", new(401, 204, 404, 404, 404), async (b, _) =>
        {
            await b.Data.ExecuteAsync("INSERT INTO own_tags (app_user_id, name, description, rule) VALUES ($1, 'mine', 'd', '{}') ON CONFLICT DO NOTHING", b.Owner);
            return new(HttpMethod.Delete, "/api/v1/tags/mine");
        }),
    ];
}

/// <summary>The same on the page.</summary>
internal sealed class TagPageWalk : IWalkTable
{
    public string Service => "progress";

    public IEnumerable<WalkCase> Cases =>
    [
        WalkCase.Of("GET /api/v1/tags", Expect.Own, _ => "/api/v1/tags"),
        WalkCase.Of("GET /tags", Expect.Own, _ => "/tags", Pass.Session),
        WalkCase.Form("POST /commands/tag", Expect.OwnDone(303), (_, _) => Task.FromResult(("/commands/tag", new Dictionary<string, string> { ["name"] = "walk", ["description"] = "d" }))),
        WalkCase.Form("POST /commands/tag-delete", Expect.OwnDone(303), (_, _) => Task.FromResult(("/commands/tag-delete", new Dictionary<string, string> { ["name"] = "walk" }))),
    ];
}
