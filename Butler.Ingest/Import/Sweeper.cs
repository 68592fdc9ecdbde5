using Butler.Data;
using Butler.Ingest.Schedules;
using Butler.Ingest.Sync;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Ingest.Import;

/// <summary>
/// The bus is a hint, the ledger is the truth: looks at accounts and stages, never at single mails, and sends again what was lost
/// (MECHANICS 3). Safe on any number of replicas: slots and state-guarded moves make a doubled message harmless.
/// </summary>
internal sealed partial class Sweeper(Database database, WakeUps wakeUps, IOptions<ImportOptions> options, ILogger<Sweeper> logger) : IScheduledJob
{
    private const int MaxPerSweep = 200;

    public async Task<string?> RunAsync(ScheduledRun run, CancellationToken cancellationToken)
    {
        var messages = new List<OutgoingMessage>();
        await database.TransactAsync(async connection =>
        {
            messages.Clear();
            await run.HoldAsync(connection, cancellationToken);
            await FetchesAsync(connection, messages, cancellationToken);
            await TriagesAsync(connection, messages, cancellationToken);
            await ListingsAsync(connection, messages, cancellationToken);
            await RepairStore.ForgetLeftAsync(connection, cancellationToken);
            await Outbox.AddAsync(connection, messages, cancellationToken);
        }, cancellationToken);
        if (messages.Count > 0)
        {
            LogSent(messages.Count);
            wakeUps.Sent(messages);
        }

        return $"{messages.Count} messages sent again";
    }

    /// <summary>Accounts with mails to fetch and no FetchMails on its way: the slot moves to a new number, so a late one changes nothing.</summary>
    private async Task FetchesAsync(NpgsqlConnection connection, List<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH lost AS (
              SELECT p.id, l.lane FROM provider_users p CROSS JOIN (VALUES (0::smallint), (1::smallint)) AS l(lane)
              WHERE p.status = 'active'
                AND EXISTS (SELECT FROM ledger_open o WHERE o.provider_user_id = p.id AND o.stage = 0 AND o.lane = l.lane)
                AND (l.lane = 1 OR EXISTS (SELECT FROM sync_jobs j WHERE j.provider_user_id = p.id AND j.status IN ('pending', 'in_progress') AND j.updated_at < now() - $1))
                AND NOT EXISTS (SELECT FROM outbox m WHERE m.provider_user_id = p.id AND m.kind = 'FetchMails' AND m.lane = l.lane)
              ORDER BY p.id, l.lane LIMIT $2)
            INSERT INTO slots AS s (provider_user_id, lane, seq, state) SELECT id, lane, 1, 'pending' FROM lost ORDER BY id, lane
            ON CONFLICT (provider_user_id, lane) DO UPDATE SET seq = s.seq + 1, state = 'pending'
            RETURNING s.provider_user_id, s.lane, s.seq
            """;
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = options.Value.SweepAfter }, new() { Value = MaxPerSweep } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (account, lane) = (reader.GetGuid(0), (Lane)reader.GetInt16(1));
            messages.Add(MessageBus.Pack(new FetchMails(account, lane, reader.GetInt64(2)), lane, account, Guid.CreateVersion7()));
        }
    }

    /// <summary>Accounts with stored mails that no TriageMails is on its way for.</summary>
    private async Task TriagesAsync(NpgsqlConnection connection, List<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT o.provider_user_id, array_agg(o.id) FROM (
              SELECT o.provider_user_id, o.id, row_number() OVER (PARTITION BY o.provider_user_id ORDER BY o.lane DESC, o.rank) AS n
              FROM provider_users p JOIN ledger_open o ON o.provider_user_id = p.id AND o.stage = 1 JOIN ledger l ON l.id = o.id
              WHERE l.stored_at < now() - $1
                AND NOT EXISTS (SELECT FROM outbox m WHERE m.provider_user_id = p.id AND m.kind = 'TriageMails')) o
            WHERE n <= 1000 GROUP BY o.provider_user_id LIMIT $2
            """;
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = options.Value.SweepAfter }, new() { Value = MaxPerSweep } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var account = reader.GetGuid(0);
            foreach (var chunk in reader.GetFieldValue<Guid[]>(1).Chunk(options.Value.TriageMails))
            {
                messages.Add(MessageBus.Pack(new TriageMails(account, Lane.Bulk, chunk), Lane.Bulk, account, Guid.CreateVersion7()));
            }
        }
    }

    /// <summary>Active syncs still listing without a message.</summary>
    private async Task ListingsAsync(NpgsqlConnection connection, List<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT id, provider_user_id, correlation_id FROM sync_jobs j
            WHERE status IN ('pending', 'in_progress') AND NOT total_known AND updated_at < now() - $1
              AND NOT EXISTS (SELECT FROM outbox m WHERE m.provider_user_id = j.provider_user_id AND m.kind = 'ListMailbox')
            LIMIT $2
            """;
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = options.Value.SweepAfter }, new() { Value = MaxPerSweep } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            messages.Add(MessageBus.Pack(new ListMailbox(reader.GetGuid(0), reader.GetGuid(1)), Lane.Bulk, reader.GetGuid(1), reader.GetGuid(2)));
        }
    }

    [LoggerMessage(2101, LogLevel.Information, "Sweeper sent {Count} messages again")]
    private partial void LogSent(int count);
}
