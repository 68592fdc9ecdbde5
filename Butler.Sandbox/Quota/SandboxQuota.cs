using System.Collections.Concurrent;
using Butler.Sandbox.Gmail;

namespace Butler.Sandbox.Quota;

/// <summary>Counts units and refuses calls over the limits. Buckets refill evenly and hold one minute's units.</summary>
internal sealed class SandboxQuota(QuotaOptions options, TimeProvider clock)
{
    private readonly ConcurrentDictionary<ulong, User> _users = new();
    private readonly Bucket _project = new(options.ProjectUnitsPerMinute, clock.GetTimestamp());
    private readonly bool _since2026 = options.Kind == PriceListKind.Since2026;
    private readonly int _perUser = options.UserUnitsPerMinute ?? (options.Kind == PriceListKind.Since2026 ? 6_000 : 15_000);
    private readonly long _perDay = options.DayUnits ?? (options.Kind == PriceListKind.Since2026 ? 80_000_000 : 1_000_000_000);
    private long _used;
    private long _day;
    private long _usedToday;

    /// <summary>Units charged since the start.</summary>
    public long Used => Interlocked.Read(ref _used);

    public int Units(string method) => PriceList.Units(method, _since2026);

    /// <summary>Charges a call; null when it may go on.</summary>
    public GmailError? Charge(string method, ulong account)
    {
        var units = Units(method);
        if (options.Enforced)
        {
            var day = clock.GetUtcNow().UtcTicks / TimeSpan.TicksPerDay;
            if (Interlocked.Exchange(ref _day, day) != day)
            {
                Interlocked.Exchange(ref _usedToday, 0);
            }

            if (Interlocked.Read(ref _usedToday) + units > _perDay)
            {
                return GmailError.DailyLimit;
            }

            var user = UserOf(account);
            if (!user.Bucket.Take(units, clock))
            {
                return GmailError.UserRateLimit;
            }

            if (!_project.Take(units, clock))
            {
                user.Bucket.Return(units);
                return GmailError.ProjectRateLimit;
            }

            Interlocked.Add(ref _usedToday, units);
        }

        Interlocked.Add(ref _used, units);
        return null;
    }

    /// <summary>Takes up to <paramref name="calls"/> places of a user; those not given get 429.</summary>
    public int Enter(ulong account, int calls)
    {
        if (options.MaxConcurrentPerUser <= 0)
        {
            return calls;
        }

        var user = UserOf(account);
        lock (user)
        {
            var given = Math.Clamp(options.MaxConcurrentPerUser - user.InFlight, 0, calls);
            user.InFlight += given;
            return given;
        }
    }

    public void Leave(ulong account, int calls)
    {
        if (options.MaxConcurrentPerUser > 0)
        {
            var user = UserOf(account);
            lock (user)
            {
                user.InFlight -= calls;
            }
        }
    }

    private User UserOf(ulong account) =>
        _users.GetOrAdd(account, static (_, s) => new User(new Bucket(s._perUser, s.clock.GetTimestamp())), (_perUser, clock));

    private sealed class User(Bucket bucket)
    {
        public Bucket Bucket { get; } = bucket;

        public int InFlight { get; set; }
    }

    private sealed class Bucket(int perMinute, long start)
    {
        private readonly Lock _gate = new();
        private double _missing;
        private long _last = start;

        public bool Take(int units, TimeProvider clock)
        {
            lock (_gate)
            {
                var now = clock.GetTimestamp();
                _missing = Math.Max(0, _missing - (clock.GetElapsedTime(_last, now).TotalMinutes * perMinute));
                _last = now;
                if (_missing + units > perMinute)
                {
                    return false;
                }

                _missing += units;
                return true;
            }
        }

        public void Return(int units)
        {
            lock (_gate)
            {
                _missing -= units;
            }
        }
    }
}
