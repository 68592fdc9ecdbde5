using Butler.Data.Tests.Support;

namespace Butler.Data.Tests;

/// <summary>What stands for a delayed message, and what does not.</summary>
public sealed class OutboxTests : IAsyncLifetime
{
    private TestDb _db = null!;
    private Guid _account;

    public async Task InitializeAsync()
    {
        _db = await TestDb.CreateAsync();
        _account = await _db.AddAccountAsync();
    }

    public async Task DisposeAsync() => await _db.DisposeAsync();

    [Fact]
    public async Task AddOrPutOff_OneWaitsToBeDueBefore_IsPutOff()
    {
        await PutOffAsync(TimeSpan.FromMinutes(1));
        await PutOffAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await _db.CountAsync("SELECT count(*) FROM outbox"));
        Assert.Equal(1, await _db.CountAsync("SELECT count(*) FROM outbox WHERE due_at > now() + interval '90 seconds'"));
    }

    [Theory]
    [InlineData("due_at = now() - interval '1 second'")]
    [InlineData("due_at = now() + interval '10 minutes'")]
    [InlineData("lease = gen_random_uuid()")]
    public async Task AddOrPutOff_OneIsDueBegunOrTriedMuchLater_IsLeftAndAnotherAdded(string state)
    {
        await PutOffAsync(TimeSpan.FromMinutes(1));
        await _db.ExecuteAsync($"UPDATE outbox SET {state}");
        var before = await _db.ScalarAsync("SELECT due_at FROM outbox");
        await PutOffAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(2, await _db.CountAsync("SELECT count(*) FROM outbox"));
        Assert.Equal(1, await _db.CountAsync("SELECT count(*) FROM outbox WHERE due_at = $1", before!));
    }

    private Task PutOffAsync(TimeSpan delay) =>
        _db.TransactAsync(c => Outbox.AddOrPutOffAsync(c, new("ingest", Lane.Live, "SyncHistory", "{}", _account, _account, delay), default));
}
