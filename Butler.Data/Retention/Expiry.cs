using Butler.Data.Classifier;
using Npgsql;

namespace Butler.Data.Retention;

/// <summary>What a batch came to.</summary>
/// <param name="Looked">Mails it looked at; fewer than asked for: it was the last one.</param>
/// <param name="Expired">Mails that became expired.</param>
/// <param name="Last">The last mail's ledger id, where the next batch goes on.</param>
/// <param name="Versions">Syncs that counted some of them.</param>
public sealed record ExpiryBatch(int Looked, int Expired, Guid Last, IReadOnlyList<SyncVersion?> Versions);

/// <summary>
/// Carries retention out, batch by batch, each one transaction in the order slot, ledger, content, counters (MECHANICS 1 and 2): a
/// repeated batch finds nothing, and one that is cut off has done nothing.
/// </summary>
public sealed class Expiry(Database database)
{
    /// <summary>Days that an account's retention may be set to; 0 keeps.</summary>
    public const int MaxDays = 730;

    /// <summary>The option's words for people.</summary>
    public static string Words(int days) => days switch
    {
        0 => "kept until you erase it",
        1 => "erased 1 day after it was stored",
        _ => $"erased {days} days after it was stored",
    };

    /// <summary>Expires mails whose time is over: their ledger rows are closed as expired, and everything of them is deleted.</summary>
    public Task<ExpiryBatch> ExpireAsync(Guid after, int count, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            var mails = await IdsAsync(connection, "SELECT id FROM emails WHERE expires_at <= now() AND id > $1 ORDER BY id LIMIT $2", cancellationToken, after, count);
            if (mails.Length == 0)
            {
                return new ExpiryBatch(0, 0, after, []);
            }

            var moved = await Ledger.ExpireAsync(connection, mails, cancellationToken);
            // Not those that got more time since they were looked up; but what has no row in the ledger is nobody's.
            var over = await IdsAsync(connection, "SELECT m FROM unnest($1::uuid[]) AS m WHERE NOT EXISTS (SELECT FROM ledger l WHERE l.id = m AND l.state <> 'expired')", cancellationToken, mails);
            await EraseAsync(connection, await ContentTables.ListAsync(connection, cancellationToken), over, cancellationToken);
            return new(mails.Length, moved.Count, mails[^1], await CountAsync(connection, moved, cancellationToken));
        }, cancellationToken);

    /// <summary>
    /// Moves mails of an account to where its retention puts them now: into other partitions, or out, when by the new retention they are
    /// over. The partitions they leave are asked to be rewritten.
    /// </summary>
    public Task<ExpiryBatch> MoveAsync(Guid account, Guid after, int count, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            if (await DaysAsync(connection, account, cancellationToken) is not { } days)
            {
                return new ExpiryBatch(0, 0, after, []);
            }

            var mails = await Ledger.RescheduleAsync(connection, account, days, after, count, cancellationToken);
            if (mails.Count == 0)
            {
                return new(0, 0, after, []);
            }

            var tables = await ContentTables.ListAsync(connection, cancellationToken);
            await ContentTables.MakePartitionsAsync(connection, mails.Where(m => !m.IsOver && m.ExpiresAt is not null).Select(m => m.ExpiresAt!.Value), cancellationToken);
            await TableRewrites.RequestAsync(connection, tables, [.. mails.Select(m => m.Id)], cancellationToken);
            await ContentTables.MoveAsync(connection, tables, [.. mails.Where(m => !m.IsOver)], cancellationToken);
            Guid[] over = [.. mails.Where(m => m.IsOver).Select(m => m.Id)];
            var moved = await Ledger.ExpireAsync(connection, over, cancellationToken);
            await EraseAsync(connection, tables, over, cancellationToken);
            return new(mails.Count, moved.Count, mails[^1].Id, await CountAsync(connection, moved, cancellationToken));
        }, cancellationToken);

    /// <summary>
    /// Expires an account's dead letters that are older than its retention, and mails that never were more than one, and forgets what the
    /// owner was told before. Returns how many dead letters were looked at.
    /// </summary>
    public Task<ExpiryBatch> ForgetAsync(Guid account, int count, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            if (await DaysAsync(connection, account, cancellationToken) is not { } days || days == 0)
            {
                return new ExpiryBatch(0, 0, account, []);
            }

            var letters = await IdsAsync(connection, """
                SELECT id FROM failed_tasks WHERE provider_user_id = $1 AND created_at <= now() - make_interval(hours => 24 * $2) ORDER BY created_at LIMIT $3
                """, cancellationToken, account, days, count);
            var mails = await IdsAsync(connection, "SELECT DISTINCT ledger_id FROM failed_tasks WHERE id = ANY ($1) AND ledger_id IS NOT NULL ORDER BY 1", cancellationToken, letters);
            var moved = await Ledger.ExpireAsync(connection, mails, cancellationToken);
            await DeadLetters.ForgetAsync(connection, letters, [], cancellationToken);
            await using var events = new NpgsqlCommand("DELETE FROM user_events WHERE provider_user_id = $1 AND created_at <= now() - make_interval(hours => 24 * $2)", connection)
            {
                Parameters = { new() { Value = account }, new() { Value = days } },
            };
            await events.ExecuteNonQueryAsync(cancellationToken);
            return new(letters.Length, moved.Count, account, await CountAsync(connection, moved, cancellationToken));
        }, cancellationToken);

    /// <summary>Erases transactions of an account that does not keep them, of mails that are gone. Returns how many.</summary>
    public Task<int> ForgetTransactionsAsync(Guid account, int count, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            var rows = await TransactionWriter.ForgetAsync(connection, account, count, cancellationToken);
            if (rows > 0)
            {
                await TableRewrites.RequestAsync(connection, ["transactions"], cancellationToken);
            }

            return rows;
        }, cancellationToken);

    private static async Task EraseAsync(NpgsqlConnection connection, IReadOnlyList<ContentTable> tables, Guid[] mails, CancellationToken cancellationToken)
    {
        if (mails.Length > 0)
        {
            await ContentTables.DeleteAsync(connection, tables, mails, cancellationToken);
            await DeadLetters.ForgetAsync(connection, [], mails, cancellationToken);
            // Only where the account says so: transactions stay by default (docs/retention.md).
            if (await TransactionWriter.ExpireAsync(connection, mails, cancellationToken) > 0)
            {
                await TableRewrites.RequestAsync(connection, ["transactions"], cancellationToken);
            }
        }
    }

    /// <summary>A mail that was still open counts as skipped, so that its sync can end.</summary>
    private static async Task<IReadOnlyList<SyncVersion?>> CountAsync(NpgsqlConnection connection, List<MovedMail> moved, CancellationToken cancellationToken)
    {
        var versions = new List<SyncVersion?>();
        foreach (var sync in moved.Where(m => m.SyncId is not null).GroupBy(m => m.SyncId!.Value).OrderBy(g => g.Key))
        {
            versions.Add(await SyncCounters.CloseAsync(connection, sync.Key, 0, sync.Count(), 0, null, cancellationToken));
        }

        return versions;
    }

    /// <summary>The account's retention, held until the transaction ends: a change waits, and moves afterwards what this moves now.</summary>
    private static async Task<int?> DaysAsync(NpgsqlConnection connection, Guid account, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT retention_days FROM provider_users WHERE id = $1 FOR SHARE", connection) { Parameters = { new() { Value = account } } };
        return await command.ExecuteScalarAsync(cancellationToken) as int?;
    }

    private static async Task<Guid[]> IdsAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return [.. ids];
    }
}
