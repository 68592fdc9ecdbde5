using Microsoft.Extensions.Logging;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>Lends a connection of an account for one piece of work.</summary>
internal sealed class ImapDoor(ImapOAuthTokens tokens, TimeProvider time, ILogger<ImapDoor> log)
{
    public async Task<T> UseAsync<T>(MailboxAccount account, Func<ImapClient, Task<T>> work, CancellationToken cancellationToken)
    {
        var settings = ImapSettings.FromCredentials(account.Credentials);
        var login = await tokens.LoginAsync(settings, cancellationToken);
        await using var client = await ImapClient.ConnectAsync(settings.Endpoint, null, time, log, cancellationToken);
        await client.LoginAsync(login, cancellationToken);
        return await work(client);
    }
}
