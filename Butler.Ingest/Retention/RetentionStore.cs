using Butler.Data;
using Butler.Data.Retention;
using Npgsql;

namespace Butler.Ingest.Retention;

/// <summary>How an account's retention stands.</summary>
/// <param name="OwnerId">Whose account.</param>
/// <param name="FamilyId">The owner's family.</param>
/// <param name="Days">Days from storing; 0 keeps.</param>
/// <param name="IsMoving">A change has not reached every mail yet.</param>
/// <param name="Expired">Mails that have expired so far.</param>
/// <param name="KeepsTransactions">Transactions outlive their mails.</param>
internal sealed record RetentionState(Guid OwnerId, Guid? FamilyId, int Days, bool IsMoving, long Expired, bool KeepsTransactions);

/// <summary>The one writer of the accounts' retention.</summary>
internal sealed class RetentionStore(Database database)
{
    /// <summary>Null: no such account.</summary>
    public async Task<RetentionState?> FindAsync(Guid account, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT p.app_user_id, u.family_id, p.retention_days, p.retention_changed_at IS NOT NULL, (SELECT count(*) FROM ledger l WHERE l.provider_user_id = p.id AND l.state = 'expired'), p.keep_transactions
            FROM provider_users p JOIN app_users u ON u.id = p.app_user_id WHERE p.id = $1
            """);
        command.Parameters.Add(new() { Value = account });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? new(row.GetGuid(0), row.IsDBNull(1) ? null : row.GetGuid(1), row.GetInt32(2), row.GetBoolean(3), row.GetInt64(4), row.GetBoolean(5))
            : null;
    }

    /// <summary>Changes an account's retention. False: it is that already, or there is no such account.</summary>
    public Task<bool> ChangeAsync(Guid account, int days, Guid actor, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            // A batch is stored under its slot's lock: one stored after this has the new retention, one before is moved.
            await Slots.LockAsync(connection, account, Lane.Bulk, cancellationToken);
            await Slots.LockAsync(connection, account, Lane.Live, cancellationToken);
            await using var change = new NpgsqlCommand("""
                UPDATE provider_users SET retention_days = $2, retention_changed_at = clock_timestamp() WHERE id = $1 AND retention_days <> $2 RETURNING app_user_id
                """, connection)
            { Parameters = { new() { Value = account }, new() { Value = days } } };
            if (await change.ExecuteScalarAsync(cancellationToken) is not Guid owner)
            {
                return false;
            }

            await Audit.AddAsync(connection, AuditKinds.RetentionChanged, actor, owner, account, $$"""{"days":{{days}}}""", cancellationToken);
            return true;
        }, cancellationToken);

    /// <summary>Sets whether an account's transactions outlive their mails. False: it is that already, or there is no such account.</summary>
    public Task<bool> KeepTransactionsAsync(Guid account, bool keep, Guid actor, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            await using var change = new NpgsqlCommand("UPDATE provider_users SET keep_transactions = $2 WHERE id = $1 AND keep_transactions <> $2 RETURNING app_user_id", connection)
            { Parameters = { new() { Value = account }, new() { Value = keep } } };
            if (await change.ExecuteScalarAsync(cancellationToken) is not Guid owner)
            {
                return false;
            }

            await Audit.AddAsync(connection, AuditKinds.RetentionChanged, actor, owner, account, $$"""{"keep_transactions":{{(keep ? "true" : "false")}}}""", cancellationToken);
            return true;
        }, cancellationToken);

    /// <summary>Accounts that do not keep transactions.</summary>
    public async Task<List<Guid>> ForgettingAsync(CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT id FROM provider_users WHERE NOT keep_transactions ORDER BY id");
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var accounts = new List<Guid>();
        while (await row.ReadAsync(cancellationToken))
        {
            accounts.Add(row.GetGuid(0));
        }

        return accounts;
    }

    /// <summary>Accounts whose change has not reached every mail, with its time.</summary>
    public async Task<List<(Guid Account, DateTimeOffset ChangedAt)>> ChangedAsync(CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT id, retention_changed_at FROM provider_users WHERE retention_changed_at IS NOT NULL ORDER BY retention_changed_at, id");
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var changed = new List<(Guid Account, DateTimeOffset ChangedAt)>();
        while (await row.ReadAsync(cancellationToken))
        {
            changed.Add((row.GetGuid(0), row.GetFieldValue<DateTimeOffset>(1)));
        }

        return changed;
    }

    /// <summary>Notes that a change has reached every mail. False: there was another one meanwhile.</summary>
    public async Task<bool> SettleAsync(Guid account, DateTimeOffset changedAt, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("UPDATE provider_users SET retention_changed_at = NULL WHERE id = $1 AND retention_changed_at = $2");
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = changedAt.UtcDateTime });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Accounts whose mail expires.</summary>
    public async Task<List<Guid>> LimitedAsync(CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT id FROM provider_users WHERE retention_days > 0 ORDER BY id");
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var accounts = new List<Guid>();
        while (await row.ReadAsync(cancellationToken))
        {
            accounts.Add(row.GetGuid(0));
        }

        return accounts;
    }

    /// <summary>When a mail of the account expires that is stored now; null: never.</summary>
    public async Task<DateTimeOffset?> ExpiresAtAsync(Guid account, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT now() + make_interval(hours => 24 * NULLIF(retention_days, 0)) FROM provider_users WHERE id = $1");
        command.Parameters.Add(new() { Value = account });
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime at ? new DateTimeOffset(at) : null;
    }

    /// <summary>Makes the partitions that a store of this account needs now.</summary>
    public async Task<int> MakePartitionsAsync(Guid account, CancellationToken cancellationToken) =>
        await ExpiresAtAsync(account, cancellationToken) is { } at
            ? await database.TransactAsync(c => ContentTables.MakePartitionsAsync(c, [at], cancellationToken), cancellationToken)
            : 0;

    /// <summary>Makes the partitions that stores of all accounts will need in the coming weeks.</summary>
    public async Task<int> MakeAheadAsync(int weeks, CancellationToken cancellationToken)
    {
        var moments = new List<DateTimeOffset>();
        await using (var command = database.DataSource.CreateCommand("""
            SELECT DISTINCT date_trunc('week', (now() + make_interval(hours => 24 * p.retention_days, weeks => w)) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
            FROM provider_users p CROSS JOIN generate_series(0, $1) AS w WHERE p.retention_days > 0 ORDER BY 1
            """))
        {
            command.Parameters.Add(new() { Value = weeks });
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                moments.Add(row.GetFieldValue<DateTimeOffset>(0));
            }
        }

        var made = 0;
        foreach (var moment in moments)
        {
            // One week per transaction: the lock on the tables' definitions is held for a moment only.
            made += await database.TransactAsync(c => ContentTables.MakePartitionsAsync(c, [moment], cancellationToken), cancellationToken);
        }

        return made;
    }
}
