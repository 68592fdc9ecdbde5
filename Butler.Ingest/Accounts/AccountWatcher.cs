using Butler.Data;
using Butler.Ingest.Import;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Ingest.Accounts;

/// <summary>
/// Turns rows of <c>account_events</c>, written by the trigger on <c>provider_users</c>, into StartImport: whoever switches an
/// account's Gmail on starts its import (MECHANICS 6).
/// </summary>
internal sealed partial class AccountWatcher(Database database, WakeUps wakeUps, TimeProvider time, IOptions<ImportOptions> options, ILogger<AccountWatcher> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await TurnAsync(stoppingToken) > 0)
                {
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Faults.IsOurs(e))
            {
                LogPostponed(e.GetType().Name);
            }

            await Task.Delay(options.Value.ConnectPoll, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<int> TurnAsync(CancellationToken cancellationToken)
    {
        var messages = new List<OutgoingMessage>();
        await database.TransactAsync(async connection =>
        {
            messages.Clear();
            await using (var take = new NpgsqlCommand("""
                DELETE FROM account_events WHERE id IN (SELECT id FROM account_events ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED) RETURNING provider_user_id
                """, connection))
            await using (var reader = await take.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                    var account = reader.GetGuid(0);
                    var correlation = Guid.CreateVersion7();
                    messages.Add(MessageBus.Pack(new StartImport(account, "connect", null, null), Lane.Live, account, correlation));
                    messages.Add(MessageBus.Pack(new RenewWatch(account), Lane.Live, account, correlation));
                }
            }

            await Outbox.AddAsync(connection, messages, cancellationToken);
        }, cancellationToken);
        wakeUps.Sent(messages);
        return messages.Count;
    }

    [LoggerMessage(2001, LogLevel.Information, "Account events wait: {Reason}")]
    private partial void LogPostponed(string reason);
}
