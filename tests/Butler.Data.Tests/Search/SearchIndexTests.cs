using Butler.Data.Search;

namespace Butler.Data.Tests.Search;

public sealed class SearchIndexTests : IAsyncLifetime
{
    private SearchBed _bed = null!;

    public async Task InitializeAsync() => _bed = await SearchBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Write_DeliveredTwice_WritesOnce()
    {
        var account = await _bed.AccountAsync();
        var ids = await _bed.StoreAsync(account, ("One", "first"), ("Two", "second"));
        var open = await _bed.ReadAsync(ids);
        var words = await _bed.CutAsync(open);
        EmbeddedMail[] vectors = [.. open.Select(m => SearchBed.Embed(m, SearchBed.Model))];
        Assert.Equal(2, await _bed.Db.TransactAsync(c => SearchIndex.WriteAsync(c, ids, words, vectors, default)));
        Assert.Equal(0, await _bed.Db.TransactAsync(c => SearchIndex.WriteAsync(c, ids, words, vectors, default)));

        Assert.Equal(2, await _bed.Db.CountAsync("SELECT count(*) FROM email_search"));
        Assert.Equal(2, await _bed.Db.CountAsync("SELECT count(*) FROM email_embeddings"));
        Assert.Equal(0, await _bed.Db.CountAsync("SELECT count(*) FROM search_open"));
    }

    [Fact]
    public async Task Write_MailsOfTheSample_SaySo()
    {
        var account = await _bed.AccountAsync();
        await _bed.IndexAsync(account, [.. Enumerable.Range(0, 60).Select(i => ($"Mail {i}", "text"))]);
        Assert.Equal(0, await _bed.Db.CountAsync("""
            SELECT count(*) FROM email_search WHERE (document @@ quote_literal(butler_search_sample(provider_user_id))::tsquery) <> (get_byte(uuid_send(mail_id), 15) % 32 = 0)
            """));
        Assert.True(MailWords.InSample(Guid.Parse("00112233-4455-6677-8899-aabbccddee20")));
        Assert.False(MailWords.InSample(Guid.Parse("20112233-4455-6677-8899-aabbccddee21")));
    }

    [Fact]
    public async Task Write_MailExpiredMeanwhile_ClosesItAndWritesNothing()
    {
        var account = await _bed.AccountAsync();
        var ids = await _bed.StoreAsync(account, ("One", "first"));
        var open = await _bed.ReadAsync(ids);
        var words = await _bed.CutAsync(open);
        await _bed.Db.ExecuteAsync("UPDATE ledger SET state = 'expired', expires_at = now() WHERE id = ANY ($1)", ids);
        Assert.Equal(1, await _bed.Db.TransactAsync(c => SearchIndex.WriteAsync(c, ids, words, [.. open.Select(m => SearchBed.Embed(m, SearchBed.Model))], default)));

        Assert.Equal(0, await _bed.Db.CountAsync("SELECT (SELECT count(*) FROM email_search) + (SELECT count(*) FROM email_embeddings) + (SELECT count(*) FROM search_open)"));
    }

    [Fact]
    public async Task Write_LongestText_IsCutToTheLimit()
    {
        var account = await _bed.AccountAsync();
        var text = string.Join(' ', Enumerable.Range(0, 60_000).Select(i => $"w{i:x}"));
        var ids = await _bed.StoreAsync(account, ("Long", text));
        await _bed.WriteAsync(ids, SearchBed.Model);
        Assert.True(text.Length > SearchIndex.MaxText);
        Assert.Equal(ids, await _bed.FindAsync(account, "w100"));
        Assert.Empty(await _bed.FindAsync(account, $"w{59_999:x}"));
    }

    [Fact]
    public async Task Lost_OpenWithoutMessage_IsFoundUntilOneIsOnItsWay()
    {
        var account = await _bed.AccountAsync();
        var ids = await _bed.StoreAsync(account, ("One", "first"));
        Task<List<UnindexedMails>> Lost(double seconds) => _bed.Db.TransactAsync(c => SearchIndex.LostAsync(c, "IndexMails", TimeSpan.FromSeconds(seconds), 10, 10, default));
        Assert.Empty(await Lost(3600));
        Assert.Equal(ids, Assert.Single(await Lost(-1)).MailIds);
        await _bed.Db.TransactAsync(c => Outbox.AddAsync(c, [new("classifier", Lane.Bulk, "IndexMails", "{}", account, account)], default));
        Assert.Empty(await Lost(-1));
    }

    [Fact]
    public async Task OtherModel_ReplacedMail_IsNoLongerNamed()
    {
        var account = await _bed.AccountAsync();
        var ids = await _bed.IndexAsync(account, ("One", "first"), ("Two", "second"));
        Task<List<UnindexedMails>> Other() => _bed.Db.TransactAsync(c => SearchIndex.OtherModelAsync(c, "EmbedMails", "new", 10, 10, default));
        Assert.Equal(ids.Order(), Assert.Single(await Other()).MailIds.Order());
        var read = await SearchIndex.ReadOtherAsync(_bed.Db.Source, [ids[0]], "new", default);
        Assert.Equal(1, await _bed.Db.TransactAsync(c => SearchIndex.ReplaceAsync(c, [.. read.Select(m => SearchBed.Embed(m, "new"))], default)));
        Assert.Equal([ids[1]], Assert.Single(await Other()).MailIds);
        Assert.Empty(await SearchIndex.ReadOtherAsync(_bed.Db.Source, [ids[0]], "new", default));
    }
}
