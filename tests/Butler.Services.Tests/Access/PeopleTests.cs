using System.Net;
using System.Net.Http.Json;
using Butler.Data.Ingest;
using Butler.Services.Tests.Progress;
using Butler.Testing;

namespace Butler.Services.Tests.Access;

/// <summary>Families, roles, tokens, audit, key rotation and the limit of commands, over HTTP.</summary>
public sealed class PeopleTests(AccessRig rig) : IClassFixture<AccessRig>
{
    [Fact]
    public async Task Family_InviteJoinLeave_OpensAndClosesTheData()
    {
        var (owner, guest) = (await rig.PersonAsync(), await rig.PersonAsync());
        using var ownerIngest = await rig.ProgramAsync(owner, rig.Ingest);
        using var guestIngest = await rig.ProgramAsync(guest, rig.Ingest);
        using var guestReads = await rig.ProgramAsync(guest, rig.Progress);
        var account = Guid.CreateVersion7();
        await rig.ExecuteAsync("INSERT INTO provider_users (id, app_user_id, provider, address) VALUES ($1, $2, 'gmail', $1::text)", account, owner);
        Assert.Equal(HttpStatusCode.Forbidden, (await guestReads.GetAsync($"/api/v1/mails?account={account}")).StatusCode);

        Assert.Equal(HttpStatusCode.Created, (await ownerIngest.PostAsJsonAsync("/api/v1/families", new { name = "Muster" })).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await ownerIngest.PostAsJsonAsync("/api/v1/families", new { name = "Again" })).StatusCode);
        var invitation = await AccessRig.JsonAsync(await ownerIngest.PostAsync("/api/v1/families/invitations", null));
        var code = invitation.GetProperty("code").GetString()!;
        Assert.Equal(HttpStatusCode.OK, (await guestIngest.PostAsJsonAsync("/api/v1/families/join", new { code })).StatusCode);
        using var third = await rig.ProgramAsync(await rig.PersonAsync(), rig.Ingest);
        Assert.Equal(HttpStatusCode.NotFound, (await third.PostAsJsonAsync("/api/v1/families/join", new { code })).StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await guestReads.GetAsync($"/api/v1/mails?account={account}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await guestReads.GetAsync($"/api/v1/mails?account={account}")).StatusCode);
        Assert.Equal(1L, await rig.CountAsync("SELECT count(*) FROM audit_events WHERE kind = 'read_by_family' AND actor_user_id = $1 AND subject_user_id = $2", guest, owner));
        Assert.Equal("family", await rig.ScalarAsync("SELECT role FROM app_users WHERE id = $1", guest));

        Assert.Equal(HttpStatusCode.NoContent, (await guestIngest.PostAsync("/api/v1/families/leave", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await guestReads.GetAsync($"/api/v1/mails?account={account}")).StatusCode);
        Assert.Equal("member", await rig.ScalarAsync("SELECT role FROM app_users WHERE id = $1", guest));
        Assert.Equal(HttpStatusCode.NoContent, (await ownerIngest.PostAsync("/api/v1/families/leave", null)).StatusCode);
        Assert.Equal(0L, await rig.CountAsync("SELECT count(*) FROM families WHERE name = 'Muster'"));
    }

    [Fact]
    public async Task Stream_FamilyLeftMeanwhile_EndsForbidden()
    {
        var store = new PeopleStore(new(rig.Database));
        var (owner, guest) = (await rig.PersonAsync(), await rig.PersonAsync());
        await store.CreateFamilyAsync(owner, "F", CancellationToken.None);
        await store.JoinAsync(guest, (await store.InviteAsync(owner, CancellationToken.None)).Code, CancellationToken.None);
        using var reads = await rig.ProgramAsync(guest, rig.Progress);
        using var stream = await reads.GetAsync($"/events?user={owner}", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        await store.LeaveAsync(guest, CancellationToken.None);
        await rig.ExecuteAsync("""
            INSERT INTO sync_jobs (id, app_user_id, provider_user_id, type, trigger, status, range_to, window_before, correlation_id) VALUES ($1, $2, $1, 'import', 'api', 'in_progress', now(), now(), $1)
            """, Guid.CreateVersion7(), owner);

        var all = await stream.Content.ReadAsStringAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.DoesNotContain("event: sync", all, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await reads.GetAsync($"/events?user={owner}")).StatusCode);
    }

    [Fact]
    public void Start_WrongMasterKey_IsRefusedWithWhatToDo()
    {
        using var host = new ProgressService.Factory(rig.ConnectionString, new Dictionary<string, string?> { ["Butler:MasterKey"] = Convert.ToBase64String(new byte[32]) });
        var refused = Assert.Throws<Butler.Data.KeyRingException>(() => host.Start());
        Assert.Contains("Start Butler with the key it was set up with", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Family_OwnerLeavesAndInvitationExpired_HandsOnAndRefuses()
    {
        var store = new PeopleStore(new(rig.Database));
        var (owner, heir, late) = (await rig.PersonAsync(), await rig.PersonAsync(), await rig.PersonAsync());
        var family = await store.CreateFamilyAsync(owner, "F", CancellationToken.None);
        await store.JoinAsync(heir, (await store.InviteAsync(owner, CancellationToken.None)).Code, CancellationToken.None);
        var handedOut = await store.InviteAsync(owner, CancellationToken.None);
        await store.LeaveAsync(owner, CancellationToken.None);

        Assert.Equal(heir, await rig.ScalarAsync("SELECT owner_user_id FROM families WHERE id = $1", family));
        await Assert.ThrowsAsync<RefusedException>(() => store.JoinAsync(late, handedOut.Code, CancellationToken.None));
        var old = await store.InviteAsync(heir, CancellationToken.None);
        await rig.ExecuteAsync("UPDATE family_invitations SET expires_at = now() - interval '1 s' WHERE id = $1", old.Id);
        await Assert.ThrowsAsync<RefusedException>(() => store.JoinAsync(late, old.Code, CancellationToken.None));
        var taken = await store.InviteAsync(heir, CancellationToken.None);
        await store.RevokeInvitationAsync(heir, taken.Id, CancellationToken.None);
        await Assert.ThrowsAsync<RefusedException>(() => store.JoinAsync(late, taken.Code, CancellationToken.None));
        var open = await store.InviteAsync(heir, CancellationToken.None);
        Assert.Equal(family, await store.JoinAsync(late, open.Code, CancellationToken.None));
    }

    [Fact]
    public async Task Admins_DemotedAllAtOnce_OneRemains()
    {
        // A database of its own: how many admins there are must be known.
        await using var source = Npgsql.NpgsqlDataSource.Create(await PostgresFixture.CreateDatabaseAsync());
        var store = new PeopleStore(new(source));
        var admins = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            admins.Add(await store.AddUserAsync(Guid.Empty, "A", Roles.Admin, CancellationToken.None));
        }

        var answers = await Task.WhenAll(admins.Select(async (a, i) =>
        {
            try
            {
                await store.ChangeUserAsync(admins[(i + 1) % 5], a, null, Roles.Member, CancellationToken.None);
                return true;
            }
            catch (RefusedException e) when (e.Why == Refusal.Conflict)
            {
                return false;
            }
        }));

        Assert.Equal(4, answers.Count(a => a));
        Assert.Single(await store.ListAsync(CancellationToken.None), p => p.Role == Roles.Admin);
    }

    [Fact]
    public async Task Tokens_CreatedListedRevoked_EndAtOnce()
    {
        var person = await rig.PersonAsync();
        using var program = await rig.ProgramAsync(person, rig.Ingest);
        var made = await AccessRig.JsonAsync(await program.PostAsJsonAsync("/api/v1/tokens", new { name = "script", days = 7 }));
        using var second = new HttpClient { BaseAddress = rig.Ingest };
        second.DefaultRequestHeaders.Authorization = new("Bearer", made.GetProperty("token").GetString());
        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync("/api/v1/me")).StatusCode);
        var listed = (await AccessRig.JsonAsync(await program.GetAsync("/api/v1/tokens"))).GetProperty("tokens").EnumerateArray().Single(t => t.GetProperty("name").GetString() == "script");
        Assert.NotEqual(System.Text.Json.JsonValueKind.Null, listed.GetProperty("expires_at").ValueKind);

        Assert.Equal(HttpStatusCode.NoContent, (await program.DeleteAsync($"/api/v1/tokens/{listed.GetProperty("token_id").GetGuid()}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await second.GetAsync("/api/v1/me")).StatusCode);
    }

    [Fact]
    public async Task Commands_MoreThanFiftyInAMinute_Answer429WithRetryAfter()
    {
        using var program = await rig.ProgramAsync(await rig.PersonAsync(), rig.Ingest);
        using var neighbour = await rig.ProgramAsync(await rig.PersonAsync(), rig.Ingest);
        var done = 0;
        HttpResponseMessage? refused = null;
        for (var i = 0; i < 200 && refused is null; i++)
        {
            var response = await program.PostAsync("/api/v1/sign-in-links", null);
            refused = response.StatusCode == HttpStatusCode.TooManyRequests ? response : null;
            done += response.IsSuccessStatusCode ? 1 : 0;
        }

        Assert.True(done >= 50, $"{done}");
        Assert.NotNull(refused);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal(HttpStatusCode.OK, (await program.GetAsync("/api/v1/me")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await neighbour.PostAsync("/api/v1/sign-in-links", null)).StatusCode);
    }

    [Fact]
    public async Task Keys_RotatedWhileRunning_EverythingNamesTheNewKey()
    {
        var admin = await rig.PersonAsync("admin");
        var accounts = new List<(Guid Id, string Address)>();
        for (var i = 0; i < 3; i++)
        {
            var address = await rig.MailboxAsync();
            accounts.Add((await rig.ConnectAsync(await rig.PersonAsync(), address), address));
        }

        // One as the first release sealed it.
        using (var master = new Butler.Data.MasterKeyCipher(Convert.FromBase64String(PostgresFixture.MasterKey)))
        {
            var old = $$"""{"refresh_token":"{{rig.Mail.Find(accounts[0].Address)!.RefreshToken}}"}""";
            await rig.ExecuteAsync("UPDATE provider_users SET credentials = $2 WHERE id = $1", accounts[0].Id, master.Seal(accounts[0].Id, old));
        }

        using var program = await rig.ProgramAsync(admin, rig.Ingest);
        using var started = await program.PostAsync("/api/v1/admin/keys/rotate", null);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var key = (await AccessRig.JsonAsync(started)).GetProperty("key_id").GetGuid();
        Assert.Equal(HttpStatusCode.Conflict, (await program.PostAsync("/api/v1/admin/keys/rotate", null)).StatusCode);
        await rig.UntilAsync("SELECT rotation_finished_at IS NOT NULL FROM key_ring");

        Assert.Equal(0L, await rig.CountAsync("SELECT count(*) FROM provider_users WHERE credentials IS NOT NULL AND substring(credentials from 5 for 16) <> $1", key.ToByteArray()));
        Assert.Equal(0L, await rig.CountAsync("SELECT count(*) FROM data_protection_keys WHERE (retired_at IS NULL) <> (id = $1)", key));
        var keys = (await AccessRig.JsonAsync(await program.GetAsync("/api/v1/admin/keys"))).GetProperty("keys").EnumerateArray().ToList();
        Assert.Equal(2, keys.Count);
        Assert.Equal(2L, await rig.CountAsync("SELECT count(*) FROM audit_events WHERE kind LIKE 'keys_rotation_%'"));
        var sealer = rig.IngestService<Butler.Data.CredentialSealer>();
        foreach (var (id, address) in accounts)
        {
            Assert.Contains(rig.Mail.Find(address)!.RefreshToken, sealer.Open(id, (byte[])(await rig.ScalarAsync("SELECT credentials FROM provider_users WHERE id = $1", id))!), StringComparison.Ordinal);
        }

        // The page's process has the new key too: a flow begun there is finished by Ingest.
        await rig.ConnectAsync(await rig.PersonAsync(), await rig.MailboxAsync());
    }
}
