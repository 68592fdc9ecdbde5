using Butler.Mailboxes.Quota;
using Butler.Mailboxes.Tests.Support;

namespace Butler.Mailboxes.Tests.Quota;

public class LocalQuotaLimiterTests : LimiterRules
{
    private readonly ManualTime _time = new();

    internal override DateTimeOffset Now => _time.GetUtcNow();

    internal override Task<IQuotaLimiter> CreateAsync(QuotaLimits limits) =>
        Task.FromResult<IQuotaLimiter>(new LocalQuotaLimiter(limits, _time, Meters.Metrics()));

    [Fact]
    public async Task Acquire_AtTheNamedTime_IsGranted()
    {
        var limiter = await CreateAsync(Limits);
        await using (await Granted(limiter, "u", QuotaRequest.Single(1000, MailLane.Live)))
        {
        }

        var request = new QuotaRequest(20, 10, 5, 100, MailLane.Bulk);
        var refused = await limiter.TryAcquireAsync("u", request, default);
        _time.Advance(refused.NotBefore - Now);

        await using var lease = await Granted(limiter, "u", request);
        Assert.Equal(8, lease.Calls);
    }

    [Fact]
    public async Task Acquire_HolderDied_PlacesComeBackWithTheLease()
    {
        var limiter = await CreateAsync(Limits);
        await Granted(limiter, "u", new(1, 10, 10, 10, MailLane.Live));
        Assert.Null((await limiter.TryAcquireAsync("u", QuotaRequest.Single(1, MailLane.Live), default)).Lease);

        _time.Advance(Limits.LeaseTime);

        await using var lease = await Granted(limiter, "u", QuotaRequest.Single(1, MailLane.Live));
    }

    [Fact]
    public void LocalShare_TwoReplicas_IsAQuarter()
    {
        var share = Limits.LocalShare(2);

        Assert.Equal(Limits.Project.RatePerMs / 4, share.Project.RatePerMs, 6);
        Assert.Equal(2, share.MaxConcurrent);
    }

    [Fact]
    public void NextDay_BeforeAndAfterPacificMidnight_IsTheComingOne()
    {
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 8, 0, 0, TimeSpan.Zero), QuotaLimits.NextDay(new(2026, 11, 21, 7, 59, 59, TimeSpan.Zero)));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero), QuotaLimits.NextDay(new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero)));
    }
}
