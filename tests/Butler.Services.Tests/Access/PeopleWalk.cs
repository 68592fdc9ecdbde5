using Butler.Data.Ingest;

namespace Butler.Services.Tests.Access;

/// <summary>People, tokens, keys and accounts in Ingest.</summary>
internal sealed class PeopleWalk : IWalkTable
{
    public string Service => "ingest";

    public IEnumerable<WalkCase> Cases =>
    [
        WalkCase.Of("GET /api/v1/users", Expect.AdminOnly(200), _ => "/api/v1/users"),
        WalkCase.Json("PATCH /api/v1/users/{userId}", Expect.AdminOnly(200), async (b, _) => ($"/api/v1/users/{await b.NewPersonAsync()}", new { role = "admin" })),
        // The owner and the family are in a family already; the stranger and the admin are not, and get one that a later call needs gone.
        WalkCase.Json("POST /api/v1/families", new(401, 409, 201, 409, 201), async (b, asker) =>
        {
            await PeopleRows.LeaveAsync(b, asker);
            return ("/api/v1/families", new { name = "Walk" });
        }),
        // Owned by the owner; the admin is in none, the stranger in their own.
        WalkCase.Of("POST /api/v1/families/invitations", new(401, 201, 201, 403, 201), _ => "/api/v1/families/invitations"),
        new("DELETE /api/v1/families/invitations/{invitationId}", new(401, 204, 403, 403, 204), async (b, _) =>
            new(HttpMethod.Delete, $"/api/v1/families/invitations/{(await new PeopleStore(new(b.Data.Database)).InviteAsync(b.Owner, CancellationToken.None)).Id}")),
        WalkCase.Of("POST /api/v1/families/leave", new(401, 204, 204, 204, 204), _ => "/api/v1/families/leave"),
        WalkCase.Json("POST /api/v1/families/join", new(401, 200, 200, 200, 200), async (b, asker) => ("/api/v1/families/join", new { code = await PeopleRows.InvitationAsync(b) })),
        WalkCase.Of("POST /api/v1/families/leave", new(401, 204, 204, 204, 204), _ => "/api/v1/families/leave"),
        new("DELETE /api/v1/families/members/{userId}", new(401, 403, 403, 403, 204), async (b, asker) =>
        {
            // Of another family: only admins remove there. Afterwards everybody is as before.
            await PeopleRows.RestoreAsync(b);
            var person = await b.NewPersonAsync();
            await b.NewFamilyAsync(person);
            return new(HttpMethod.Delete, $"/api/v1/families/members/{person}");
        }),
        new("DELETE /api/v1/families/members/{userId}", new(401, 204, 403, 403, 204), async (b, _) =>
        {
            var person = await b.NewPersonAsync();
            await b.Data.ExecuteAsync("UPDATE app_users SET family_id = (SELECT family_id FROM app_users WHERE id = $2) WHERE id = $1", person, b.Owner);
            return new(HttpMethod.Delete, $"/api/v1/families/members/{person}");
        }),

        WalkCase.Of("GET /api/v1/tokens", Expect.Own, _ => "/api/v1/tokens"),
        WalkCase.Json("POST /api/v1/tokens", Expect.OwnDone(201), (_, _) => Task.FromResult<(string, object)>(("/api/v1/tokens", new { name = "walk" }))),
        new("DELETE /api/v1/tokens/{tokenId}", Expect.OwnerOnly(204), async (b, _) => new(HttpMethod.Delete, $"/api/v1/tokens/{await PeopleRows.TokenAsync(b)}")),

        WalkCase.Of("GET /api/v1/admin/keys", Expect.AdminOnly(200), _ => "/api/v1/admin/keys"),
        WalkCase.Of("POST /api/v1/admin/keys/rotate", Expect.AdminOnly(202), _ => "/api/v1/admin/keys/rotate"),

        WalkCase.Json("POST /api/v1/accounts/connect", Expect.OwnDone(201), (_, _) => Task.FromResult<(string, object)>(("/api/v1/accounts/connect", new { redirect_uri = "http://127.0.0.1:1/back" }))),
        // A state that the owner's session began: with nobody's token is it of use, the owner's neither.
        WalkCase.Json("POST /api/v1/accounts/connect/complete", new(401, 409, 409, 409, 409), async (b, _) =>
            ("/api/v1/accounts/connect/complete", new { state = await PeopleRows.StateAsync(b), code = "x" })),
        new("GET /api/v1/accounts/connect/{connectId}", new(401, 200, 404, 404, 404), async (b, _) => new(HttpMethod.Get, $"/api/v1/accounts/connect/{await PeopleRows.ConnectAsync(b)}")),
        WalkCase.Json("POST /api/v1/accounts/{accountId}/disconnect", Expect.Command(202), async (b, _) => ($"/api/v1/accounts/{await PeopleRows.AccountAsync(b)}/disconnect", new { erase = false })),
        new("GET /api/v1/accounts/{accountId}/retention", Expect.Read, (b, _) => Task.FromResult(new HttpRequestMessage(HttpMethod.Get, $"/api/v1/accounts/{b.Account}/retention"))),
        WalkCase.Json("PUT /api/v1/accounts/{accountId}/retention", Expect.Command(202), (b, _) =>
            Task.FromResult<(string, object)>(($"/api/v1/accounts/{b.Account}/retention", new { retention_days = 700 }))),
    ];
}

/// <summary>The same on the page.</summary>
internal sealed class PeoplePageWalk : IWalkTable
{
    public string Service => "progress";

