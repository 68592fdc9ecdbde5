namespace Butler.Services.Tests.Access;

/// <summary>IMAP accounts are for admins. Of accounts that do not exist, and with settings that are refused: the right to is checked before.</summary>
internal sealed class ImapWalk : IWalkTable
{
    private static readonly string s_account = $"/api/v1/imap-accounts/{Guid.Empty}";

    public string Service => "ingest";

    public IEnumerable<WalkCase> Cases =>
    [
        WalkCase.Of("GET /api/v1/imap-accounts", Expect.AdminOnly(200), _ => "/api/v1/imap-accounts"),
        WalkCase.Json("POST /api/v1/imap-accounts", Expect.AdminOnly(400), (_, _) => Task.FromResult<(string, object)>(("/api/v1/imap-accounts", new { address = "walk@example.org" }))),
        WalkCase.Json("POST /api/v1/imap-accounts/test", Expect.AdminOnly(400), (_, _) => Task.FromResult<(string, object)>(("/api/v1/imap-accounts/test", new { address = "walk@example.org" }))),
        WalkCase.Of("GET /api/v1/imap-accounts/{accountId}", Expect.AdminOnly(404), _ => s_account),
        WalkCase.Json("PATCH /api/v1/imap-accounts/{accountId}", Expect.AdminOnly(404), (_, _) => Task.FromResult<(string, object)>((s_account, new { active = false }))),
        WalkCase.Of("DELETE /api/v1/imap-accounts/{accountId}", Expect.AdminOnly(404), _ => s_account),
        WalkCase.Of("GET /api/v1/imap-accounts/{accountId}/folders", Expect.AdminOnly(404), _ => s_account + "/folders"),
        WalkCase.Of("POST /api/v1/imap-accounts/{accountId}/test", Expect.AdminOnly(404), _ => s_account + "/test"),
    ];
}

/// <summary>The same on the page.</summary>
internal sealed class ImapPageWalk : IWalkTable
{
    public string Service => "progress";

    public IEnumerable<WalkCase> Cases =>
    [
        WalkCase.Of("GET /imap", Expect.AdminOnly(200), _ => "/imap", Pass.Session),
        WalkCase.Of("GET /imap/new", Expect.AdminOnly(200), _ => "/imap/new", Pass.Session),
        WalkCase.Of("GET /imap/{id}", Expect.AdminOnly(404), _ => $"/imap/{Guid.Empty}", Pass.Session),
        WalkCase.Of("GET /imap/saved/{id}", Expect.AdminOnly(404), _ => $"/imap/saved/{Guid.Empty}", Pass.Session),
        WalkCase.Form("POST /commands/imap", Expect.AdminOnly(303), (_, _) => Task.FromResult(("/commands/imap", new Dictionary<string, string> { ["address"] = "walk@example.org" }))),
        WalkCase.Form("POST /commands/imap/active", Expect.AdminOnly(404), (_, _) => Task.FromResult(("/commands/imap/active", new Dictionary<string, string> { ["account"] = $"{Guid.Empty}" }))),
    ];
}
