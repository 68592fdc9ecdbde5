using Butler.Sandbox.Faults;
using Butler.Services.Tests.Hosting;

namespace Butler.Services.Tests.Import;

/// <summary>What is wrong with an account fails its sync, in words, and nobody else's; afterwards nothing is lost.</summary>
public sealed class AccountFaultTests : ImportSystems
{
    [Theory]
    [InlineData("token", FaultKind.InvalidGrant, "loginrejected", "Connect the account again")]
    [InlineData("messages.list", FaultKind.InsufficientPermissions, "scopemissing", "allow reading mail")]
    [InlineData("getProfile", FaultKind.NotFound, "accountgone", "does not exist at Google any more")]
    public async Task Import_AccountFault_FailsThatSyncAloneAndGoesOnLater(string method, FaultKind kind, string code, string words)
    {
        var system = await StartAsync();
        system.State.AddAccount(Owner, TestMail.Many(Owner, 20, TimeSpan.FromDays(3)));
        system.State.AddAccount(Other, TestMail.Many(Other, 20, TimeSpan.FromDays(3)));
        system.Faults.Set(new(method, kind, Account: Owner));
        await StartIngestAsync(system);
        await system.StartClassifierAsync();

        await system.UntilAsync("SELECT count(*) = 2 AND bool_and(status IN ('completed', 'failed')) FROM sync_jobs", Patience, "both imports end");

        const string Of = "FROM provider_users p JOIN sync_jobs j ON j.provider_user_id = p.id WHERE p.address =";
        Assert.Equal($"failed {code} reconnect_needed", await system.ScalarAsync($"SELECT j.status || ' ' || j.error_code || ' ' || p.status {Of} '{Owner}'"));
        Assert.Contains(words, (string)(await system.ScalarAsync($"SELECT j.error {Of} '{Owner}'"))!, StringComparison.Ordinal);
        Assert.Equal("completed active", await system.ScalarAsync($"SELECT j.status || ' ' || p.status {Of} '{Other}'"));
        Assert.Equal(20, await system.CountAsync($"SELECT j.processed {Of} '{Other}'"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM user_events WHERE kind = 'reconnect_needed'"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM failed_tasks"));

        system.Faults.Clear();
        await system.ExecuteAsync("UPDATE provider_users SET services = '{}', status = 'disconnected' WHERE consecutive_failures > 0; UPDATE provider_users SET services = '{gmail}', status = 'active'");
        await system.UntilAsync($"SELECT count(*) = 1 {Of} '{Owner}' AND j.status = 'completed'", Patience, "it goes on");
        await AllClosedAsync(system);
        Assert.Equal(40, await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"));
    }
}
