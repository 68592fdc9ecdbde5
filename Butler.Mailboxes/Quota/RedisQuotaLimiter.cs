using System.Globalization;
using StackExchange.Redis;

namespace Butler.Mailboxes.Quota;

/// <summary>Shares the quota between all processes through Redis, and counts a local share while Redis is away.</summary>
internal sealed class RedisQuotaLimiter(QuotaLimits limits, RedisGate redis, IQuotaLimiter local, TimeProvider time, MailboxMetrics metrics) : IQuotaLimiter
{
    // The longest that refused callers are spread over, beyond what the bucket itself needs.
    private const int MaxSpreadMs = 15_000;

    private static readonly RedisKey ProjectKey = "butler:quota:{project}";

    public async ValueTask<QuotaAnswer> TryAcquireAsync(string userKey, QuotaRequest request, CancellationToken cancellationToken)
    {
        var keys = UserKeys(userKey);
        var leaseId = Guid.NewGuid().ToString("N");
        var concurrent = limits.ConcurrentFor(request.Lane);
        var user = await CallAsync(
            QuotaScripts.TakeUser,
            keys,
            [
                Number(limits.User.Capacity), Number(limits.User.RatePerMs), request.UnitsPerCall, request.Calls,
                Math.Min(request.MinCalls, concurrent), Number(limits.User.Reserve(request.Lane)), Number(limits.User.Target(request)),
                concurrent, (long)limits.LeaseTime.TotalMilliseconds, leaseId, (long)QuotaLimits.BusyWait.TotalMilliseconds,
            ],
            cancellationToken);
        if (user is null)
        {
            return await local.TryAcquireAsync(userKey, request, cancellationToken);
        }

        metrics.UserRatio(1 - (user[2] / limits.User.Capacity));
        var granted = (int)user[0];
        if (granted == 0)
        {
            return Refused(user[1], daily: false);
        }

        var units = granted * request.UnitsPerCall;
        long[]? project;
        try
        {
            project = await CallAsync(
                QuotaScripts.TakeProject,
                [ProjectKey],
                [
                    Number(limits.Project.Capacity), Number(limits.Project.RatePerMs), units, Number(limits.Project.Reserve(request.Lane)),
                    limits.DayUnits, (long)QuotaLimits.DayOffset.TotalMilliseconds, MaxSpreadMs,
                    Number(request.Lane == MailLane.Bulk ? QuotaLimits.BulkShareOfDay : 1),
                ],
                cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await ReturnAsync(keys, leaseId, granted, units);
            throw;
        }

        if (project is null)
        {
            // Redis went away between the two: what it noted for the user expires with the lease.
            return await local.TryAcquireAsync(userKey, request, cancellationToken);
        }

        ReportProject(project[2], project[3]);
        if (project[0] == 0)
        {
            await ReturnAsync(keys, leaseId, granted, units);
            return Refused(project[1], daily: project[4] == 1);
        }

        return new(new QuotaLease(granted, () => ReturnAsync(keys, leaseId, granted, units: 0)), time.GetUtcNow(), false);
    }

    public async ValueTask PenaliseAsync(string userKey, QuotaScope scope, TimeSpan wait, CancellationToken cancellationToken)
    {
        await local.PenaliseAsync(userKey, scope, wait, cancellationToken);
        var (script, key, field) = scope switch
        {
            QuotaScope.User => (QuotaScripts.Penalise, UserKeys(userKey)[0], "until"),
            QuotaScope.Concurrency => (QuotaScripts.Penalise, UserKeys(userKey)[0], "narrow"),
            _ => (QuotaScripts.PenaliseProject, ProjectKey, ""),
        };
        var time = scope == QuotaScope.Concurrency ? QuotaLimits.NarrowFor : wait;
        await CallAsync(script, [key], [(long)time.TotalMilliseconds, field], cancellationToken);
    }

    public async ValueTask MeasureAsync(CancellationToken cancellationToken)
    {
        var project = await CallAsync(
            QuotaScripts.ReadProject, [ProjectKey],
            [Number(limits.Project.Capacity), Number(limits.Project.RatePerMs), (long)QuotaLimits.DayOffset.TotalMilliseconds], cancellationToken);
        if (project is null)
        {
            await local.MeasureAsync(cancellationToken);
            return;
        }

        ReportProject(project[0], project[1]);
    }

    // Not cancellable: a call that was cancelled must still give its place back.
    private async ValueTask ReturnAsync(RedisKey[] keys, string leaseId, int calls, int units) =>
        await CallAsync(QuotaScripts.ReturnUser, keys, [Number(limits.User.Capacity), units, leaseId, calls], CancellationToken.None);

    private async ValueTask<long[]?> CallAsync(string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var result = await redis.TryAsync(db => db.ScriptEvaluateAsync(script, keys, arguments), cancellationToken);
        return result is null || result.IsNull ? null : (long[]?)result;
    }

    private void ReportProject(long tokens, long usedToday)
    {
        metrics.ProjectRatio(1 - (tokens / limits.Project.Capacity));
        metrics.DayRatio(limits.DayUnits == 0 ? 0 : (double)usedToday / limits.DayUnits);
    }

    private QuotaAnswer Refused(long waitMs, bool daily) => new(null, time.GetUtcNow().AddMilliseconds(waitMs), daily);

    // One hash tag per user: bucket and in-flight set are in one slot of a cluster.
    private static RedisKey[] UserKeys(string userKey) => [$"butler:quota:{{u:{userKey}}}", $"butler:inflight:{{u:{userKey}}}"];

    private static RedisValue Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
