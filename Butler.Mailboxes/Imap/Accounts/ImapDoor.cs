using Microsoft.Extensions.Logging;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>Lends a connection of an account for one piece of work.</summary>
internal sealed class ImapDoor(ImapOAuthTokens tokens, TimeProvider time, ILogger<ImapDoor> log)
{
    /// <summary>A piece of work with a connection of the account's pool.</summary>
    public Task<T> UseAsync<T>(MailboxAccount account, Func<ImapClient, Task<T>> work, CancellationToken cancellationToken) =>
        TryAsync(account.ProviderUserId, ImapAccountSettings.FromCredentials(account.Credentials), work, cancellationToken);

    /// <summary>The connection that waits for news.</summary>
    public Task<T> WatchAsync<T>(MailboxAccount account, Func<ImapClient, Task<T>> work, CancellationToken cancellationToken) => UseAsync(account, work, cancellationToken);

    /// <summary>A connection of its own, outside the pool: for a test of settings that may be wrong.</summary>
    public async Task<T> TryAsync<T>(Guid account, ImapAccountSettings settings, Func<ImapClient, Task<T>> work, CancellationToken cancellationToken)
    {
        var login = await tokens.LoginAsync(settings, cancellationToken);
        await using var client = await ImapClient.ConnectAsync(settings.Endpoint, null, time, log, cancellationToken);
        await client.LoginAsync(login, cancellationToken);
        return await work(client);
    }
}
