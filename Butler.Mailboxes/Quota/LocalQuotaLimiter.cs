namespace Butler.Mailboxes.Quota;

/// <summary>Counts inside this process: the fallback when Redis is absent, down or hung.</summary>
internal sealed class LocalQuotaLimiter(QuotaLimits limits, TimeProvider time, MailboxMetrics metrics) : IQuotaLimiter
{
    // Users kept before idle ones are swept out.
    private const int MaxUsers = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, UserState> _users = new(StringComparer.Ordinal);
    private Bucket _project = new(limits.Project.Capacity);
    private DateTimeOffset _dayEnds;
    private DateTimeOffset _bulkUntil;
    private long _dayUsed;

    public ValueTask<QuotaAnswer> TryAcquireAsync(string userKey, QuotaRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(TryAcquire(userKey, request, time.GetUtcNow()));
        }
    }

    public ValueTask PenaliseAsync(string userKey, QuotaScope scope, TimeSpan wait, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var user = User(userKey, now);
            switch (scope)
            {
                case QuotaScope.User:
                    user.Until = Later(user.Until, now + wait);
                    break;
                case QuotaScope.Concurrency:
                    user.NarrowUntil = now + QuotaLimits.NarrowFor;
                    break;
                default:
                    _bulkUntil = Later(_bulkUntil, now + wait);
                    break;
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask MeasureAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            _project.Refill(limits.Project, now);
            ReportProject(now);
        }

        return ValueTask.CompletedTask;
    }

    private QuotaAnswer TryAcquire(string userKey, QuotaRequest request, DateTimeOffset now)
    {
        var user = User(userKey, now);
        if (user.Until > now)
        {
            return new(null, user.Until, false);
        }

        if (request.Lane == MailLane.Bulk && _bulkUntil > now)
        {
            return new(null, _bulkUntil, false);
        }

        user.Bucket.Refill(limits.User, now);
        user.Leases.RemoveAll(expires => expires <= now);
        var concurrent = limits.ConcurrentFor(request.Lane);
        concurrent = user.NarrowUntil > now ? Math.Max(1, concurrent / 2) : concurrent;
        var free = concurrent - user.Leases.Count;
        var affordable = user.Bucket.Calls(limits.User, request);
        var granted = Math.Min(Math.Min(request.Calls, free), affordable);
        // A small share may never hold MinCalls at once; then what there is must do.
        var least = Math.Min(request.MinCalls, concurrent);
        if (granted < least)
        {
            return affordable < least ? Refuse(now, user.Bucket.Wait(limits.User, request)) : Refuse(now, QuotaLimits.BusyWait);
        }

        if (limits.DayUnits > 0)
        {
            if (now >= _dayEnds)
            {
                (_dayEnds, _dayUsed) = (QuotaLimits.NextDay(now), 0);
            }

            var after = _dayUsed + (granted * request.UnitsPerCall);
            if (after > limits.DayFor(request.Lane))
            {
                return new(null, _dayEnds, after > limits.DayUnits);
            }
        }

        _project.Refill(limits.Project, now);
        var asked = request with { Calls = granted, MinCalls = granted, Wanted = granted };
        if (_project.Calls(limits.Project, asked) < granted)
        {
            return Refuse(now, _project.Wait(limits.Project, asked));
        }

        var units = granted * request.UnitsPerCall;
        user.Bucket.Tokens -= units;
        _project.Tokens -= units;
        _dayUsed += units;
        metrics.UserRatio(1 - (user.Bucket.Tokens / limits.User.Capacity));
        ReportProject(now);
        var expiry = now + limits.LeaseTime;
        user.Leases.AddRange(Enumerable.Repeat(expiry, granted));
        return new(new QuotaLease(granted, () => Release(user, expiry, granted)), now, false);
    }

    private ValueTask Release(UserState user, DateTimeOffset expiry, int calls)
    {
        lock (_gate)
        {
            for (var i = 0; i < calls; i++)
            {
                user.Leases.Remove(expiry);
            }
        }

        return ValueTask.CompletedTask;
    }

    private UserState User(string key, DateTimeOffset now)
    {
        if (_users.TryGetValue(key, out var user))
        {
            return user;
        }

        if (_users.Count >= MaxUsers)
        {
            foreach (var (idle, state) in _users)
            {
                state.Bucket.Refill(limits.User, now);
                if (state.Bucket.Tokens >= limits.User.Capacity && state.Until <= now && state.NarrowUntil <= now && state.Leases.TrueForAll(e => e <= now))
                {
                    _users.Remove(idle);
                }
            }
        }

        return _users[key] = new UserState { Bucket = new Bucket(limits.User.Capacity) { At = now } };
    }

    private void ReportProject(DateTimeOffset now)
    {
        metrics.ProjectRatio(1 - (_project.Tokens / limits.Project.Capacity));
        metrics.DayRatio(limits.DayUnits == 0 || now >= _dayEnds ? 0 : (double)_dayUsed / limits.DayUnits);
    }

    private static QuotaAnswer Refuse(DateTimeOffset now, TimeSpan wait) => new(null, now + wait, false);

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private sealed class UserState
    {
        public Bucket Bucket;
        public DateTimeOffset Until;
        public DateTimeOffset NarrowUntil;
        public List<DateTimeOffset> Leases { get; } = [];
    }

    private struct Bucket(double tokens)
    {
        public double Tokens = tokens;
        public DateTimeOffset At;

        public void Refill(BucketSize size, DateTimeOffset now)
        {
            Tokens = Math.Min(size.Capacity, Tokens + (Math.Max(0, (now - At).TotalMilliseconds) * size.RatePerMs));
            At = now;
        }

        public readonly int Calls(BucketSize size, QuotaRequest request) =>
            (int)Math.Clamp(Math.Floor((Tokens - size.Reserve(request.Lane)) / request.UnitsPerCall), 0, int.MaxValue);

        public readonly TimeSpan Wait(BucketSize size, QuotaRequest request) =>
            TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling((size.Reserve(request.Lane) + size.Target(request) - Tokens) / size.RatePerMs)));
    }
}
