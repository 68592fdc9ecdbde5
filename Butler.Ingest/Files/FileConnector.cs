using Butler.Data;
using Butler.Ingest.Accounts;
using Butler.Mail.Files;
using Butler.Mailboxes;
using Butler.Mailboxes.Files;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Ingest.Files;

/// <summary>Connects files as accounts: it only writes <c>provider_users</c>, and the trigger starts the import.</summary>
internal sealed class FileAccounts(Database database, CredentialSealer sealer, FileRoots roots)
{
    /// <summary>Where nobody says whose mail it is, and it does not either.</summary>
    private const string Unknown = "owner@file.butler.test";

    /// <summary>
    /// Connects a path for a user; the same address again is the same account, read from the new path from now on.
    /// </summary>
    /// <exception cref="MailboxException">The path is refused or not there; the message says why.</exception>
    /// <exception cref="MailFilesException">There is no mail in it.</exception>
    public async Task<(Guid Account, string Address)?> ConnectAsync(Guid user, Guid? actor, string path, string? address, CancellationToken cancellationToken)
    {
        var full = roots.Require(path);
        var mailbox = (address ?? await FileOwner.GuessAsync(full, cancellationToken) ?? Unknown).ToLowerInvariant();
        return await database.TransactAsync(async connection =>
        {
            var id = Guid.CreateVersion7();
            await using (var insert = new NpgsqlCommand("""
                INSERT INTO provider_users (id, app_user_id, provider, address, status, whole_mailbox) VALUES ($1, $2, 'file', $3, 'disconnected', true) ON CONFLICT (provider, address) DO NOTHING
                """, connection)
            { Parameters = { new() { Value = id }, new() { Value = user }, new() { Value = mailbox } } })
            {
                await insert.ExecuteNonQueryAsync(cancellationToken);
            }

            await using (var find = new NpgsqlCommand("SELECT id, app_user_id FROM provider_users WHERE provider = 'file' AND address = $1 FOR UPDATE", connection) { Parameters = { new() { Value = mailbox } } })
            await using (var row = await find.ExecuteReaderAsync(cancellationToken))
            {
                await row.ReadAsync(cancellationToken);
                if (row.GetGuid(1) != user)
                {
                    return ((Guid, string)?)null;
                }

                (var isNew, id) = (row.GetGuid(0) == id, row.GetGuid(0));
                await row.CloseAsync();
                await Audit.AddAsync(connection, isNew ? AuditKinds.Connected : AuditKinds.Reconnected, actor, user, id, "{}", cancellationToken);
            }

            await using var update = new NpgsqlCommand("""
                UPDATE provider_users SET credentials = $2, services = '{file}', status = 'active', consecutive_failures = 0, last_error = NULL WHERE id = $1
                """, connection)
            { Parameters = { new() { Value = id }, new() { Value = sealer.Seal(id, new FileSettings(full).ToCredentials()) } } };
            await update.ExecuteNonQueryAsync(cancellationToken);
            return (id, mailbox);
        }, cancellationToken);
    }

    /// <summary>Whether a path was connected by its owner's start before, and disconnected since: only they connect it again.</summary>
    public async Task<bool> IsKnownAsync(Guid user, string address, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT 1 FROM provider_users WHERE provider = 'file' AND address = $2 AND app_user_id = $1 AND status = 'disconnected'");
        command.Parameters.Add(new() { Value = user });
        command.Parameters.Add(new() { Value = address });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }
}

/// <summary>Connects the file that <c>./butler up --mailbox</c> names, for the first user; once per start, and a new path at the same address is the same account.</summary>
internal sealed partial class FileConnector(
    FileAccounts accounts, Database database, TimeProvider time, IOptions<AccountOptions> options, ILogger<FileConnector> logger) : BackgroundService
{
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    /// <summary>Why the named files cannot be a mailbox, in words for whoever starts Butler; null: they can, or none are named. A mailbox before its first mail is one.</summary>
    public static async Task<string?> RefuseAsync(IConfiguration configuration)
    {
        try
        {
            if (configuration[$"{AccountOptions.Section}:{nameof(AccountOptions.Mailbox)}"] is { Length: > 0 } path)
            {
                await FileOwner.GuessAsync(path, CancellationToken.None);
            }

            return null;
        }
        catch (MailFilesException e) when (!e.IsEmpty)
        {
            return e.Message;
        }
        catch (MailFilesException)
        {
            return null;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options.Value.Mailbox is { Length: > 0 } path && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                var user = await database.TransactAsync(c => FirstUser.EnsureAsync(c, stoppingToken), stoppingToken);
                if (await FileOwner.GuessAsync(path, stoppingToken) is not { } address || !await accounts.IsKnownAsync(user, address, stoppingToken))
                {
                    LogConnected(await accounts.ConnectAsync(user, user, path, null, stoppingToken) is not null);
                }

                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is MailFilesException or MailboxException)
            {
                // Its words name the path at most, which whoever started Butler has named.
                LogRefused(e is MailFilesException { IsEmpty: true } ? "there is no mail in it yet" : e is MailboxException ? e.Message : "it holds no mail");
                return;
            }
            catch (Exception e) when (Messaging.Faults.IsOurs(e))
            {
                LogPostponed(e.GetType().Name);
            }

            await Task.Delay(s_retry, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(2011, LogLevel.Information, "The mailbox's files are connected: {Connected}")]
    private partial void LogConnected(bool connected);

    [LoggerMessage(2012, LogLevel.Warning, "The mailbox's files are not connected: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(2013, LogLevel.Information, "Connecting the mailbox's files waits: {Reason}")]
    private partial void LogPostponed(string reason);
}
