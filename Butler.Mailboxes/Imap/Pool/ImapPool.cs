using Microsoft.Extensions.Logging;

namespace Butler.Mailboxes.Imap;

/// <summary>
/// Connections to accounts: at most so many each over all processes (<see cref="ImapAccount.Allowed"/>), kept for a while for the next
/// user, with growing waits after refusals. Never waits for a place: who gets none learns when to come back.
/// </summary>
public sealed partial class ImapPool : IAsyncDisposable, IDisposable
{
    private readonly ImapLeases _leases;
    private readonly ImapPoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly MailboxMetrics? _metrics;
    private readonly Lock _gate = new();
    private readonly List<Kept> _kept = [];
    private readonly List<ImapIdleRight> _idling = [];
    private readonly CancellationTokenSource _ended = new();
    private Task? _upkeep;

    internal ImapPool(ImapLeases leases, ImapPoolOptions options, TimeProvider time, ILogger log, MailboxMetrics? metrics = null) =>
        (_leases, _options, _time, _log, _metrics) = (leases, options, time, log, metrics);

    /// <summary>
    /// A connection that is logged in: a kept one, or a new one. Bulk work leaves two places, where there are more than three, to new mail
    /// and to IDLE.
    /// </summary>
    /// <exception cref="MailboxException">
    /// <see cref="MailboxFault.Throttled"/> with <see cref="MailboxException.RetryAt"/> when no place is free; or what the server or the line
    /// said, then with a <see cref="MailboxException.RetryAt"/> unless trying again makes no sense.
    /// </exception>
    public async ValueTask<ImapRented> RentAsync(ImapAccount account, MailLane lane, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_ended.IsCancellationRequested, this);
        StartUpkeep();
        while (TakeKept(account) is { } kept)
        {
            if (await LivesAsync(kept, cancellationToken))
            {
                return new(this, kept.Account, kept.Client, kept.Lease);
            }

            await CloseAsync(kept);
        }

        var limit = lane == MailLane.Bulk && account.Allowed > 3 ? account.Allowed - 2 : account.Allowed;
        var (lease, retryAt) = await _leases.TakeAsync(account.Id, limit, cancellationToken);
        if (lease is null)
        {
            throw new MailboxException(MailboxFault.Throttled, "IMAP: no connection is free for the account now") { Problem = ImapProblem.TooManyConnections, Scope = QuotaScope.Concurrency, RetryAt = retryAt };
        }

