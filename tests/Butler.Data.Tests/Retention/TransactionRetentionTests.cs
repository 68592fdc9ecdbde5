namespace Butler.Data.Tests.Retention;

/// <summary>Transactions outlive their mails, unless the account says otherwise; then their bytes go too (docs/transactions.md).</summary>
public sealed class TransactionRetentionTests : IAsyncLifetime
{
    private RetentionBed _bed = null!;

    public async Task InitializeAsync() => _bed = await RetentionBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Expire_ByTheAccountsWish_KeepsOrErases()
    {
        var (keeps, forgets) = (await _bed.AccountAsync(days: 7), await _bed.AccountAsync(days: 7));
        await _bed.Db.ExecuteAsync("UPDATE provider_users SET keep_transactions = false WHERE id = $1", forgets);
        var (kept, gone) = (RetentionBed.Marks(1), RetentionBed.Marks(1));
        var over = await _bed.PastWeekAsync();
        await BookAsync(keeps, (await _bed.StoreAsync(keeps, RetentionBed.Marks(1), over))[0], kept[0]);
        await BookAsync(forgets, (await _bed.StoreAsync(forgets, RetentionBed.Marks(1), over))[0], gone[0]);

        await _bed.Expiry.ExpireAsync(Guid.Empty, 100, default);

        Assert.Equal(1, await _bed.Db.CountAsync("SELECT count(*) FROM transactions"));
        Assert.Equal(kept[0], await _bed.Db.ScalarAsync("SELECT merchant FROM transactions"));
        Assert.Equal(1, await _bed.Db.CountAsync("SELECT count(*) FROM table_rewrites WHERE table_name = 'transactions'"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await _bed.Rewrites.RunAsync(long.MaxValue, patience.Token) is { Blocked: > 0 })
        {
            await Task.Delay(50, patience.Token);
        }

        Assert.Equal(kept[0], Assert.Single(await _bed.OnDiskAsync([.. kept, .. gone])));

        // The other account does not want them any more either: what its mails left goes at once.
        await _bed.Db.ExecuteAsync("UPDATE provider_users SET keep_transactions = false");
        Assert.Equal(1, await _bed.Expiry.ForgetTransactionsAsync(keeps, 100, default));
        Assert.Equal(0, await _bed.Db.CountAsync("SELECT count(*) FROM transactions"));
    }

    private Task BookAsync(Guid account, Guid mail, string merchant) => _bed.Db.ExecuteAsync("""
        INSERT INTO transactions (id, mail_id, line, provider_user_id, state, amount, currency, direction, source, happened_on, day_said, merchant, account_tail, reference, checked, doubts, tags, spans)
        VALUES ($1, $1, 1, $2, 'booked', 1, 'EUR', 'out', 'alert', '2026-01-01', true, $3, '', '', false, '{}', '{}', '{}')
        """, mail, account, merchant);
}
