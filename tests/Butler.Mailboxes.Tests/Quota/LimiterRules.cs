using Butler.Mailboxes.Quota;

namespace Butler.Mailboxes.Tests.Quota;

/// <summary>The rules that the shared and the local limiter both keep; limits small enough to reach them in a few calls.</summary>
public abstract class LimiterRules
{
    /// <summary>A user holds 1,000 units and gets 100 a second; the project 3,000 and 300.</summary>
    internal static QuotaLimits Limits { get; } = new(
        BucketSize.PerMinute(6_000), BucketSize.PerMinute(18_000), DayUnits: 0, MaxConcurrent: 10, TimeSpan.FromSeconds(45));

    internal abstract Task<IQuotaLimiter> CreateAsync(QuotaLimits limits);

    internal abstract DateTimeOffset Now { get; }

    protected static string User() => Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Acquire_BulkUntilRefused_LeavesAFifthForLive()
    {
        var limiter = await CreateAsync(Limits);
        var user = User();
        for (var i = 0; i < 8; i++)
        {
            await using var lease = (await limiter.TryAcquireAsync(user, new(100, 1, 1, 1, MailLane.Bulk), default)).Lease;
            Assert.NotNull(lease);
        }

        Assert.Null((await limiter.TryAcquireAsync(user, new(100, 1, 1, 1, MailLane.Bulk), default)).Lease);
        await using var live = (await limiter.TryAcquireAsync(user, QuotaRequest.Single(100, MailLane.Live), default)).Lease;
        Assert.NotNull(live);
    }

    [Fact]
    public async Task Acquire_Refused_WaitsForAGoodPartOfWhatIsWanted()
    {
        var limiter = await CreateAsync(Limits);
        var user = User();
        await using (var all = (await limiter.TryAcquireAsync(user, QuotaRequest.Single(1000, MailLane.Live), default)).Lease)
        {
            Assert.NotNull(all);
        }

        var refused = await limiter.TryAcquireAsync(user, new(20, 10, 5, 100, MailLane.Bulk), default);

        // Reserve 200 and half a bucket, 500, at 100 units a second: 7 s.
        Assert.Null(refused.Lease);
        Assert.InRange((refused.NotBefore - Now).TotalSeconds, 6, 7.1);
        Assert.False(refused.Daily);
    }

    [Fact]
    public async Task Acquire_PartAffordable_GrantsThatPart()
    {
        var limiter = await CreateAsync(Limits);
        var user = User();
        await using (await Granted(limiter, user, QuotaRequest.Single(850, MailLane.Live)))
        {
        }

        await using var part = await Granted(limiter, user, new(20, 10, 1, 10, MailLane.Live));

        Assert.InRange(part.Calls, 7, 8);
    }

    [Fact]
    public async Task Acquire_TenInFlight_RefusesTheEleventhUntilOneEnds()
    {
        var limiter = await CreateAsync(Limits);
        var user = User();
        var bulk = await Granted(limiter, user, new(1, 20, 1, 20, MailLane.Bulk));
        Assert.Equal(8, bulk.Calls);
        Assert.Null((await limiter.TryAcquireAsync(user, new(1, 1, 1, 1, MailLane.Bulk), default)).Lease);
        var live = await Granted(limiter, user, new(1, 10, 1, 10, MailLane.Live));
        Assert.Equal(2, live.Calls);
        var refused = await limiter.TryAcquireAsync(user, QuotaRequest.Single(1, MailLane.Live), default);
        Assert.Null(refused.Lease);

        await live.DisposeAsync();
        await live.DisposeAsync();

        await using var next = await Granted(limiter, user, new(1, 10, 1, 10, MailLane.Live));
        Assert.Equal(2, next.Calls);
        await bulk.DisposeAsync();
    }

    [Fact]
    public async Task Acquire_AnotherUser_IsNotConcerned()
    {
        var limiter = await CreateAsync(Limits);
        var user = User();
        await limiter.PenaliseAsync(user, QuotaScope.User, TimeSpan.FromSeconds(60), default);

        var refused = await limiter.TryAcquireAsync(user, QuotaRequest.Single(1, MailLane.Live), default);
        Assert.Null(refused.Lease);
        Assert.InRange((refused.NotBefore - Now).TotalSeconds, 58, 60.1);
        await using var other = await Granted(limiter, User(), QuotaRequest.Single(1, MailLane.Live));
    }

