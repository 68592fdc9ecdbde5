using Butler.Mailboxes.Gmail;

namespace Butler.Mailboxes.Quota;

/// <summary>A token bucket's size (units) and refill (units per millisecond).</summary>
internal readonly record struct BucketSize(double Capacity, double RatePerMs)
{
    // Ten seconds' worth may be used at once: enough for a batch of a slot, and little beside the provider's minute.
    private const double BurstSeconds = 10;

    // A bucket must hold the dearest call (100 units) above the reserve, or it could never be made.
    private const double SmallestCapacity = 250;

    public static BucketSize PerMinute(double units) => new(Math.Max(units * BurstSeconds / 60, SmallestCapacity), units / 60_000);

    /// <summary>What bulk must leave (MECHANICS 9: only while more than 20 % is left).</summary>
    public double Reserve(MailLane lane) => lane == MailLane.Bulk ? Capacity * 0.2 : 0;

    /// <summary>The units a refused caller waits for: what it wants, at most half a bucket, so that it comes back rarely.</summary>
    public double Target(QuotaRequest request) =>
        Math.Max(request.MinCalls * request.UnitsPerCall, Math.Min((double)request.Wanted * request.UnitsPerCall, Capacity / 2));
}

/// <summary>The limits in force: the price list's, unless configured.</summary>
internal sealed record QuotaLimits(BucketSize User, BucketSize Project, long DayUnits, int MaxConcurrent, TimeSpan LeaseTime)
{
    /// <summary>How long a caller refused for concurrency waits; a call takes about this long.</summary>
    public static readonly TimeSpan BusyWait = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a user has half the places after the provider counted too many calls at once: other programs use some.</summary>
    public static readonly TimeSpan NarrowFor = TimeSpan.FromMinutes(1);

    /// <summary>Bulk's share of a day: what is left is for new mail (80,000,000 units are 67 minutes at full rate).</summary>
    public const double BulkShareOfDay = 0.8;

    /// <summary>The quota day begins at midnight Pacific time; without DST an hour late in summer, which is the safe side.</summary>
    public static readonly TimeSpan DayOffset = TimeSpan.FromHours(8);

    public static QuotaLimits From(GoogleOptions options)
    {
        var classic = options.PriceList == GmailPriceList.Classic;
        return new(
            BucketSize.PerMinute(options.UserUnitsPerMinute ?? (classic ? 15_000 : 6_000)),
            BucketSize.PerMinute(options.ProjectUnitsPerMinute ?? 1_200_000),
            options.DayUnits ?? (classic ? 0 : 80_000_000),
            options.MaxConcurrentPerUser,
            options.Timeout + TimeSpan.FromSeconds(15));
    }

    /// <summary>What one process may use on its own when the shared count is away: half, divided by the replicas.</summary>
    public QuotaLimits LocalShare(int replicas) => this with
    {
        User = Share(User, replicas),
        Project = Share(Project, replicas),
        DayUnits = DayUnits == 0 ? 0 : Math.Max(1, DayUnits / 2 / replicas),
        MaxConcurrent = Math.Max(1, MaxConcurrent / 2 / replicas),
    };

    /// <summary>Concurrent calls a lane may have: bulk leaves two for the user's new mail and drafts.</summary>
    public int ConcurrentFor(MailLane lane) => lane == MailLane.Bulk ? Math.Max(1, MaxConcurrent - 2) : MaxConcurrent;

    /// <summary>Units of the day that a lane may see used.</summary>
    public double DayFor(MailLane lane) => lane == MailLane.Bulk ? DayUnits * BulkShareOfDay : DayUnits;

    /// <summary>When the next quota day begins.</summary>
    public static DateTimeOffset NextDay(DateTimeOffset now)
    {
        var pacific = now.ToOffset(-DayOffset);
        return new DateTimeOffset(pacific.Date.AddDays(1), -DayOffset).ToUniversalTime();
    }

    private static BucketSize Share(BucketSize full, int replicas) => BucketSize.PerMinute(full.RatePerMs * 60_000 / 2 / replicas);
}
