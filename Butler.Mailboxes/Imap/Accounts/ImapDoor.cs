using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>Lends a connection of an account for one piece of work.</summary>
internal sealed class ImapDoor(ImapPool pool, ImapOAuthTokens tokens, IOptions<ImapSettings> options, TimeProvider time, ILogger<ImapDoor> log)
{
    /// <summary>How long nobody waits at an account whose server had no connection left for work.</summary>
    private static readonly TimeSpan s_crowded = TimeSpan.FromMinutes(25);

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _crowded = new();
    private readonly ConcurrentDictionary<Guid, CancellationTokenSource> _waiting = new();
    private readonly Lazy<ImapOptions> _connection = new(() => options.Value.ToPoolOptions().Connection);

    /// <summary>A piece of work with a connection of the account's pool.</summary>
    /// <exception cref="MailboxException">No connection is free now, or the server refused or failed.</exception>
    public async Task<T> UseAsync<T>(MailboxAccount account, MailLane lane, Func<ImapClient, Task<T>> work, CancellationToken cancellationToken)
    {
        var settings = ImapAccountSettings.FromCredentials(account.Credentials);
        ImapRented rented;
        try
        {
            rented = await RentAsync(account.ProviderUserId, settings, lane, cancellationToken);
        }
        catch (MailboxException e) when (e is { Problem: ImapProblem.TooManyConnections, InnerException: MailboxException })
        {
            // The server itself has no more: waiting for new mail gives its connection to work.
            _crowded[account.ProviderUserId] = time.GetUtcNow() + s_crowded;
            if (_waiting.TryRemove(account.ProviderUserId, out var waiting))
            {
                await waiting.CancelAsync();
            }

            throw;
        }

        await using (rented)
        {
            try
            {
                return await work(rented.Client);
            }
            catch (Exception e) when (e is not MailboxException { Problem: ImapProblem.NoSuchFolder or ImapProblem.NotPermitted or ImapProblem.OverQuota })
            {
                // A session that refuses what it should take refuses it for ever (Dovecot: "Mailbox was deleted under us"): the next piece
                // of work gets another.
                await rented.Client.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>A connection; an access token that ended before its time (a changed password, a withdrawn session) is renewed once.</summary>
    private async Task<ImapRented> RentAsync(Guid account, ImapAccountSettings settings, MailLane lane, CancellationToken cancellationToken)
    {
        var login = await tokens.LoginAsync(settings, cancellationToken);
        try
        {
            return await pool.RentAsync(new(account, settings.Endpoint, login), lane, cancellationToken);
        }
        catch (MailboxException e) when (e.Problem == ImapProblem.LoginRefused && login.IsToken)
        {
            tokens.Forget(settings);
            var renewed = await tokens.LoginAsync(settings, cancellationToken);
            if (renewed == login)
            {
                throw;
            }

            return await pool.RentAsync(new(account, settings.Endpoint, renewed), lane, cancellationToken);
        }
    }

    /// <summary>
    /// The connection that waits for news: <paramref name="work"/> is told to stop when the server has none left for work. False where that
    /// was so a short while ago.
    /// </summary>
    public async Task<bool> WaitAsync(MailboxAccount account, Func<ImapClient, CancellationToken, Task<bool>> work, CancellationToken cancellationToken)
    {
        if (_crowded.TryGetValue(account.ProviderUserId, out var until) && until > time.GetUtcNow())
        {
            return false;
        }

        _crowded.TryRemove(account.ProviderUserId, out _);
        // Not disposed: whoever needs the connection may be about to cancel it.
        var give = new CancellationTokenSource();
        _waiting[account.ProviderUserId] = give;
        try
        {
            return await UseAsync(account, MailLane.Live, client => work(client, give.Token), cancellationToken);
        }
        finally
        {
            _waiting.TryRemove(new(account.ProviderUserId, give));
        }
    }

    /// <summary>A connection of its own, outside the pool and its pauses: for a test of settings that may be wrong.</summary>
    public async Task<T> TryAsync<T>(ImapAccountSettings settings, Func<ImapClient, Task<T>> work, CancellationToken cancellationToken)
    {
        tokens.Forget(settings);
        var login = await tokens.LoginAsync(settings, cancellationToken);
        await using var client = await ImapClient.ConnectAsync(settings.Endpoint, ImapProviders.For(settings.Host, _connection.Value), time, log, cancellationToken);
        await client.LoginAsync(login, cancellationToken);
        return await work(client);
    }

    /// <summary>The right to wait for an account's new mail; null when another replica has it.</summary>
    public ValueTask<ImapIdleRight?> TryOwnIdleAsync(Guid account, CancellationToken cancellationToken) => pool.TryOwnIdleAsync(account, cancellationToken);

    /// <summary>Closes what is kept open for an account whose settings were changed.</summary>
    public ValueTask ForgetAsync(Guid account) => pool.ForgetAsync(account);
}
