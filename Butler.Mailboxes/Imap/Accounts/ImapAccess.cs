using Butler.Mailboxes.Quota;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>What a connection test found.</summary>
/// <param name="Problem">What is wrong; null: all is well.</param>
/// <param name="Message">It in words.</param>
/// <param name="Folders">The folders, where the login worked.</param>
/// <param name="CanWait">Whether new mail is announced (IDLE); without, it is looked for every half hour.</param>
public sealed record ImapTest(ImapProblem? Problem, string Message, IReadOnlyList<ImapFolderName> Folders, bool CanWait);

/// <summary>What the service that owns IMAP accounts does with their servers beside reading mail.</summary>
public sealed class ImapAccess
{
    private const string Take = """
        local holder = redis.call('GET', KEYS[1])
        if holder and holder ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        """;

    private readonly ImapDoor _door;
    private readonly RedisGate _redis;

    internal ImapAccess(ImapDoor door, RedisGate redis) => (_door, _redis) = (door, redis);

    /// <summary>
    /// Takes or renews the lease on waiting for an account's mail. Without Redis it is everybody's: two who wait do no harm, they only say
    /// the same twice.
    /// </summary>
    public async Task<bool> HoldAsync(Guid account, string holder, TimeSpan lease, CancellationToken cancellationToken) =>
        await _redis.TryAsync(db => db.ScriptEvaluateAsync(Take, [$"butler:imap:wait:{account:N}"], [holder, (long)lease.TotalMilliseconds]), cancellationToken) is not { } taken || (int)taken == 1;

    /// <summary>Connects, logs in and lists the folders; says in words what is wrong.</summary>
    public async Task<ImapTest> TestAsync(Guid account, ImapAccountSettings settings, IReadOnlyList<string> chosen, CancellationToken cancellationToken)
    {
        try
        {
            return await _door.TryAsync(account, settings, async client =>
            {
                var folders = ImapFolderPlan.Names(await client.ListAsync(cancellationToken), chosen, client.Capabilities.Gmail);
                return new ImapTest(null, "The connection works.", folders, client.Capabilities.Idle);
            }, cancellationToken);
        }
        catch (MailboxException e)
        {
            var problem = e.Problem ?? ImapProblem.Unavailable;
            return new(problem, ImapProblems.Describe(problem), [], false);
        }
    }

    /// <summary>
    /// Waits at INBOX for news, as long as <paramref name="stop"/> lets it; <paramref name="news"/> is called once at the beginning, because
    /// what came before was not announced, and then for every piece of news. False: the server does not announce any.
    /// </summary>
    /// <exception cref="MailboxException">The line or the login failed.</exception>
    public Task<bool> WaitAsync(MailboxAccount account, Func<Task> news, CancellationToken stop, CancellationToken cancellationToken) => _door.WatchAsync(account, async client =>
    {
        if (!client.Capabilities.Idle)
        {
            return false;
        }

        await client.SelectAsync(ImapName.Inbox, readOnly: true, null, cancellationToken);
        await news();
        while (!stop.IsCancellationRequested)
        {
            client.ForgetNews();
            if (await client.IdleAsync(stop, cancellationToken) == ImapIdleEnd.News || client.HasNews)
            {
                await news();
            }
        }

        return true;
    }, cancellationToken);
}
