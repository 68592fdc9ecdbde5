using System.Globalization;
using Butler.Mailboxes.Quota;
using StackExchange.Redis;

namespace Butler.Mailboxes.Imap;

/// <summary>
/// Who may have a connection to an account: counted in Redis for all processes. While Redis is away each of
/// <paramref name="replicas"/> processes keeps to its share of half the limit, and only a process that is alone idles anew.
/// </summary>
internal sealed class ImapLeases(RedisGate redis, ImapPoolOptions options, TimeProvider time, int replicas, Func<double> jitter)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Local> _accounts = [];
    private readonly string _owner = Guid.NewGuid().ToString("N");

    /// <summary>Takes a place; null and when to come back if there is none.</summary>
    public async ValueTask<(string? Lease, DateTimeOffset RetryAt)> TakeAsync(Guid account, int limit, CancellationToken cancellationToken)
    {
        var lease = Guid.NewGuid().ToString("N");
        var answer = await CallAsync(ImapScripts.Take, [Held(account), Wait(account)], [limit, Ms(options.LeaseTime), lease, Ms(options.BusyWait)], cancellationToken);
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var local = Of(account);
            if (answer is null)
            {
                if (local.Until > now)
                {
                    return (null, local.Until);
                }

                if (local.Leases.Count >= Math.Max(1, limit / 2 / replicas))
                {
                    return (null, now + options.BusyWait);
                }
            }
            else if (answer[0] == 0)
            {
                return (null, now.AddMilliseconds(answer[1]));
            }

            local.Leases.Add(lease);
            return (lease, now);
        }
    }

    /// <summary>Gives a place back; not cancellable, since a cancelled caller must still do it.</summary>
    public async ValueTask ReleaseAsync(Guid account, string lease)
    {
        lock (_gate)
        {
            Of(account).Leases.Remove(lease);
            Forget(account);
        }

        await CallAsync(ImapScripts.Release, [Held(account)], [lease], CancellationToken.None);
    }

    /// <summary>Notes that the server refused or could not be reached, and says when to try again.</summary>
    public async ValueTask<DateTimeOffset> RefusedAsync(Guid account, CancellationToken cancellationToken)
    {
        var share = 0.5 + (jitter() / 2);
        var answer = await CallAsync(ImapScripts.Refused, [Wait(account)], [Ms(options.FirstWait), Ms(options.LongestWait), share.ToString("R", CultureInfo.InvariantCulture)], cancellationToken);
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var local = Of(account);
            if (answer is not null)
            {
                return local.Until = now.AddMilliseconds(answer[0]);
            }

            if (local.Until <= now)
            {
                local.Until = now + (options.FirstWait * Math.Pow(2, Math.Min(local.Fails++, 20)) is var wait && wait < options.LongestWait ? wait * share : options.LongestWait * share);
            }

            return local.Until;
        }
    }

    /// <summary>Forgets refusals after a success.</summary>
    public async ValueTask SucceededAsync(Guid account, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var local = Of(account);
            local.Fails = 0;
            local.Until = default;
            Forget(account);
        }

        await CallAsync(ImapScripts.Succeeded, [Wait(account)], [], cancellationToken);
    }

    /// <summary>Renews all that this process holds; called often enough that nothing expires meanwhile.</summary>
    public async ValueTask RenewAsync(CancellationToken cancellationToken)
    {
        List<(Guid Account, string[] Leases)> held;
        lock (_gate)
        {
            held = [.. _accounts.Where(a => a.Value.Leases.Count > 0).Select(a => (a.Key, a.Value.Leases.ToArray()))];
        }

        foreach (var (account, leases) in held)
        {
            await CallAsync(ImapScripts.Renew, [Held(account)], [Ms(options.LeaseTime), .. leases.Select(l => (RedisValue)l)], cancellationToken);
        }
    }

    /// <summary>Takes or renews the right to idle: true it is ours, false somebody else's, null unknown since Redis is away.</summary>
    public async ValueTask<bool?> OwnIdleAsync(Guid account, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(ImapScripts.OwnIdle, [Idle(account)], [_owner, Ms(options.LeaseTime)], cancellationToken);
        return answer is null ? replicas == 1 ? true : null : answer[0] == 1;
    }

    /// <summary>Gives the right to idle up.</summary>
    public async ValueTask LeaveIdleAsync(Guid account) => await CallAsync(ImapScripts.LeaveIdle, [Idle(account)], [_owner], CancellationToken.None);

    private async ValueTask<long[]?> CallAsync(string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var result = await redis.TryAsync(db => db.ScriptEvaluateAsync(script, keys, arguments), cancellationToken);
        return result is null || result.IsNull ? null : (long[]?)result;
    }

    private Local Of(Guid account)
    {
        if (!_accounts.TryGetValue(account, out var local))
        {
            _accounts[account] = local = new();
        }

        return local;
    }

    private void Forget(Guid account)
    {
        if (_accounts.TryGetValue(account, out var local) && local.Leases.Count == 0 && local.Fails == 0 && local.Until <= time.GetUtcNow())
        {
            _accounts.Remove(account);
        }
    }

    private static RedisValue Ms(TimeSpan span) => (long)span.TotalMilliseconds;

    private static RedisKey Held(Guid account) => $"butler:imap:{{u:{account:N}}}:held";

    private static RedisKey Wait(Guid account) => $"butler:imap:{{u:{account:N}}}:wait";

    private static RedisKey Idle(Guid account) => $"butler:imap:{{u:{account:N}}}:idle";

    private sealed class Local
    {
        public HashSet<string> Leases { get; } = new(StringComparer.Ordinal);

        public int Fails { get; set; }

        public DateTimeOffset Until { get; set; }
    }
}
