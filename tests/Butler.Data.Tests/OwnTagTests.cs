using Butler.Data.Classifier;
using Butler.Data.Tests.Retention;

namespace Butler.Data.Tests;

/// <summary>People's own tags in the database: their number, their mails, and what is left of them.</summary>
public sealed class OwnTagTests : IAsyncLifetime
{
    private RetentionBed _bed = null!;

    public async Task InitializeAsync() => _bed = await RetentionBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Put_ManyAtOnce_NeverMoreThanTheMost()
    {
        var user = await UserAsync(await _bed.AccountAsync(0));
        var changes = await Task.WhenAll(Enumerable.Range(0, OwnTagStore.Most + 6).Select(i => PutAsync(user, $"tag-{i}", "d")));

        Assert.Equal(OwnTagStore.Most, changes.Count(c => c == TagChange.Created));
        Assert.Equal(6, changes.Count(c => c == TagChange.TooMany));
        var known = (string)(await _bed.Db.ScalarAsync("SELECT min(name) FROM own_tags"))!;
        Assert.Equal(TagChange.None, await PutAsync(user, known, "d"));
        Assert.Equal(TagChange.Changed, await PutAsync(user, known, "other"));
        Assert.Equal(1, await _bed.Db.CountAsync("SELECT count(*) FROM own_tags WHERE version > (SELECT max(version) FROM own_tags WHERE description = 'd')"));
        Assert.True(await _bed.Db.TransactAsync(c => OwnTagStore.DeleteAsync(c, user, known, default)));
        Assert.False(await _bed.Db.TransactAsync(c => OwnTagStore.DeleteAsync(c, user, known, default)));
        Assert.Equal(TagChange.Created, await PutAsync(user, "once-more", "d"));
    }

    [Fact]
    public async Task Write_TagsOfMails_ExpireWithThemAndAnAnswersStay()
    {
        var (kept, over) = (await _bed.AccountAsync(30), await _bed.AccountAsync(7));
        var ids = await _bed.StoreAsync(kept, RetentionBed.Marks(3));
        var gone = await _bed.StoreAsync(over, RetentionBed.Marks(1));
        await _bed.Db.ExecuteAsync("UPDATE ledger SET state = 'done'");
        await _bed.Db.ExecuteAsync("UPDATE ledger SET expires_at = now() - interval '1 hour' WHERE id = ANY ($1)", gone);
        await _bed.Db.ExecuteAsync("""
            INSERT INTO verdicts (mail_id, revision, expires_at, provider_user_id, category, confidence, reasoning, summary, model_used, tokens_used, provisional, created_at, record)
            SELECT id, 1, expires_at, provider_user_id, 'spam', 1, '', '', 'm', 0, false, now(), '{"answer":{"tags":["house"]}}' FROM ledger WHERE id = $1
            """, ids[0]);

        Assert.Equal(3, await WriteAsync([.. ids.Concat(gone).Select(i => new TagEdit(i, "house", true, false))]));
        Assert.Equal(3, await WriteAsync([.. ids.Select(i => new TagEdit(i, "house", true, false))]));
        Assert.Equal(3, await _bed.Db.CountAsync("SELECT count(*) FROM email_tags t JOIN ledger l ON l.id = t.mail_id AND l.expires_at = t.expires_at AND l.provider_user_id = t.provider_user_id WHERE t.tag = 'house'"));

        await WriteAsync([new(ids[0], "house", false, true), new(ids[1], "house", false, true)]);
        Assert.Equal(1, await _bed.Db.CountAsync("SELECT count(*) FROM email_tags WHERE mail_id = $1", ids[0]));
        Assert.Equal(0, await _bed.Db.CountAsync("SELECT count(*) FROM email_tags WHERE mail_id = $1", ids[1]));
        await WriteAsync([new(ids[0], "house", false, false)]);
        Assert.Equal(ids[2], await _bed.Db.ScalarAsync("SELECT mail_id FROM email_tags"));

        var page = await MailTags.PageAsync(_bed.Db.Source, kept, null, Guid.Empty, 1000, 2, default);
        var rest = await MailTags.PageAsync(_bed.Db.Source, kept, page[^1].ReceivedAt, page[^1].Id, 0, 2, default);
        Assert.Equal(ids.Order(), page.Concat(rest).Select(m => m.Id).Order());
        Assert.Equal(["house"], page.Concat(rest).SelectMany(m => m.Tags));
        Assert.True(page[0].Text.Length > 0 && rest[0].Text.Length == 0);
    }

    [Fact]
    public async Task Erase_LastAccountOfAPerson_LeavesNoByteOfTheirTags()
    {
        var (first, other) = (await _bed.AccountAsync(0), await _bed.AccountAsync(0));
        var user = await UserAsync(first);
        var second = await _bed.AccountAsync(0);
        await _bed.Db.ExecuteAsync("UPDATE provider_users SET app_user_id = $1 WHERE id = $2", user, second);
        var (mark, name, kept) = (RetentionBed.Marks(1)[0], $"n{Guid.NewGuid():N}"[..30], RetentionBed.Marks(1)[0]);
        await PutAsync(user, name, mark, $$"""{"words":["{{mark}}"]}""");
        await PutAsync(await UserAsync(other), "kept", kept);
        var ids = await _bed.StoreAsync(first, RetentionBed.Marks(2));
        await _bed.Db.ExecuteAsync("UPDATE ledger SET state = 'done'");
        await WriteAsync([.. ids.Select(i => new TagEdit(i, name, true, false))]);
        await _bed.Db.ExecuteAsync("ANALYZE");
        Assert.Equal(3, (await _bed.OnDiskAsync([mark, name, kept])).Count);

        await new AccountEraser(_bed.Db.Database).EraseAsync(second, default);
        await _bed.Db.ExecuteAsync("DELETE FROM provider_users WHERE id = $1", second);
        Assert.Equal(1, await _bed.Db.CountAsync("SELECT count(*) FROM own_tags WHERE app_user_id = $1", user));
        await new AccountEraser(_bed.Db.Database).EraseAsync(first, default);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await _bed.Rewrites.RunAsync(long.MaxValue, patience.Token) is { Blocked: > 0 })
        {
            await Task.Delay(50, patience.Token);
        }

        Assert.Equal([kept], await _bed.OnDiskAsync([mark, name, kept]));
    }

    private Task<TagChange> PutAsync(Guid user, string name, string description, string rule = "{}") => _bed.Db.TransactAsync(c => OwnTagStore.PutAsync(c, user, name, description, rule, default));

    private Task<int> WriteAsync(TagEdit[] edits) => _bed.Db.TransactAsync(c => MailTags.WriteAsync(c, edits, default));

    private async Task<Guid> UserAsync(Guid account) => (Guid)(await _bed.Db.ScalarAsync("SELECT app_user_id FROM provider_users WHERE id = $1", account))!;
}
