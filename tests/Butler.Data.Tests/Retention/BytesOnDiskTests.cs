using Butler.Data.Retention;

namespace Butler.Data.Tests.Retention;

/// <summary>What stands in the server's files after retention has done its work: every file of the database is read as bytes.</summary>
public sealed class BytesOnDiskTests : IAsyncLifetime
{
    private RetentionBed _bed = null!;

    public async Task InitializeAsync() => _bed = await RetentionBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Expire_AndDrop_LeaveNoByteOfTheMails()
    {
        var (account, other) = (await _bed.AccountAsync(days: 7), await _bed.AccountAsync(days: 30));
        var (over, kept) = (RetentionBed.Marks(12), RetentionBed.Marks(4));
        var ids = await _bed.StoreAsync(account, over, await _bed.PastWeekAsync());
        await _bed.JudgeAsync(account, ids, over);
        await _bed.StoreAsync(other, kept);
        await _bed.Db.ExecuteAsync("ANALYZE");
        Assert.Equal(over.Length + kept.Length, (await _bed.OnDiskAsync([.. over, .. kept])).Count);

        await _bed.Expiry.ExpireAsync(Guid.Empty, 100, default);
        Assert.NotEmpty(await _bed.OnDiskAsync(over)); // Deleted rows stay in the files: this is why partitions are dropped.
        Assert.Equal(await _bed.Db.CountAsync("SELECT count(*) FROM butler_content_tables()"), await _bed.Partitions.DropAsync(default));

        Assert.Empty(await _bed.OnDiskAsync(over));
        Assert.Equal(kept.Length, (await _bed.OnDiskAsync(kept)).Count);
    }

    // The scan above finds a mark anywhere; this one holds that search keeps it in each place that is its own, and loses it there.
    [Fact]
    public async Task Expire_SearchTables_HeldTheMarksAndLoseThem()
    {
        var account = await _bed.AccountAsync(days: 7);
        var marks = RetentionBed.Marks(4);
        var ids = await _bed.StoreAsync(account, marks, await _bed.PastWeekAsync());
        // Written while the week was not over: what has expired is not indexed any more.
        await _bed.Db.ExecuteAsync("""
            INSERT INTO email_search (mail_id, expires_at, provider_user_id, received_at, language, document)
            SELECT id, expires_at, provider_user_id, received_at, 'en', to_tsvector('simple', concat_ws(' ', subject, from_address, new_text)) FROM emails WHERE id = ANY ($1)
            """, ids);
        await _bed.Db.ExecuteAsync("""
            INSERT INTO email_embeddings (mail_id, expires_at, provider_user_id, received_at, model, indexed_at, spans, vectors)
            SELECT id, expires_at, provider_user_id, received_at, 'm', now(), '{0,1}', convert_to(subject, 'UTF8') FROM emails WHERE id = ANY ($1)
            """, ids);
        await _bed.Db.ExecuteAsync("DELETE FROM emails WHERE id = ANY ($1)", ids);
        await _bed.Db.ExecuteAsync("VACUUM FULL emails");
        await _bed.Db.ExecuteAsync("ANALYZE");
        Assert.Equal(4, (await _bed.OnDiskAsync(marks)).Count);

        await _bed.Db.ExecuteAsync("UPDATE ledger SET state = 'expired' WHERE id = ANY ($1)", ids);
        await _bed.Partitions.DropAsync(default);
        await _bed.Db.ExecuteAsync("VACUUM FULL mail_state");

        Assert.Empty(await _bed.OnDiskAsync(marks));
    }

