using Butler.Data.Classifier;
using Butler.Data.Tests.Support;

namespace Butler.Data.Tests;

/// <summary>Whose turn it is to be judged by a chat model, and that nothing is lost or taken twice.</summary>
public sealed class JudgingsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_day = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);
    private TestDb _db = null!;

    public async Task InitializeAsync() => _db = await TestDb.CreateAsync();

    public async Task DisposeAsync() => await _db.DisposeAsync();

    [Fact]
    public async Task Take_AGreatImportBesideOthers_NewMailFirstThenAccountsInTurnNewestFirst()
    {
        var (great, small, live) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        var imported = Mails(great, 50, Lane.Bulk);
        var few = Mails(small, 2, Lane.Bulk);
        var fresh = Mails(live, 1, Lane.Live);
        await AddAsync([.. imported, .. few, .. fresh]);

        var taken = await TakeAsync(5);

        Assert.Equal(fresh[0].MailId, taken.Single(m => m.Lane == Lane.Live).MailId);
        Assert.Equal(few.Select(m => m.MailId), taken.Where(m => m.ProviderUserId == small).OrderByDescending(m => m.ReceivedAt).Select(m => m.MailId));
        Assert.Equal(imported.Take(2).Select(m => m.MailId), taken.Where(m => m.ProviderUserId == great).OrderByDescending(m => m.ReceivedAt).Select(m => m.MailId));
    }

    [Fact]
    public async Task Take_ByManyAtOnce_EachMailOnce()
    {
        await AddAsync([.. Enumerable.Range(0, 4).SelectMany(_ => Mails(Guid.CreateVersion7(), 25, Lane.Bulk))]);

        var taken = (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TakeAsync(10)))).SelectMany(t => t).ToList();
        while (await TakeAsync(10) is { Count: > 0 } more)
        {
            taken.AddRange(more);
        }

        Assert.Equal(100, taken.Count);
        Assert.Equal(100, taken.Select(m => m.MailId).Distinct().Count());
    }

    [Fact]
    public async Task Return_ForLater_WaitsAndCloseAnswersOnce()
    {
        var mail = Mails(Guid.CreateVersion7(), 1, Lane.Bulk)[0];
        await AddAsync([mail]);
        Assert.Single(await TakeAsync(10));
        await _db.TransactAsync(c => Judgings.ReturnAsync(c, mail.MailId, TimeSpan.FromHours(1), default));
        Assert.Empty(await TakeAsync(10));
        await _db.ExecuteAsync("UPDATE open_judgings SET not_before = now()");
        Assert.Single(await TakeAsync(10));

        Assert.NotNull(await _db.TransactAsync(c => Judgings.CloseAsync(c, mail.MailId, default)));
        Assert.Null(await _db.TransactAsync(c => Judgings.CloseAsync(c, mail.MailId, default)));
    }

    [Fact]
    public async Task Wake_OfWhatRests_OnlyWithinTheTime()
    {
        var mails = Mails(Guid.CreateVersion7(), 3, Lane.Bulk);
        await AddAsync(mails);
        Assert.Equal(3, (await TakeAsync(10)).Count);
        await _db.TransactAsync(c => Judgings.ReturnAsync(c, mails[0].MailId, TimeSpan.FromMinutes(14), default));
        await _db.TransactAsync(c => Judgings.ReturnAsync(c, mails[1].MailId, TimeSpan.FromHours(9), default)); // Its owner's budget is used up.
        Assert.Empty(await TakeAsync(10));

        Assert.Equal(1, await _db.TransactAsync(c => Judgings.WakeAsync(c, TimeSpan.FromMinutes(15), default)));

        Assert.Equal(mails[0].MailId, (await TakeAsync(10)).Single().MailId); // The third is on its way.
    }

    [Fact]
    public async Task Recover_MessageIsLost_OnlyThoseWithoutOneComeAgain()
    {
        var account = Guid.CreateVersion7();
        var mails = Mails(account, 2, Lane.Live);
        await AddAsync(mails, sent: true);
        await _db.ExecuteAsync("INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id) VALUES ($1, 'classifier', 2, 'JudgeMail', jsonb_build_object('mail_id', $1::text), $2, $1)", mails[0].MailId, account);

        Assert.Equal(0, await _db.TransactAsync(c => Judgings.RecoverAsync(c, TimeSpan.FromMinutes(30), default)));
        await _db.ExecuteAsync("UPDATE open_judgings SET sent_at = sent_at - interval '1 hour'");
        Assert.Equal(1, await _db.TransactAsync(c => Judgings.RecoverAsync(c, TimeSpan.FromMinutes(30), default)));
        Assert.Equal(mails[1].MailId, (await TakeAsync(10)).Single().MailId);
    }

    [Fact]
    public async Task Erase_OfTheAccount_TakesWhatWaitsUsageAndTheSalt()
    {
        var account = await _db.AddAccountAsync();
        var mail = (await _db.ListAsync(account, null, 1, "a"))[0];
        await AddAsync([new OpenJudging(mail, account, Lane.Live, s_day, mail)]);
        await _db.TransactAsync(c => ChatUsage.AddAsync(c, account, [new("openai", "m", false, 10, 2, 0.1m), new("openai", "m", true, 1, 0, 0m)], default));
        var salt = await ChatSalts.GetAsync(_db.Source, account, mail, default);
        Assert.Equal(salt, await ChatSalts.GetAsync(_db.Source, account, mail, default));
        Assert.Equal((13L, 0.1m), await ChatUsage.TodayAsync(_db.Source, account, default) is var today ? (today.UserTokens, today.AllCost) : default);

        await new AccountEraser(_db.Database).EraseAsync(account, default);

        Assert.Equal(0, await _db.CountAsync("SELECT (SELECT count(*) FROM open_judgings) + (SELECT count(*) FROM chat_usage) + (SELECT count(*) FROM chat_salts)"));
        // Whoever still has the mail in hand makes no new one.
        Assert.Null(await ChatSalts.GetAsync(_db.Source, account, mail, default));
    }

    private static List<OpenJudging> Mails(Guid account, int count, Lane lane) =>
        [.. Enumerable.Range(0, count).Select(i => new OpenJudging(Guid.CreateVersion7(), account, lane, s_day.AddHours(-i), Guid.CreateVersion7()))];

    private Task AddAsync(IReadOnlyCollection<OpenJudging> mails, bool sent = false) => _db.TransactAsync(c => Judgings.AddAsync(c, mails, sent, default));

    private Task<List<OpenJudging>> TakeAsync(int count) => _db.TransactAsync(c => Judgings.TakeAsync(c, count, default));
}