    public IEnumerable<WalkCase> Cases =>
    [
        WalkCase.Of("GET /people", Expect.Own, _ => "/people", Pass.Session),
        WalkCase.Of("GET /join", Expect.Own, _ => "/join", Pass.Session),
        WalkCase.Of("GET /api/v1/audit", Expect.Own, _ => "/api/v1/audit"),
        Form("family", new(401, 409, 303, 409, 303), async (b, asker) =>
        {
            await PeopleRows.RestoreAsync(b);
            return new() { ["name"] = "Walk" };
        }),
        Form("invite", new(401, 200, 200, 403, 200), (_, _) => Task.FromResult(new Dictionary<string, string>())),
        Form("uninvite", new(401, 303, 403, 403, 303), async (b, _) => new() { ["invitation"] = $"{(await new PeopleStore(new(b.Data.Database)).InviteAsync(b.Owner, CancellationToken.None)).Id}" }),
        Form("leave", new(401, 303, 303, 303, 303), (_, _) => Task.FromResult(new Dictionary<string, string>())),
        Form("join", new(401, 303, 303, 303, 303), async (b, _) => new() { ["code"] = await PeopleRows.InvitationAsync(b) }),
        Form("remove", new(401, 303, 403, 403, 303), async (b, asker) =>
        {
            await PeopleRows.RestoreAsync(b);
            var person = await b.NewPersonAsync();
            await b.Data.ExecuteAsync("UPDATE app_users SET family_id = (SELECT family_id FROM app_users WHERE id = $2) WHERE id = $1", person, b.Owner);
            return new() { ["user"] = $"{person}" };
        }),
        Form("role", Expect.AdminOnly(303), async (b, _) => new() { ["user"] = $"{await b.NewPersonAsync()}", ["role"] = "admin" }),
        Form("token", Expect.OwnDone(200), (_, _) => Task.FromResult(new Dictionary<string, string> { ["name"] = "walk" })),
        Form("token-end", Expect.OwnerOnly(303), async (b, _) => new() { ["token"] = $"{await PeopleRows.TokenAsync(b)}" }),

        Form("connect", Expect.OwnDone(303), (_, _) => Task.FromResult(new Dictionary<string, string>())),
        // Begun with another session than the asker's, the owner's other one included: of no use to anybody.
        new("GET /oauth/callback", new(401, 409, 409, 409, 409), async (b, _) => new(HttpMethod.Get, $"/oauth/callback?code=x&state={await PeopleRows.StateAsync(b)}"), Pass.Session),
        new("GET /connect/{id}", new(401, 200, 404, 404, 404), async (b, _) => new(HttpMethod.Get, $"/connect/{await PeopleRows.ConnectAsync(b)}"), Pass.Session),
        WalkCase.Of("GET /accounts/{id}/disconnect", Expect.Command(200), b => $"/accounts/{b.Account}/disconnect", Pass.Session),
        Form("disconnect", Expect.Command(303), async (b, _) => new() { ["account"] = $"{await PeopleRows.AccountAsync(b)}" }),
    ];

    private static WalkCase Form(string command, Expect expect, Func<WalkBed, Asker, Task<Dictionary<string, string>>> fields) =>
        WalkCase.Form($"POST /commands/{command}", expect, async (b, asker) => ($"/commands/{command}", await fields(b, asker)));
}

/// <summary>What the calls use up.</summary>
internal static class PeopleRows
{
    /// <summary>Owner and spouse in one family that the owner made; the stranger and the admin in none.</summary>
    public static async Task RestoreAsync(WalkBed bed)
    {
        await bed.Data.ExecuteAsync("UPDATE app_users SET family_id = NULL WHERE id = ANY ($1)", new[] { bed.Data.Owner, bed.Data.Spouse, bed.Data.Stranger, bed.Data.Admin });
        var family = await bed.NewFamilyAsync(bed.Owner);
        await bed.Data.ExecuteAsync("UPDATE app_users SET family_id = $2 WHERE id = $1", bed.Data.Spouse, family);
    }

    public static Task LeaveAsync(WalkBed bed, Asker asker) => asker is Asker.None or Asker.Owner ? RestoreAsync(bed) : Task.CompletedTask;

    /// <summary>Into a family of a stranger to everybody, for whoever has just left theirs.</summary>
    public static async Task<string> InvitationAsync(WalkBed bed)
    {
        var person = await bed.NewPersonAsync();
        await bed.NewFamilyAsync(person);
        return (await new PeopleStore(new(bed.Data.Database)).InviteAsync(person, CancellationToken.None)).Code;
    }

    public static async Task<Guid> TokenAsync(WalkBed bed)
    {
        var secret = await bed.Data.Tokens.CreateBearerAsync(bed.Owner, "used up", CancellationToken.None);
        return await bed.Data.ScalarAsync<Guid>("SELECT id FROM api_tokens WHERE hash = $1", TokenStore.Hash(secret));
    }

    public static async Task<Guid> AccountAsync(WalkBed bed)
    {
        var id = Guid.CreateVersion7();
        await bed.Data.AddAccountAsync(id, bed.Owner, $"{id:N}@example.org");
        return id;
    }

    public static async Task<string> StateAsync(WalkBed bed)
    {
        var state = ConnectStates.NewState();
        await bed.IngestService<ConnectStates>().BeginAsync(bed.Owner, "page", state, TokenStore.Hash("another session"), "http://127.0.0.1:1/", "verifier", CancellationToken.None);
        return state;
    }

    public static Task<Guid> ConnectAsync(WalkBed bed) =>
        bed.IngestService<ConnectStates>().BeginAsync(bed.Owner, "page", ConnectStates.NewState(), TokenStore.Hash("another session"), "http://127.0.0.1:1/", "verifier", CancellationToken.None);
}