    [Fact]
    public async Task Move_ShorterRetention_LeavesNoByteOfWhatIsOver()
    {
        var (account, other) = (await _bed.AccountAsync(days: 0), await _bed.AccountAsync(days: 0));
        var (old, young, kept) = (RetentionBed.Marks(6), RetentionBed.Marks(6), RetentionBed.Marks(3));
        var ids = await _bed.StoreAsync(account, old);
        await _bed.JudgeAsync(account, ids, old);
        await _bed.Db.ExecuteAsync("UPDATE ledger SET stored_at = now() - interval '20 days' WHERE id = ANY ($1)", ids);
        var youngIds = await _bed.StoreAsync(account, young);
        await _bed.JudgeAsync(account, youngIds, young);
        await _bed.StoreAsync(other, kept);
        await _bed.Db.ExecuteAsync("ANALYZE");
        Assert.Equal(15, (await _bed.OnDiskAsync([.. old, .. young, .. kept])).Count);

        await _bed.Db.ExecuteAsync("UPDATE provider_users SET retention_days = 10 WHERE id = $1", account);
        var moved = await _bed.Expiry.MoveAsync(account, Guid.Empty, 100, default);
        var again = await _bed.Expiry.MoveAsync(account, Guid.Empty, 100, default);
        Assert.Equal((12, 6, 0), (moved.Looked, moved.Expired, again.Looked));
        Assert.NotEmpty(await _bed.OnDiskAsync(old));
        await RewriteAsync();

        Assert.Empty(await _bed.OnDiskAsync(old));
        Assert.Equal(9, (await _bed.OnDiskAsync([.. young, .. kept])).Count);
        Assert.Equal(6, await _bed.Db.CountAsync("SELECT count(*) FROM emails e JOIN ledger l ON l.id = e.id AND l.expires_at = e.expires_at WHERE e.tableoid::regclass::text <> 'emails_keep'"));
        Assert.Equal(6, await _bed.Db.CountAsync("SELECT count(*) FROM verdicts v JOIN replies r ON r.mail_id = v.mail_id AND r.expires_at = v.expires_at"));

        // And back: what is left is kept again.
        await _bed.Db.ExecuteAsync("UPDATE provider_users SET retention_days = 0 WHERE id = $1", account);
        Assert.Equal((6, 0), (await _bed.Expiry.MoveAsync(account, Guid.Empty, 100, default) is var back ? back.Looked : 0, back.Expired));
        Assert.Equal(9, await _bed.Db.CountAsync("SELECT count(*) FROM emails WHERE expires_at = 'infinity'"));
        Assert.Equal(6, await _bed.Db.CountAsync("SELECT count(*) FROM ledger WHERE state = 'expired'"));
    }

    [Fact]
    public async Task Rewrite_OlderSnapshotIsOpen_WaitsForIt()
    {
        var account = await _bed.AccountAsync(days: 0);
        var marks = RetentionBed.Marks(2);
        var ids = await _bed.StoreAsync(account, marks);
        await _bed.Db.ExecuteAsync("UPDATE ledger SET stored_at = now() - interval '20 days' WHERE id = ANY ($1)", ids);
        await _bed.Db.ExecuteAsync("UPDATE provider_users SET retention_days = 10 WHERE id = $1", account);
        await using (var reader = await _bed.Db.Source.OpenConnectionAsync())
        await using (var reading = await reader.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead))
        {
            await using (var look = new Npgsql.NpgsqlCommand("SELECT count(*) FROM ledger", reader))
            {
                await look.ExecuteScalarAsync();
            }

            await _bed.Expiry.MoveAsync(account, Guid.Empty, 100, default);
            var turn = await _bed.Rewrites.RunAsync(long.MaxValue, default);
            Assert.True(turn is { Rewritten: 0, Blocked: > 0 });
        }

        await RewriteAsync();
        Assert.Empty(await _bed.OnDiskAsync(marks));
    }

    [Fact]
    public async Task Rewrite_TableTooLarge_IsLeftForTheDailyRun()
    {
        await _bed.Db.TransactAsync(c => TableRewrites.RequestAsync(c, ["ledger", "no_such_table"], default));
        await _bed.Db.UntilAsync("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid())", "other snapshots end");
        var turn = await _bed.Rewrites.RunAsync(0, default);
        Assert.Equal((1, 1), (turn.Rewritten, turn.TooLarge));
        Assert.Equal("ledger", await _bed.Db.ScalarAsync("SELECT string_agg(table_name, ',') FROM table_rewrites"));
    }

    [Fact]
    public async Task Erase_Account_LeavesNoByteOfItsMails()
    {
        var (account, other) = (await _bed.AccountAsync(days: 30), await _bed.AccountAsync(days: 0));
        var (gone, kept) = (RetentionBed.Marks(6), RetentionBed.Marks(3));
        var ids = await _bed.StoreAsync(account, gone);
        await _bed.JudgeAsync(account, ids, gone);
        await _bed.StoreAsync(other, kept);
        Assert.Equal(9, (await _bed.OnDiskAsync([.. gone, .. kept])).Count);

        await new AccountEraser(_bed.Db.Database).EraseAsync(account, default);
        await RewriteAsync();

        Assert.Empty(await _bed.OnDiskAsync(gone));
        Assert.Equal(3, (await _bed.OnDiskAsync(kept)).Count);
    }

    /// <summary>Autovacuum and other tests may hold a snapshot for a moment.</summary>
    private async Task RewriteAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await _bed.Rewrites.RunAsync(long.MaxValue, patience.Token) is { Blocked: > 0 })
        {
            await Task.Delay(50, patience.Token);
        }

        Assert.Equal(0, await _bed.Db.CountAsync("SELECT count(*) FROM table_rewrites"));
    }
}
