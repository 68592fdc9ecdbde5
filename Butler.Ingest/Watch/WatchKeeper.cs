using Butler.Data;
using Butler.Ingest.Push;
using Butler.Ingest.Sync;
using Butler.Mailboxes;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Ingest.Watch;

/// <summary>Registers, renews and ends an account's notifications at Gmail.</summary>
internal sealed class WatchKeeper(IMailboxFactory mailboxes, Database database, WakeUps wakeUps, WatchMetrics metrics, IOptions<PushOptions> push, IOptions<SyncOptions> options)
{
    /// <summary>Whether this installation takes notifications at all.</summary>
    public bool IsOn => push.Value.Topic is not null;

    /// <summary>Whether the account's watch is missing, for another topic, or due for renewal. A missed renewal is simply due.</summary>
    public async Task<bool> IsDueAsync(Guid account, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT 1 FROM provider_users WHERE id = $1
              AND (watch_topic IS DISTINCT FROM $2 OR watch_renewed_at IS NULL OR watch_renewed_at <= now() - $3 OR watch_expires_at <= now() + interval '1 day')
            """);
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = (object?)push.Value.Topic ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = options.Value.WatchRenewal });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    /// <summary>
    /// Registers or renews. The answer's history id becomes the cursor of an account that has none yet. What came since the cursor and before
    /// the watch stood made no notification, so it is looked for at once.
    /// </summary>
    /// <exception cref="MailboxException">Gmail refused.</exception>
    public async Task RenewAsync(MailboxAccount account, Guid correlationId, CancellationToken cancellationToken)
    {
        var mailbox = mailboxes.Open(account);
        MailboxWatch watch;
        try
        {
            watch = await mailbox.WatchAsync(push.Value.Topic!, cancellationToken);
        }
        catch (MailboxException e) when (e.Fault == MailboxFault.BadRequest)
        {
            // "Only one user push notification client allowed per developer": another topic of ours still watches (facts, section 4).
            await mailbox.StopWatchAsync(cancellationToken);
            watch = await mailbox.WatchAsync(push.Value.Topic!, cancellationToken);
        }

        var look = MessageBus.Pack(new MailboxChanged(account.ProviderUserId), Lane.Live, account.ProviderUserId, correlationId);
        await database.TransactAsync(async connection =>
        {
            await NoteAsync(connection, account.ProviderUserId, watch, cancellationToken);
            await Outbox.AddAsync(connection, [look], cancellationToken);
        }, cancellationToken);
        wakeUps.Sent([look]);
        await metrics.RefreshAsync(cancellationToken);
    }

    private async Task NoteAsync(NpgsqlConnection connection, Guid account, MailboxWatch watch, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            UPDATE provider_users SET watch_topic = $2, watch_renewed_at = now(), watch_expires_at = $3, history_id = COALESCE(history_id, $4) WHERE id = $1
            """, connection);
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = push.Value.Topic! });
        command.Parameters.Add(new() { Value = watch.ExpiresAt.UtcDateTime });
        command.Parameters.Add(new() { Value = (long)watch.HistoryId });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends notifications; call it before the login is revoked, because Gmail wants the login for it.</summary>
    /// <exception cref="MailboxException">Gmail refused; the watch then ends by itself within seven days.</exception>
    public async Task StopAsync(MailboxAccount account, CancellationToken cancellationToken)
    {
        if (IsOn)
        {
            await mailboxes.Open(account).StopWatchAsync(cancellationToken);
        }

        await using var command = database.DataSource.CreateCommand("UPDATE provider_users SET watch_topic = NULL, watch_renewed_at = NULL, watch_expires_at = NULL WHERE id = $1");
        command.Parameters.Add(new() { Value = account.ProviderUserId });
        await command.ExecuteNonQueryAsync(cancellationToken);
        await metrics.RefreshAsync(cancellationToken);
    }
}
