using System.Globalization;
using Butler.Testing;
using Npgsql;

namespace Butler.Data.Tests.Support;

/// <summary>A database of its own with the current schema, and the questions that tests ask it.</summary>
public sealed class TestDb : IAsyncDisposable
{
    private TestDb(string connectionString)
    {
        ConnectionString = connectionString;
        Source = NpgsqlDataSource.Create(connectionString);
        Database = new Database(Source);
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    public Database Database { get; }

    public static async Task<TestDb> CreateAsync() => new(await PostgresFixture.CreateDatabaseAsync());

    public Task<T> TransactAsync<T>(Func<NpgsqlConnection, Task<T>> work) => Database.TransactAsync(work, CancellationToken.None);

    public Task TransactAsync(Func<NpgsqlConnection, Task> work) => Database.TransactAsync(work, CancellationToken.None);

    public async Task<long> CountAsync(string sql, params object[] values) =>
        Convert.ToInt64(await ScalarAsync(sql, values), CultureInfo.InvariantCulture);

    public async Task<object?> ScalarAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteScalarAsync();
    }

    public async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Looks again and again until the query says true; the bound only ends a hopeless wait.</summary>
    public async Task UntilAsync(string sql, string what, params object[] values)
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await ScalarAsync(sql, values) is not true)
        {
            Assert.False(cancel.IsCancellationRequested, $"Not within a minute: {what}");
            await Task.Delay(20);
        }
    }

    /// <summary>A user with one connected account; answers the account.</summary>
    public async Task<Guid> AddAccountAsync(string services = "{}", bool credentials = true)
    {
        var (user, account) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await ExecuteAsync("INSERT INTO app_users (id, display_name, role) VALUES ($1, 'Test', 'member')", user);
        await ExecuteAsync(
            "INSERT INTO provider_users (id, app_user_id, provider, address, services, credentials) VALUES ($1, $2, 'gmail', $3, $4::text[], $5)",
            account, user, $"{account:N}@example.org", services, credentials ? new byte[] { 1 } : DBNull.Value);
        return account;
    }

    /// <summary>An active sync of an account.</summary>
    public async Task<Guid> AddSyncAsync(Guid account)
    {
        var sync = Guid.CreateVersion7();
        await ExecuteAsync("""
            INSERT INTO sync_jobs (id, app_user_id, provider_user_id, type, trigger, status, range_to, window_before, correlation_id)
            VALUES ($1, $2, $3, 'import', 'api', 'pending', now(), now(), $1)
            """, sync, Guid.CreateVersion7(), account);
        return sync;
    }

    /// <summary>Lists so many new mails and answers their ledger ids in rank order.</summary>
    public async Task<Guid[]> ListAsync(Guid account, Guid? sync, int count, string prefix = "m")
    {
        var names = Enumerable.Range(0, count).Select(i => $"{prefix}{i:00000}").ToList();
        await TransactAsync(c => Ledger.ListAsync(c, account, sync, Guid.CreateVersion7(), Lane.Bulk, names, 0, CancellationToken.None));
        return (Guid[])(await ScalarAsync("SELECT array_agg(id ORDER BY rank) FROM ledger WHERE provider_user_id = $1 AND provider_message_id LIKE $2", account, prefix + "%"))!;
    }

    public async ValueTask DisposeAsync() => await Source.DisposeAsync();

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = Source.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }
}
