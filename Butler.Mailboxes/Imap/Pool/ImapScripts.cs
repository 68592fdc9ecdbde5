namespace Butler.Mailboxes.Imap;

/// <summary>The pool's Lua scripts; Redis's clock counts. All keys of an account share a hash tag.</summary>
internal static class ImapScripts
{
    /// <summary>Takes a place. KEYS: held, wait. ARGV: limit, lease ms, lease id, busy wait ms. Answers {granted, wait ms}.</summary>
    public const string Take = """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local blocked = tonumber(redis.call('HGET', KEYS[2], 'until')) or 0
        if blocked > now then
          return {0, blocked - now}
        end
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
        if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
          return {0, tonumber(ARGV[4])}
        end
        redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[3])
        redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) + 1000)
        return {1, 0}
        """;

    /// <summary>Renews places, also such as were taken while Redis was away. KEYS: held. ARGV: lease ms, lease ids.</summary>
    public const string Renew = """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        for i = 2, #ARGV do
          redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[i])
        end
        redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[1]) + 1000)
        return {1}
        """;

    /// <summary>Gives a place back. KEYS: held. ARGV: lease id.</summary>
    public const string Release = """
        return {redis.call('ZREM', KEYS[1], ARGV[1])}
        """;

    /// <summary>
    /// Notes a refusal: twice the last wait, once for refusals that come together. KEYS: wait. ARGV: first ms, longest ms, share (0.5 to 1).
    /// Answers {wait ms}.
    /// </summary>
    public const string Refused = """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local held = redis.call('HMGET', KEYS[1], 'fails', 'until')
        local fails, blocked = tonumber(held[1]) or 0, tonumber(held[2]) or 0
        if blocked > now then
          return {blocked - now}
        end
        local wait = math.ceil(math.min(tonumber(ARGV[2]), tonumber(ARGV[1]) * 2 ^ math.min(fails, 20)) * tonumber(ARGV[3]))
        redis.call('HMSET', KEYS[1], 'fails', fails + 1, 'until', string.format('%.0f', now + wait))
        redis.call('PEXPIRE', KEYS[1], wait + 2 * tonumber(ARGV[2]))
        return {wait}
        """;

    /// <summary>Forgets refusals. KEYS: wait.</summary>
    public const string Succeeded = """
        return {redis.call('DEL', KEYS[1])}
        """;

    /// <summary>Takes or renews the right to idle. KEYS: idle. ARGV: owner, lease ms. Answers {owned}.</summary>
    public const string OwnIdle = """
        local owner = redis.call('GET', KEYS[1])
        if owner and owner ~= ARGV[1] then
          return {0}
        end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return {1}
        """;

    /// <summary>Gives the right to idle up. KEYS: idle. ARGV: owner.</summary>
    public const string LeaveIdle = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then
          return {redis.call('DEL', KEYS[1])}
        end
        return {0}
        """;
}
