using Butler.Data;
using Butler.Ingest.Import;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Butler.Ingest.Failures;

/// <summary>A failed task for admins: ids and the error, no mail.</summary>
internal sealed record FailedTaskItem(
    Guid Id, string Task, string Status, Guid? AccountId, Guid? UserId, Guid? MailId, string? EmailId, Guid? SyncId, string Error, string? StackTrace, int RetryCount,
    DateTimeOffset CreatedAt, DateTimeOffset DiedAt, DateTimeOffset? LastRetryAt, DateTimeOffset? ResolvedAt, string? Resolution);

/// <summary>Lists failed tasks and sends them again.</summary>
internal sealed class FailedTaskStore(Database database, WakeUps wakeUps, IOptions<ImportOptions> options)
{
    private const string Columns = """
        f.id, f.task, CASE WHEN f.resolved_at IS NOT NULL THEN 'resolved' WHEN f.last_retry_at > f.died_at THEN 'retrying' ELSE 'failed' END, f.provider_user_id, p.app_user_id,
        f.ledger_id, l.provider_message_id, f.sync_id, f.error, f.stack_trace, f.retry_count, f.created_at, f.died_at, f.last_retry_at, f.resolved_at, f.resolution
        FROM failed_tasks f LEFT JOIN provider_users p ON p.id = f.provider_user_id LEFT JOIN ledger l ON l.id = f.ledger_id
        """;

    /// <summary>Newest first; <paramref name="before"/> is the last id of the page before.</summary>
    public async Task<List<FailedTaskItem>> ListAsync(string? task, Guid? user, bool all, Guid? before, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand($"""
            SELECT {Columns}
            WHERE ($1::text IS NULL OR f.task = $1) AND ($2::uuid IS NULL OR p.app_user_id = $2) AND ($3 OR f.resolved_at IS NULL)
              AND ($4::uuid IS NULL OR (f.created_at, f.id) < (SELECT created_at, id FROM failed_tasks WHERE id = $4))
            ORDER BY f.created_at DESC, f.id DESC LIMIT $5
            """);
        command.Parameters.Add(new() { Value = (object?)task ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)user ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = all });
        command.Parameters.Add(new() { Value = (object?)before ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = limit });
        return await ReadAsync(command, cancellationToken);
    }

    public async Task<FailedTaskItem?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand($"SELECT {Columns} WHERE f.id = $1");
        command.Parameters.Add(new() { Value = id });
        return (await ReadAsync(command, cancellationToken)).FirstOrDefault();
    }

    /// <summary>
    /// Tries failures of one account (or of none) again: mails are reopened and their slot woken, messages are sent again. Locks in the
    /// order of all (MECHANICS 1). Returns how many are under way now.
    /// </summary>
    public async Task<int> RetryAsync(Guid? account, IReadOnlyCollection<(Guid Id, Guid? LedgerId)> failures, Func<NpgsqlConnection, Task>? also, CancellationToken cancellationToken)
    {
        var messages = new List<OutgoingMessage>();
        var mails = failures.Where(f => f.LedgerId is not null).Select(f => f.LedgerId!.Value).Distinct().ToArray();
        var count = await database.TransactAsync(async connection =>
        {
            messages.Clear();
            if (also is not null)
            {
                await also(connection);
            }

            if (account is { } id && mails.Length > 0)
            {
                await ReopenAsync(connection, id, mails, messages, cancellationToken);
            }

            var letters = await DeadLetters.RetryAsync(connection, [.. failures.Select(f => f.Id)], cancellationToken);
            messages.AddRange(letters.Where(l => l.Message is not null).Select(l => l.Message!));
            await Outbox.AddAsync(connection, messages, cancellationToken);
            return letters.Count;
        }, cancellationToken);
        wakeUps.Sent(messages);
        return count;
    }

    private async Task ReopenAsync(NpgsqlConnection connection, Guid account, Guid[] mails, List<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        var correlation = Guid.CreateVersion7();
        await Slots.LockAsync(connection, account, Lane.Live, cancellationToken);
        var opened = (await Ledger.ReopenAsync(connection, mails, cancellationToken)).Select(m => m.Id).ToArray();
        var stored = await Ledger.StoredAsync(connection, opened, cancellationToken);
        if (opened.Length > stored.Length && await Slots.WakeAsync(connection, account, Lane.Live, cancellationToken) is { } seq)
        {
            messages.Add(MessageBus.Pack(new FetchMails(account, Lane.Live, seq), Lane.Live, account, correlation));
        }

        foreach (var chunk in stored.Chunk(options.Value.TriageMails))
        {
            messages.Add(MessageBus.Pack(new TriageMails(account, Lane.Live, chunk), Lane.Live, account, correlation));
        }
    }

    private static async Task<List<FailedTaskItem>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<FailedTaskItem>();
        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);
        Guid? Id(int column) => row.IsDBNull(column) ? null : row.GetGuid(column);
        DateTimeOffset? Time(int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
        while (await row.ReadAsync(cancellationToken))
        {
            items.Add(new(
                row.GetGuid(0), row.GetString(1), row.GetString(2), Id(3), Id(4), Id(5), Text(6), Id(7), row.GetString(8), Text(9), row.GetInt32(10), Time(11)!.Value, Time(12)!.Value,
                Time(13), Time(14), Text(15)));
        }

        return items;
    }
}
