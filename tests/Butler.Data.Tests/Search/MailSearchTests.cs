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
    public async Task Vectors_OfATransactionThatEndsAfterTheReading_AreFollowed()
    {
        var account = await _bed.AccountAsync();
        await _bed.IndexAsync(account, ("aaaa", "aaaa"));
        var late = await _bed.StoreAsync(account, ("bbbb", "bbbb"));
        var open = await _bed.ReadAsync(late);
        await _bed.Db.TransactAsync(async c =>
        {
            await SearchIndex.WriteAsync(c, late, [], [.. open.Select(m => SearchBed.Embed(m, SearchBed.Model))], default);

            // Another one begins and ends meanwhile, and a search reads what it wrote.
            var quick = await _bed.IndexAsync(account, ("cccc", "cccc"));
            Assert.Equal(quick[0], (await _bed.FindAsync(account, "c", SearchMode.Vectors))[0]);
            return 0;
        });
        _bed.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(late[0], (await _bed.FindAsync(account, "b", SearchMode.Vectors))[0]);
    }

    [Fact]
    public async Task Words_Compound_IsFoundAsItStandsAndAsWordsSideBySide()
    {
        var account = await _bed.AccountAsync();
        var mails = await _bed.IndexAsync(account,
            ("One", "A right click on the 2.5 list."), ("Two", "Click the right one of 5 or 2."), ("Three", "The right-click of version 2,5 was long ago, they say, and nobody here remembers it."));

        Assert.Equal(new[] { mails[0], mails[2] }.Order(), (await _bed.FindAsync(account, "right-click")).Order());
        Assert.Equal(new[] { mails[0], mails[2] }.Order(), (await _bed.FindAsync(account, "2.5")).Order());
        Assert.Equal(mails.Order(), (await _bed.FindAsync(account, "right click")).Order());
        Assert.Equal([mails[1]], await _bed.FindAsync(account, "right -right-click"));
    }

    [Fact]
    public async Task Words_CommonOnesOfALargeMailbox_AreLookedForInTheSampleAndBesideRareOnes()
    {
        var account = await _bed.AccountAsync();
        // 40 mails of the sample and 1,960 others have the common word; the last of these the rare one as well, and one more that alone.
        await _bed.Db.ExecuteAsync("""
            INSERT INTO email_search (mail_id, expires_at, provider_user_id, received_at, language, words, document)
            SELECT gen_random_uuid(), 'infinity', $1, 'epoch'::timestamptz + n * interval '1 hour', 'en', CASE n WHEN 2000 THEN 110 ELSE 100 END,
              array_to_tsvector(ARRAY[butler_search_scope($1), CASE WHEN n <= 40 THEN butler_search_sample($1) ELSE 'x' END, CASE WHEN n <= 2000 THEN 'common' ELSE 'y' END, CASE WHEN n >= 2000 THEN 'rare' ELSE 'z' END])
            FROM generate_series(1, 2001) n
            """, account);
        async Task<List<Guid>> FindAsync(string[] words, DateTime? since) => await _bed.ReadAsync(async c =>
        {
            await using var command = new Npgsql.NpgsqlCommand("""
                SELECT w.mail_id FROM butler_search_words(ARRAY[$1], $2, array_fill(NULL::text, ARRAY[cardinality($2)]), array_fill(1::real, ARRAY[cardinality($2)]), $3, NULL, $4, NULL, NULL, NULL, 20000, 100, 2000) w
                """, c)
            {
                Parameters =
                {
                    new() { Value = account }, new() { Value = words },
                    new() { Value = words.Length > 1 ? string.Join(" & ", words) : DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text },
                    new() { Value = (object?)since ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz },
                },
            };
            await using var row = await command.ExecuteReaderAsync();
            var found = new List<Guid>();
            while (await row.ReadAsync())
            {
                found.Add(row.GetGuid(0));
            }

            return found;
        }, default);
        async Task<Guid> MailAsync(int number) => (Guid)(await _bed.Db.ScalarAsync("SELECT mail_id FROM email_search WHERE received_at = 'epoch'::timestamptz + $1 * interval '1 hour'", number))!;

        // Alone it finds the newest.
        var alone = await FindAsync(["common"], null);
        Assert.Equal(1000, alone.Count);
        Assert.Equal(await _bed.Db.CountAsync("SELECT count(*) FROM email_search WHERE mail_id = ANY ($1) AND received_at > 'epoch'::timestamptz + interval '1000 hours'", alone), alone.Count);
        Assert.Equal(1000, (await FindAsync(["common"], DateTime.UnixEpoch.AddHours(100))).Count);
        // Two common words: who has both comes first, in the sample or not.
        await _bed.Db.ExecuteAsync("UPDATE email_search SET document = document || 'usual'::tsvector WHERE received_at <= 'epoch'::timestamptz + interval '39 hours' OR received_at = 'epoch'::timestamptz + interval '1000 hours'");
        await _bed.Db.ExecuteAsync("UPDATE email_search SET words = 120 WHERE received_at = 'epoch'::timestamptz + interval '1000 hours'");
        var usual = await FindAsync(["common", "usual"], null);
        Assert.Equal(41, usual.Count);
        Assert.Contains(await MailAsync(1000), usual.Take(40));
        // Though longer, the one with both words comes first: its common word counts, too.
        var both = await FindAsync(["common", "rare"], null);
        Assert.Equal([await MailAsync(2000), await MailAsync(2001)], both.Take(2));
        Assert.Equal(42, both.Count);
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