    [Fact]
    public async Task Acquire_ProjectEmpty_GivesTheUsersUnitsAndPlacesBack()
    {
        var limiter = await CreateAsync(Limits with { Project = BucketSize.PerMinute(1_500) });
        await using (await Granted(limiter, User(), QuotaRequest.Single(240, MailLane.Live)))
        {
        }

        var user = User();
        for (var i = 0; i < 20; i++)
        {
            // Without the refund the user's 1,000 units would be used up after ten refusals.
            var refused = await limiter.TryAcquireAsync(user, new(100, 1, 1, 1, MailLane.Live), default);
            Assert.Null(refused.Lease);
            Assert.InRange((refused.NotBefore - Now).TotalSeconds, 1, 5);
        }
    }

    [Fact]
    public async Task Acquire_DayUsedUp_IsRefusedForTheDay()
    {
        var limiter = await CreateAsync(Limits with { DayUnits = 100 });
        await using (await Granted(limiter, User(), QuotaRequest.Single(90, MailLane.Live)))
        {
        }

        var refused = await limiter.TryAcquireAsync(User(), QuotaRequest.Single(20, MailLane.Live), default);

        Assert.True(refused.Daily);
        Assert.InRange((refused.NotBefore - QuotaLimits.NextDay(Now)).TotalSeconds, -2, 2);
    }

    [Fact]
    public async Task Acquire_BulkUsedItsShareOfTheDay_WaitsForTheNextWhileLivePasses()
    {
        var limiter = await CreateAsync(Limits with { DayUnits = 100 });
        await using (await Granted(limiter, User(), QuotaRequest.Single(75, MailLane.Bulk)))
        {
        }

        var bulk = await limiter.TryAcquireAsync(User(), QuotaRequest.Single(10, MailLane.Bulk), default);

        Assert.Null(bulk.Lease);
        // Not "the day is used up": the import goes on by itself tomorrow.
        Assert.False(bulk.Daily);
        Assert.InRange((bulk.NotBefore - QuotaLimits.NextDay(Now)).TotalSeconds, -2, 2);
        await using var live = await Granted(limiter, User(), QuotaRequest.Single(10, MailLane.Live));
    }

    [Theory]
    [InlineData(QuotaScope.Project)]
    [InlineData(QuotaScope.Day)]
    public async Task Penalise_Project_HoldsAllBulkBackAndLetsLivePass(QuotaScope scope)
    {
        var limiter = await CreateAsync(Limits);
        await limiter.PenaliseAsync(User(), scope, TimeSpan.FromSeconds(60), default);

        var bulk = await limiter.TryAcquireAsync(User(), QuotaRequest.Single(1, MailLane.Bulk), default);
        Assert.Null(bulk.Lease);
        Assert.InRange((bulk.NotBefore - Now).TotalSeconds, 58, 60.1);
        await using var live = await Granted(limiter, User(), QuotaRequest.Single(1, MailLane.Live));
    }

    [Fact]
    public async Task Penalise_Concurrency_HalvesTheUsersPlacesAndNobodyElses()
    {
        var limiter = await CreateAsync(Limits);
        var user = User();
        await limiter.PenaliseAsync(user, QuotaScope.Concurrency, TimeSpan.FromSeconds(1), default);

        await using var narrow = await Granted(limiter, user, new(1, 10, 10, 10, MailLane.Live));
        Assert.Equal(5, narrow.Calls);
        await using var other = await Granted(limiter, User(), new(1, 10, 10, 10, MailLane.Live));
        Assert.Equal(10, other.Calls);
    }

    private protected static async Task<QuotaLease> Granted(IQuotaLimiter limiter, string user, QuotaRequest request)
    {
        var lease = (await limiter.TryAcquireAsync(user, request, default)).Lease;
        Assert.NotNull(lease);
        return lease;
    }
}