        ImapClient? client = null;
        try
        {
            client = await ImapClient.ConnectAsync(account.Endpoint, ImapProviders.For(account.Endpoint.Host, _options.Connection), _time, _log, cancellationToken);
            await client.LoginAsync(account.Login, cancellationToken);
            await _leases.SucceededAsync(account.Id, cancellationToken);
            _metrics?.ImapConnected(null);
            return new(this, account, client, lease);
        }
        catch (Exception e)
        {
            if (client is not null)
            {
                await client.DisposeAsync();
            }

            await _leases.ReleaseAsync(account.Id, lease);
            if (e is MailboxException { Problem: { } problem })
            {
                _metrics?.ImapConnected(problem);
            }

            if (e is MailboxException { IsTransient: true } refused)
            {
                throw Again(refused, await _leases.RefusedAsync(account.Id, CancellationToken.None));
            }

            throw;
        }
    }

    /// <summary>
    /// The right to idle for an account, which one process has at a time; null when another has it, or when Redis is away and this process is
    /// not the only one. Renewed until disposed.
    /// </summary>
    public async ValueTask<ImapIdleRight?> TryOwnIdleAsync(Guid account, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_ended.IsCancellationRequested, this);
        StartUpkeep();
        lock (_gate)
        {
            if (_idling.Exists(i => i.Account == account))
            {
                return null;
            }
        }

        if (await _leases.OwnIdleAsync(account, cancellationToken) != true)
        {
            return null;
        }

        var right = new ImapIdleRight(this, account, _time.GetUtcNow());
        lock (_gate)
        {
            if (_idling.Exists(i => i.Account == account))
            {
                return null;
            }

            _idling.Add(right);
        }

        return right;
    }

    /// <summary>Closes what is kept open for an account: it was changed, paused or removed.</summary>
    public async ValueTask ForgetAsync(Guid account)
    {
        List<Kept> all;
        lock (_gate)
        {
            all = _kept.FindAll(k => k.Account.Id == account);
            _kept.RemoveAll(k => k.Account.Id == account);
        }

        foreach (var kept in all)
        {
            await CloseAsync(kept);
        }
    }

    /// <summary>Closes all connections that nobody uses.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        if (_upkeep is { } upkeep)
        {
            await upkeep;
        }

        List<Kept> all;
        lock (_gate)
        {
            all = [.. _kept];
            _kept.Clear();
        }

        await Task.WhenAll(all.Select(CloseAsync));
    }

    /// <summary>The same, for containers that are not disposed asynchronously.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    internal async ValueTask ReturnAsync(ImapRented rented)
    {
        var kept = new Kept(rented.Account, rented.Client, rented.Lease, _time.GetUtcNow());
        if (!rented.Client.IsBroken && rented.Client.IsLoggedIn)
        {
            lock (_gate)
            {
                if (!_ended.IsCancellationRequested)
                {
                    _kept.Add(kept);
                    return;
                }
            }
        }

        await CloseAsync(kept);
    }

    internal async ValueTask LeaveIdleAsync(ImapIdleRight right)
    {
        bool held;
        lock (_gate)
        {
            held = _idling.Remove(right);
        }

        if (held)
        {
            await _leases.LeaveIdleAsync(right.Account);
        }
    }

    /// <summary>Renews leases, closes what was kept long enough, and gives up rights to idle that were lost. Visible to tests.</summary>
    internal async Task UpkeepAsync(CancellationToken cancellationToken)
    {
        await _leases.RenewAsync(cancellationToken);
        List<Kept> old;
        List<ImapIdleRight> idling;
        lock (_gate)
        {
            var before = _time.GetUtcNow() - _options.KeepFor;
            old = _kept.FindAll(k => k.Since <= before);
            _kept.RemoveAll(k => k.Since <= before);
            idling = [.. _idling];
        }

        foreach (var kept in old)
        {
            await CloseAsync(kept);
        }

        foreach (var right in idling)
        {
            var owned = await _leases.OwnIdleAsync(right.Account, cancellationToken);
            if (owned == true)
            {
                right.RenewedAt = _time.GetUtcNow();
            }
            else if (owned == false || _time.GetUtcNow() - right.RenewedAt >= _options.LeaseTime)
            {
                lock (_gate)
                {
                    _idling.Remove(right);
                }

                await right.LoseAsync();
            }
        }
    }

    private static MailboxException Again(MailboxException e, DateTimeOffset at) =>
        new(e.Fault, e.Message, e) { Problem = e.Problem, Reason = e.Reason, Scope = e.Scope, OutcomeUnknown = e.OutcomeUnknown, RetryAt = at };

    private Kept? TakeKept(ImapAccount account)
    {
        lock (_gate)
        {
            // The newest first: the others may end.
            var at = _kept.FindLastIndex(k => k.Account.Id == account.Id);
            if (at < 0)
            {
                return null;
            }

            var kept = _kept[at];
            _kept.RemoveAt(at);
            return kept with { Fresh = kept.Account.Endpoint == account.Endpoint && kept.Account.Login == account.Login };
        }
    }

    // One whose host or login was changed since counts as dead.
    private async ValueTask<bool> LivesAsync(Kept kept, CancellationToken cancellationToken)
    {
        if (!kept.Fresh || kept.Client.IsBroken)
        {
            return false;
        }

        if (_time.GetUtcNow() - kept.Since < _options.CheckAfter)
        {
            return true;
        }

        try
        {
            await kept.Client.NoopAsync(cancellationToken);
            return true;
        }
        catch (MailboxException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            await CloseAsync(kept);
            throw;
        }
    }

    private async Task CloseAsync(Kept kept)
    {
        await kept.Client.DisposeAsync();
        _metrics?.ImapClosed();
        await _leases.ReleaseAsync(kept.Account.Id, kept.Lease);
    }

    private void StartUpkeep()
    {
        lock (_gate)
        {
            _upkeep ??= RunUpkeepAsync();
        }
    }

    private async Task RunUpkeepAsync()
    {
        using var timer = new PeriodicTimer(_options.LeaseTime / 3, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                try
                {
                    await UpkeepAsync(_ended.Token);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The next round does it again; ending here would let all places expire.
                    LogUpkeep(_log, e.GetType().Name);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The pool was disposed.
        }
    }

    [LoggerMessage(3210, LogLevel.Error, "IMAP pool: renewing failed with {Error}")]
    private static partial void LogUpkeep(ILogger logger, string error);

    private sealed record Kept(ImapAccount Account, ImapClient Client, string Lease, DateTimeOffset Since, bool Fresh = true);
}

/// <summary>A connection in use; disposing gives it back, and a broken one is closed.</summary>
public sealed class ImapRented : IAsyncDisposable
{
    private readonly ImapPool _pool;
    private int _returned;

    internal ImapRented(ImapPool pool, ImapAccount account, ImapClient client, string lease) => (_pool, Account, Client, Lease) = (pool, account, client, lease);

    /// <summary>The connection.</summary>
    public ImapClient Client { get; }

    internal ImapAccount Account { get; }

    internal string Lease { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _returned, 1) == 0)
        {
            await _pool.ReturnAsync(this);
        }
    }
}

/// <summary>The right to idle for an account.</summary>
public sealed class ImapIdleRight : IAsyncDisposable
{
    private readonly ImapPool _pool;
    private readonly CancellationTokenSource _lost = new();

    internal ImapIdleRight(ImapPool pool, Guid account, DateTimeOffset now) => (_pool, Account, RenewedAt) = (pool, account, now);

    /// <summary>The account.</summary>
    public Guid Account { get; }

    /// <summary>Cancelled when the right went to another process.</summary>
    public CancellationToken Lost => _lost.Token;

    internal DateTimeOffset RenewedAt { get; set; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _pool.LeaveIdleAsync(this);

    internal Task LoseAsync() => _lost.CancelAsync();
}
