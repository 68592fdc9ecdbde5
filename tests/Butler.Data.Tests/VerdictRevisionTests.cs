using Butler.Data.Classifier;
using Butler.Data.Tests.Support;

namespace Butler.Data.Tests;

/// <summary>Judging again adds a revision, once per task however often its message is delivered (MECHANICS 1).</summary>
public sealed class VerdictRevisionTests : IAsyncLifetime
{
    private readonly Guid _mail = Guid.CreateVersion7();
    private TestDb _db = null!;

    public async Task InitializeAsync()
    {
        _db = await TestDb.CreateAsync();
        await _db.TransactAsync(c => VerdictWriter.WriteFirstAsync(c, [Verdict("informational", "news", "travel")], DateTimeOffset.UnixEpoch, default));
    }

    public async Task DisposeAsync() => await _db.DisposeAsync();

    [Fact]
    public async Task AddRevision_DeliveredAgain_AddsNothing()
    {
        var task = await NowAsync();
        Assert.True(await AddAsync("needs_reply", task, "travel", "personal"));
        Assert.False(await AddAsync("spam", task, "other"));
        Assert.Equal(2, await _db.CountAsync("SELECT max(revision) FROM verdicts"));
        Assert.Equal("needs_reply", await _db.ScalarAsync("SELECT category FROM ai_responses WHERE mail_id = $1", _mail));
        Assert.Equal(["personal", "travel"], (string[])(await _db.ScalarAsync("SELECT array_agg(tag ORDER BY tag) FROM email_tags"))!);
    }

    [Fact]
    public async Task AddRevision_ALaterTask_AddsAnother()
    {
        Assert.True(await AddAsync("needs_reply", await NowAsync()));
        Assert.True(await AddAsync("spam", await NowAsync()));
        Assert.Equal(3, await _db.CountAsync("SELECT count(*) FROM verdicts"));
        Assert.Equal("spam", await _db.ScalarAsync("SELECT category FROM ai_responses"));
    }

    [Fact]
    public async Task AddRevision_DeliveredTwiceAtOnce_AddsOne()
    {
        var task = await NowAsync();
        var added = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => AddAsync("spam", task))));
        Assert.Single(added, a => a);
        Assert.Equal(2, await _db.CountAsync("SELECT count(*) FROM verdicts"));
    }

    [Fact]
    public async Task AddRevision_MailWithoutVerdict_AddsNothing()
    {
        Assert.False(await _db.TransactAsync(async c => await VerdictWriter.AddRevisionAsync(c, Verdict("spam") with { MailId = Guid.CreateVersion7() }, await NowAsync(), default)));
        Assert.Equal(1, await _db.CountAsync("SELECT count(*) FROM verdicts"));
    }

    private async Task<DateTimeOffset> NowAsync() => new((DateTime)(await _db.ScalarAsync("SELECT now()"))!);

    private Task<bool> AddAsync(string category, DateTimeOffset task, params string[] tags) =>
        _db.TransactAsync(c => VerdictWriter.AddRevisionAsync(c, Verdict(category, tags), task, default));

    private StoredVerdict Verdict(string category, params string[] tags) =>
        new(_mail, Guid.Empty, category, 0.9f, "because\0", "short", "local", 0, tags);
}
