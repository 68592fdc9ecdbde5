using Butler.Data.Search;

namespace Butler.Data.Tests.Search;

public sealed class MailSearchTests : IAsyncLifetime
{
    private SearchBed _bed = null!;

    public async Task InitializeAsync() => _bed = await SearchBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Words_StemsPhrasesSendersExclusions_FindWhatTheySay()
    {
        var account = await _bed.AccountAsync();
        var mails = await _bed.IndexAsync(account,
            ("Invoices for March", "The payments are due on Friday."),
            ("Lunch", "Shall we have lunch near the new office? My invoice can wait."),
            ("Office party", "The party is in the garden, not near an office."));

        Assert.Equal(mails[0], (await _bed.FindAsync(account, "invoice payment"))[0]);
        Assert.Equal(mails.Take(2).Order(), (await _bed.FindAsync(account, "invoice")).Order());
        Assert.Equal([mails[1]], await _bed.FindAsync(account, "\"the new office\""));
        Assert.Equal([mails[2]], await _bed.FindAsync(account, "office -lunch"));
        Assert.Equal([mails[2]], await _bed.FindAsync(account, "office -\"new office\""));
        Assert.Equal([mails[1]], await _bed.FindAsync(account, "office from:sender1@example.org"));
        Assert.Equal([mails[0]], await _bed.FindAsync(account, "from:\"Sender 0\""));
        Assert.Equal(mails.Take(2).Order(), (await _bed.FindAsync(account, "invoise")).Order());
        Assert.Empty(await _bed.FindAsync(account, "zebra"));
        // Only common words: they count all the same.
        Assert.NotEmpty(await _bed.FindAsync(account, "the"));
        // What looks like the index's own language is only text.
        Assert.Empty(await _bed.FindAsync(account, "'a' & !b:* <-> | ("));
    }

    [Fact]
    public async Task Filters_DateCategoryTagSender_HoldInEveryMode()
    {
        var account = await _bed.AccountAsync();
        var mails = await _bed.IndexAsync(account, ("Budget one", "abc"), ("Budget two", "abc"), ("Budget three", "abc"));
        await _bed.Db.ExecuteAsync("""
            INSERT INTO verdicts (mail_id, revision, expires_at, provider_user_id, category, confidence, reasoning, summary, model_used, tokens_used, provisional, created_at)
            VALUES ($1, 1, 'infinity', $2, 'spam', 1, '', '', 'm', 0, false, now()), ($1, 2, 'infinity', $2, 'needs_reply', 1, '', '', 'm', 0, false, now()), ($3, 1, 'infinity', $2, 'spam', 1, '', '', 'm', 0, false, now())
            """, mails[0], account, mails[1]);
        await _bed.Db.ExecuteAsync("INSERT INTO email_tags (mail_id, expires_at, provider_user_id, tag) VALUES ($1, 'infinity', $2, 'work')", mails[2], account);
        var all = new SearchFilter(null, null, null, null, null, 10, SearchMode.Hybrid);
        foreach (var mode in Enum.GetValues<SearchMode>())
        {
            Assert.Equal([mails[1]], await _bed.FindAsync(account, "budget", mode, all with { Category = "spam" }));
            Assert.Equal([mails[2]], await _bed.FindAsync(account, "budget", mode, all with { Tag = "work" }));
            Assert.Equal([mails[2]], await _bed.FindAsync(account, "budget", mode, all with { Since = DateTimeOffset.UnixEpoch.AddYears(56).AddDays(2) }));
            Assert.Equal([mails[0]], await _bed.FindAsync(account, "budget", mode, all with { Until = DateTimeOffset.UnixEpoch.AddYears(56).AddDays(1) }));
            Assert.Equal([mails[1]], await _bed.FindAsync(account, "budget", mode, all with { Sender = "sender1" }));
        }
    }

    [Fact]
    public async Task Search_SomebodyElsesAccount_FindsNothing()
    {
        var account = await _bed.AccountAsync();
        var mails = await _bed.IndexAsync(account, ("Secret budget", "Only mine."));
        Assert.Equal(mails, await _bed.FindAsync(account, "secret", SearchMode.Hybrid));

        // The vectors are in memory now; the words function and the filter ask for themselves.
        await _bed.AccountAsync();
        Assert.Empty(await _bed.FindAsync(account, "secret"));
        Assert.Empty(await _bed.FindAsync(account, "secret -other", SearchMode.Vectors));
        _bed.Asker = Guid.Empty;
        Assert.Empty(await _bed.FindAsync(account, "secret"));
    }

    [Fact]
    public async Task Vectors_IndexedLaterAndReplaced_AreFollowed()
    {
        var account = await _bed.AccountAsync();
        var first = await _bed.IndexAsync(account, ("aaaa", "aaaa"));
        Assert.Equal(first, await _bed.FindAsync(account, "aaa", SearchMode.Vectors));

        var second = await _bed.IndexAsync(account, ("bbbb", "bbbb"));
        _bed.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(second[0], (await _bed.FindAsync(account, "bbb", SearchMode.Vectors))[0]);

        // Another model takes the first over: each list stands for itself, and one that is silent leaves the other.
        await _bed.Db.TransactAsync(c => SearchIndex.ReplaceAsync(c, [SearchBed.Embed(new(first[0], "aaaa", "aaaa"), "other")], default));
        _bed.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, (await _bed.FindAsync(account, "ab", SearchMode.Vectors)).Count);
        _bed.Silent.Add("other");
        Assert.Equal(second, await _bed.FindAsync(account, "ab", SearchMode.Vectors));
        _bed.Silent.Add(SearchBed.Model);
        Assert.Equal(first, await _bed.FindAsync(account, "aaaa", SearchMode.Vectors)); // by words

        await _bed.Db.ExecuteAsync("DELETE FROM email_embeddings WHERE mail_id = $1", second[0]);
        _bed.Silent.Clear();
        _bed.Clock.Advance(VectorCache.Lifetime + TimeSpan.FromSeconds(1));
        Assert.Equal(first, await _bed.FindAsync(account, "b", SearchMode.Vectors));
    }

    [Fact]
    public async Task Search_BeforeAnythingIsIndexed_IsFollowedFromThere()
    {
        var account = await _bed.AccountAsync();
        Assert.Empty(await _bed.FindAsync(account, "budget", SearchMode.Hybrid));
        _bed.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(await _bed.FindAsync(account, "budget", SearchMode.Hybrid));

        var mails = await _bed.IndexAsync(account, ("Der Bericht", "Die Berichte sind fertig."));
        await _bed.Db.ExecuteAsync("UPDATE email_search SET language = 'de'");
        _bed.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(mails, await _bed.FindAsync(account, "berichte", SearchMode.Hybrid));
        Assert.Contains("de", (await _bed.ReadAsync(c => _bed.Cache.RefreshAsync(c, [account], default), default)).Languages);
    }

    [Fact]
    public async Task Expired_Mail_IsNotFound()
    {
        var account = await _bed.AccountAsync();
        await _bed.IndexAsync(account, ("Old budget", "abc"));
        await _bed.Db.ExecuteAsync("ALTER TABLE email_search DETACH PARTITION email_search_keep");
        await _bed.Db.ExecuteAsync("UPDATE email_search_keep SET expires_at = now() - interval '1 s'");
        await _bed.Db.ExecuteAsync("CREATE TABLE email_search_test PARTITION OF email_search DEFAULT");
        await _bed.Db.ExecuteAsync("INSERT INTO email_search SELECT * FROM email_search_keep");
        Assert.Empty(await _bed.FindAsync(account, "budget"));
    }
}
