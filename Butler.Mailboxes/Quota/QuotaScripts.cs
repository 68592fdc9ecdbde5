namespace Butler.Mailboxes.Quota;

/// <summary>
/// The limiter's Lua scripts. Redis's clock counts, so that replicas with different clocks agree. User and project are
/// two scripts, because a clustered Redis refuses one over keys of both (MECHANICS 9).
/// </summary>
internal static class QuotaScripts
{
    /// <summary>
    /// Takes calls from a user's bucket and counts them in flight. KEYS: bucket, in-flight set. ARGV: capacity, units per ms,
    /// units per call, calls, least calls, reserve, target units, concurrent calls of this lane, lease ms, lease id, busy wait ms.
    /// Answers {granted, wait ms, tokens left}.
    /// </summary>
    public const string TakeUser = """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local cap, rate, unit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local calls, least, reserve, target = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
        local held = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'until', 'narrow')
        local tokens, at, blocked = tonumber(held[1]), tonumber(held[2]), tonumber(held[3]) or 0
        if tokens == nil or at == nil then
          tokens = cap
        else
          tokens = math.min(cap, tokens + math.max(0, now - at) * rate)
        end
        if blocked > now then
          return {0, blocked - now, math.floor(tokens)}
        end
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
        local concurrent = tonumber(ARGV[8])
        if (tonumber(held[4]) or 0) > now then
          concurrent = math.max(1, math.floor(concurrent / 2))
          least = math.min(least, concurrent)
        end
        local free = concurrent - redis.call('ZCARD', KEYS[2])
        local affordable = math.floor((tokens - reserve) / unit)
        local granted = math.min(calls, free, affordable)
        if granted < least then
          if affordable < least then
            return {0, math.max(1, math.ceil((reserve + target - tokens) / rate)), math.floor(tokens)}
          end
          return {0, tonumber(ARGV[11]), math.floor(tokens)}
        end
        tokens = tokens - granted * unit
        redis.call('HMSET', KEYS[1], 'tokens', tokens, 'at', now)
        redis.call('PEXPIRE', KEYS[1], math.max(math.ceil(cap / rate), (tonumber(held[4]) or 0) - now) + 1000)
        for i = 1, granted do
          redis.call('ZADD', KEYS[2], now + tonumber(ARGV[9]), ARGV[10] .. ':' .. i)
        end
        redis.call('PEXPIRE', KEYS[2], tonumber(ARGV[9]) + 1000)
        return {granted, 0, math.floor(tokens)}
        """;

    /// <summary>Gives calls back. KEYS as above. ARGV: capacity, units to give back, lease id, calls.</summary>
    public const string ReturnUser = """
        local units = tonumber(ARGV[2])
        local tokens = tonumber(redis.call('HGET', KEYS[1], 'tokens'))
        if units > 0 and tokens ~= nil then
          redis.call('HSET', KEYS[1], 'tokens', math.min(tonumber(ARGV[1]), tokens + units))
        end
        for i = 1, tonumber(ARGV[4]) do
          redis.call('ZREM', KEYS[2], ARGV[3] .. ':' .. i)
        end
        return 1
        """;

    /// <summary>The provider refused the user. KEYS: bucket. ARGV: wait ms, field ('until': nothing is granted; 'narrow': half the places).</summary>
    public const string Penalise = """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local blocked = math.max(tonumber(redis.call('HGET', KEYS[1], ARGV[2])) or 0, now + tonumber(ARGV[1]))
        redis.call('HSET', KEYS[1], ARGV[2], blocked)
        redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), blocked - now + 1000))
        return blocked
        """;

    /// <summary>The provider refused the project. KEYS: bucket. ARGV: wait ms. Bulk waits; what little new mail there is still tries.</summary>
    public const string PenaliseProject = """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local blocked = math.max(tonumber(redis.call('HGET', KEYS[1], 'bulk_until')) or 0, now + tonumber(ARGV[1]))
        redis.call('HSET', KEYS[1], 'bulk_until', blocked)
        redis.call('PEXPIRE', KEYS[1], 172800000)
        return blocked
        """;

    /// <summary>Reads the project's bucket. KEYS: bucket. ARGV: capacity, units per ms, day offset ms. Answers {tokens left, used today}.</summary>
    public const string ReadProject = """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local held = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'day', 'used')
        local cap, tokens, at = tonumber(ARGV[1]), tonumber(held[1]), tonumber(held[2])
        if tokens == nil or at == nil then
          tokens = cap
        else
          tokens = math.min(cap, tokens + math.max(0, now - at) * tonumber(ARGV[2]))
        end
        local used = 0
        if tonumber(held[3]) == math.floor((now - tonumber(ARGV[3])) / 86400000) then used = tonumber(held[4]) or 0 end
        return {math.floor(tokens), used}
        """;

    /// <summary>
    /// Takes units from the project's bucket and its day. KEYS: bucket. ARGV: capacity, units per ms, units, reserve,
    /// units of the day (0: no limit), day offset ms, longest spread ms, this lane's share of the day. Answers {granted, wait ms, tokens left, used today, daily}.
    /// Refused bulk callers are told times one after the other ('promised'): all at once they would be refused again.
    /// </summary>
    public const string TakeProject = """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local cap, rate, units, reserve = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
        local limit, offset = tonumber(ARGV[5]), tonumber(ARGV[6])
        local held = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'promised', 'day', 'used', 'bulk_until')
        local tokens, at = tonumber(held[1]), tonumber(held[2])
        if tokens == nil or at == nil then
          tokens = cap
        else
          tokens = math.min(cap, tokens + math.max(0, now - at) * rate)
        end
        local day = math.floor((now - offset) / 86400000)
        local used = 0
        if tonumber(held[4]) == day then used = tonumber(held[5]) or 0 end
        if reserve > 0 and (tonumber(held[6]) or 0) > now then
          return {0, tonumber(held[6]) - now, math.floor(tokens), used, 0}
        end
        if limit > 0 and used + units > limit * tonumber(ARGV[8]) then
          local daily = 0
          if used + units > limit then daily = 1 end
          return {0, (day + 1) * 86400000 + offset - now, math.floor(tokens), used, daily}
        end
        if tokens - reserve < units then
          local ready = now + math.max(1, math.ceil((reserve + units - tokens) / rate))
          if reserve > 0 then
            ready = math.min(math.max(ready, tonumber(held[3]) or 0), ready + tonumber(ARGV[7]))
            redis.call('HSET', KEYS[1], 'promised', ready + math.ceil(units / rate))
          end
          return {0, ready - now, math.floor(tokens), used, 0}
        end
        redis.call('HMSET', KEYS[1], 'tokens', tokens - units, 'at', now, 'day', day, 'used', used + units)
        redis.call('PEXPIRE', KEYS[1], 172800000)
        return {1, 0, math.floor(tokens - units), used + units, 0}
        """;
}
