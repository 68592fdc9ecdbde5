using Butler.Data.Tests.Support;

namespace Butler.Data.Tests;

/// <summary>Whoever switches an account's Gmail on starts its import, and nothing else does (MECHANICS 6).</summary>
public sealed class ProviderUserTriggerTests : IAsyncLifetime
{
    private TestDb _db = null!;

    public async Task InitializeAsync() => _db = await TestDb.CreateAsync();

    public async Task DisposeAsync() => await _db.DisposeAsync();

    [Theory]
    [InlineData("{gmail}", true, 1)]
    [InlineData("{calendar,gmail}", true, 1)]
    [InlineData("{}", true, 0)]
    [InlineData("{calendar}", true, 0)]
    [InlineData("{gmail}", false, 0)]
    public async Task Insert_Account_IsNotedWhenGmailIsOnWithCredentials(string services, bool credentials, int events)
    {
        var account = await _db.AddAccountAsync(services, credentials);
        Assert.Equal(events, await _db.CountAsync("SELECT count(*) FROM account_events WHERE provider_user_id = $1 AND kind = 'connected'", account));
    }

    [Theory]
    [InlineData("{}", "SET services = '{gmail}'", 1)]
    [InlineData("{}", "SET services = '{calendar}'", 0)]
    [InlineData("{gmail}", "SET services = '{gmail,calendar}'", 0)]
    [InlineData("{gmail}", "SET services = '{}'", 0)]
    [InlineData("{gmail}", "SET status = 'reconnect_needed'", 0)]
    [InlineData("{gmail}", "SET status = 'active'", 0)]
    [InlineData("{gmail}", "SET history_id = 5, consecutive_failures = 2, last_error = 'x', display_name = 'y', credentials = '\\x02'", 0)]
    [InlineData("{}", "SET services = '{gmail}', credentials = NULL", 0)]
    public async Task Update_Account_IsNotedOnlyWhenGmailGoesOn(string services, string change, int events)
    {
        var account = await _db.AddAccountAsync(services);
        await _db.ExecuteAsync("DELETE FROM account_events");
        await _db.ExecuteAsync($"UPDATE provider_users {change} WHERE id = $1", account);
        Assert.Equal(events, await _db.CountAsync("SELECT count(*) FROM account_events"));
    }

    [Fact]
    public async Task Update_Reconnected_IsNotedAgain()
    {
        var account = await _db.AddAccountAsync("{gmail}");
        await _db.ExecuteAsync("UPDATE provider_users SET status = 'reconnect_needed' WHERE id = $1", account);
        await _db.ExecuteAsync("UPDATE provider_users SET status = 'active', credentials = '\\x02' WHERE id = $1", account);
        await _db.ExecuteAsync("UPDATE provider_users SET services = '{}' WHERE id = $1", account);
        await _db.ExecuteAsync("UPDATE provider_users SET services = '{gmail}' WHERE id = $1", account);
        Assert.Equal(3, await _db.CountAsync("SELECT count(*) FROM account_events"));
    }

    [Fact]
    public async Task Insert_RolledBack_IsNotNoted()
    {
        await using var connection = await _db.Source.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var command = new Npgsql.NpgsqlCommand("""
                INSERT INTO app_users (id, display_name, role) VALUES (gen_random_uuid(), 'x', 'member');
                INSERT INTO provider_users (id, app_user_id, provider, address, services, credentials) SELECT gen_random_uuid(), id, 'gmail', 'a', '{gmail}', '\x01' FROM app_users;
                """, connection);
            await command.ExecuteNonQueryAsync();
            await transaction.RollbackAsync();
        }

        Assert.Equal(0, await _db.CountAsync("SELECT count(*) FROM account_events"));
    }
}
