using Butler.Data.Retention;
using Npgsql;

namespace Butler.Data.Tests.Retention;

/// <summary>Retention in the database (docs/retention.md).</summary>
public sealed class ExpiryTests : IAsyncLifetime
{
    private RetentionBed _bed = null!;

    public async Task InitializeAsync() => _bed = await RetentionBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Theory]
    [InlineData("gmail", 0)]
    public async Task Default_ByProvider_IsAsDocumented(string provider, int days)
    {
        var account = await _bed.Db.AddAccountAsync();
        Assert.Equal(provider, await _bed.Db.ScalarAsync("SELECT provider FROM provider_users WHERE id = $1", account));
        Assert.Equal(days, await _bed.Db.ScalarAsync("SELECT retention_days FROM provider_users WHERE id = $1", account));
    }

    [Fact]
    public async Task Store_AccountWithRetention_ExpiresThatLongAfterStoringInItsWeek()
    {
        var account = await _bed.AccountAsync(days: 30);
        var ids = await _bed.StoreAsync(account, RetentionBed.Marks(3));
        await _bed.JudgeAsync(account, ids, RetentionBed.Marks(3));

        Assert.Equal(3, await _bed.Db.CountAsync("SELECT count(*) FROM ledger WHERE expires_at = stored_at + interval '720 hours'"));
        foreach (var table in new[] { "emails e ON e.id = l.id", "verdicts e ON e.mail_id = l.id", "email_tags e ON e.mail_id = l.id", "replies e ON e.mail_id = l.id" })
        {
            Assert.Equal(3, await _bed.Db.CountAsync($"SELECT count(*) FROM ledger l JOIN {table} WHERE e.expires_at = l.expires_at AND e.tableoid::regclass::text ~ '_[0-9]{{8}}$'"));
        }
    }

    [Fact]
    public async Task Store_PartitionMissing_IsTellableFromBadData()
    {
        var account = await _bed.Db.AddAccountAsync();
        var missing = await Assert.ThrowsAsync<PostgresException>(() => _bed.Db.ExecuteAsync(
            "INSERT INTO email_tags (mail_id, expires_at, provider_user_id, tag) VALUES ($1, now() + interval '99 days', $1, 't')", account));
        Assert.True(ContentTables.IsMissing(missing));
        var bad = await Assert.ThrowsAsync<PostgresException>(() => _bed.Db.ExecuteAsync("UPDATE provider_users SET retention_days = 9999 WHERE id = $1", account));
        Assert.False(ContentTables.IsMissing(bad));
    }

    [Fact]
    public async Task Partitions_Made_BelongToTheOwnerAndKeepNoStatisticsOfText()
    {
        Assert.Equal(await _bed.Db.CountAsync("SELECT count(*) FROM butler_content_tables()"), await _bed.Db.CountAsync("SELECT butler_expiry_partitions(now() + interval '40 days')"));
        Assert.Equal(0, await _bed.Db.CountAsync("SELECT butler_expiry_partitions(now() + interval '40 days')"));
        Assert.Equal(0, await _bed.Db.CountAsync("SELECT butler_expiry_partitions('infinity')"));
        Assert.Equal(0, await _bed.Db.CountAsync("SELECT butler_expiry_partitions(now() - interval '8 days')"));
        Assert.Equal(0, await _bed.Db.CountAsync("SELECT count(*) FROM pg_class WHERE relname ~ '_[0-9]{8}$' AND relkind = 'r' AND relowner <> 'butler_owner'::regrole"));
        Assert.Equal(0, await _bed.Db.CountAsync("""
            SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE (c.oid IN (SELECT butler_content_tables()) OR c.oid IN (SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent IN (SELECT butler_content_tables()))) AND c.relkind IN ('r', 'p')
              AND a.attnum > 0 AND a.attname IN ('subject', 'new_text', 'quoted_text', 'from_name', 'from_address', 'to_addresses', 'cc_addresses', 'reply_to', 'signals', 'attachments', 'message_id',
                'summary', 'reasoning', 'generated_reply') AND a.attstattarget <> 0
            """));
    }

    [Fact]
    public async Task Expire_MailsThatAreOver_AreClosedErasedAndCountedOnce()
    {
        var (account, other) = (await _bed.AccountAsync(days: 7), await _bed.AccountAsync(days: 7));
        var over = await _bed.PastWeekAsync();
        var sync = await _bed.Db.AddSyncAsync(account);
        var open = await _bed.StoreAsync(account, RetentionBed.Marks(2), over, sync);
        var done = await _bed.StoreAsync(account, RetentionBed.Marks(3), over);
        await _bed.Db.ExecuteAsync("UPDATE ledger SET state = 'done', closed_at = now() WHERE id = ANY ($1)", done);
        await _bed.Db.ExecuteAsync("DELETE FROM ledger_open WHERE id = ANY ($1)", done);
        await _bed.JudgeAsync(account, done, RetentionBed.Marks(3));
        var kept = await _bed.StoreAsync(other, RetentionBed.Marks(2));
        await _bed.Db.ExecuteAsync("UPDATE sync_jobs SET total = 2, total_known = true WHERE id = $1", sync);

        var first = await _bed.Expiry.ExpireAsync(Guid.Empty, 4, default);
        var second = await _bed.Expiry.ExpireAsync(first.Last, 4, default);
        var again = await _bed.Expiry.ExpireAsync(Guid.Empty, 100, default);

        Assert.Equal((4, 4, 1, 1, 0, 0), (first.Looked, first.Expired, second.Looked, second.Expired, again.Looked, again.Expired));
        Assert.Equal(5, await _bed.Db.CountAsync("SELECT count(*) FROM ledger WHERE state = 'expired' AND reason = 'retention' AND closed_at IS NOT NULL AND id = ANY ($1)", open.Concat(done).ToArray()));
        Assert.Equal(2, await _bed.Db.CountAsync("SELECT count(*) FROM ledger WHERE state = 'stored' AND id = ANY ($1)", kept));
        Assert.Equal(2, await _bed.Db.CountAsync("SELECT count(*) FROM emails"));
        Assert.Equal(2, await _bed.Db.CountAsync("SELECT count(*) FROM mail_state"));
        Assert.Equal(0, await _bed.Db.CountAsync("SELECT (SELECT count(*) FROM verdicts) + (SELECT count(*) FROM email_tags) + (SELECT count(*) FROM replies) + (SELECT count(*) FROM failed_tasks)"));
        Assert.Equal(0, await _bed.Db.CountAsync(Ledgers.LedgerTests.Inconsistent));
        Assert.Equal("completed", await _bed.Db.ScalarAsync("SELECT status FROM sync_jobs WHERE id = $1 AND skipped = 2", sync));
    }

    [Fact]
    public async Task List_ExpiredMail_IsKnownAndNotFetchedAgain()
    {
        var account = await _bed.AccountAsync(days: 1);
        await _bed.StoreAsync(account, RetentionBed.Marks(1), await _bed.PastWeekAsync());
        await _bed.Expiry.ExpireAsync(Guid.Empty, 10, default);
        var name = (string)(await _bed.Db.ScalarAsync("SELECT provider_message_id FROM ledger"))!;

        Assert.Equal(0, await _bed.Db.TransactAsync(c => Ledger.ListAsync(c, account, null, Guid.CreateVersion7(), Lane.Bulk, [name], 0, default)));
        Assert.Equal(0, await _bed.Db.TransactAsync(c => Ledger.RepairAsync(c, account, Guid.CreateVersion7(), [name], default)));
        var ids = (Guid[])(await _bed.Db.ScalarAsync("SELECT array_agg(id) FROM ledger"))!;
        foreach (var (move, run) in Ledgers.LedgerTests.Moves)
        {
            Assert.True((await _bed.Db.TransactAsync(c => run(c, ids))).Count == 0, move);
        }

        Assert.Equal("expired", await _bed.Db.ScalarAsync("SELECT state FROM ledger"));
    }

    [Fact]
    public async Task Forget_OldDeadLetters_ExpireWithTheirMails()
    {
        var account = await _bed.AccountAsync(days: 7);
        var ids = await _bed.Db.ListAsync(account, null, 2);
        await _bed.Db.TransactAsync(c => Ledger.DieAsync(c, ids, "poison", default));
        await _bed.Db.TransactAsync(c => DeadLetters.AddAsync(c, [.. ids.Select(i => new DeadLetter("fetch", account, i, null, "{}", "e", null))], default));
        await _bed.Db.ExecuteAsync("UPDATE failed_tasks SET created_at = now() - interval '8 days' WHERE ledger_id = $1", ids[0]);
        await _bed.Db.ExecuteAsync("INSERT INTO user_events (id, app_user_id, provider_user_id, kind, message, created_at) SELECT $1, app_user_id, id, 'repaired', 'm', now() - interval '8 days' FROM provider_users WHERE id = $1", account);

        Assert.Equal(1, (await _bed.Expiry.ForgetAsync(account, 10, default)).Expired);
        Assert.Equal(ids[0], await _bed.Db.ScalarAsync("SELECT id FROM ledger WHERE state = 'expired'"));
        Assert.Equal(ids[1], await _bed.Db.ScalarAsync("SELECT ledger_id FROM failed_tasks"));
        Assert.Equal(0, await _bed.Db.CountAsync("SELECT count(*) FROM user_events"));
    }

    [Fact]
    public async Task Drop_WeekWithAMailThatIsNotClosed_WaitsForIt()
    {
        var account = await _bed.AccountAsync(days: 1);
        await _bed.StoreAsync(account, RetentionBed.Marks(1), await _bed.PastWeekAsync());

        Assert.Equal(0, await _bed.Partitions.DropAsync(default));
        await _bed.Expiry.ExpireAsync(Guid.Empty, 10, default);
        // A crash between detaching and dropping.
        var week = (string)(await _bed.Db.ScalarAsync("SELECT max(relname) FROM pg_class WHERE relname ~ '^verdicts_[0-9]{8}$'"))!;
        await _bed.Db.ExecuteAsync("DO $$ BEGIN EXECUTE (SELECT 'ALTER TABLE verdicts DETACH PARTITION ' || min(relname) FROM pg_class WHERE relname ~ '^verdicts_[0-9]{8}$'); END $$");
        Assert.Equal(await _bed.Db.CountAsync("SELECT count(*) FROM butler_content_tables()"), await _bed.Partitions.DropAsync(default));
        Assert.Equal(0, await _bed.Partitions.DropAsync(default));
        Assert.NotEmpty(week);
    }
}
