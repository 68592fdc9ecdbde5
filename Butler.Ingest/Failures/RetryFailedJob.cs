using Butler.Data;
using Butler.Ingest.Schedules;

namespace Butler.Ingest.Failures;

/// <summary>
/// Tries open failures again, at most five times; what is left after that waits for a person (MECHANICS 1). Mails of accounts that are
/// not connected wait, without a try being counted.
/// </summary>
internal sealed class RetryFailedJob(Database database, FailedTaskStore failures) : IScheduledJob
{
    public const int MaxRetries = 5;

    // Per account and run, so that what is retried does not hold up its new mail.
    private const int PerAccount = 500;

    public async Task<string?> RunAsync(ScheduledRun run, CancellationToken cancellationToken)
    {
        var settled = await database.TransactAsync(c => DeadLetters.SettleAsync(c, cancellationToken), cancellationToken);
        var retried = 0;
        foreach (var account in (await OpenAsync(cancellationToken)).GroupBy(f => f.Account))
        {
            retried += await failures.RetryAsync(account.Key, [.. account.Select(f => (f.Id, f.Mail))], c => run.HoldAsync(c, cancellationToken), cancellationToken);
        }

        return $"{retried} tried again, {settled} settled";
    }

    private async Task<List<(Guid Id, Guid? Account, Guid? Mail)>> OpenAsync(CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT id, provider_user_id, ledger_id FROM (
              SELECT f.id, f.provider_user_id, f.ledger_id, row_number() OVER (PARTITION BY f.provider_user_id ORDER BY f.retry_count, f.created_at, f.id) AS n
              FROM failed_tasks f LEFT JOIN provider_users p ON p.id = f.provider_user_id
              WHERE f.resolved_at IS NULL AND f.retry_count < $1 AND (f.last_retry_at IS NULL OR f.last_retry_at <= f.died_at) AND (p.id IS NULL OR p.status = 'active')) AS open
            WHERE n <= $2
            """);
        command.Parameters.Add(new() { Value = MaxRetries });
        command.Parameters.Add(new() { Value = PerAccount });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var open = new List<(Guid Id, Guid? Account, Guid? Mail)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            open.Add((reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.IsDBNull(2) ? null : reader.GetGuid(2)));
        }

        return open;
    }
}

/// <summary>Closes failures whose retry went well, so that lists do not show what is long done.</summary>
internal sealed class SettleFailedJob(Database database) : IScheduledJob
{
    public async Task<string?> RunAsync(ScheduledRun run, CancellationToken cancellationToken) =>
        $"{await database.TransactAsync(c => DeadLetters.SettleAsync(c, cancellationToken), cancellationToken)} settled";
}
