using Butler.Data;
using Butler.Ingest.Accounts;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Npgsql;

namespace Butler.Ingest.Import;

/// <summary>A sync's listing state.</summary>
internal sealed record SyncState(
    Guid Id, Guid ProviderUserId, string Status, DateTimeOffset? RangeFrom, DateTimeOffset RangeTo, DateTimeOffset WindowBefore, int WindowDays, int WindowNumber,
    string? PageToken, double ListedShare, bool TotalKnown, long Total, long AlreadyKnown, Guid CorrelationId, bool IsRepair);

/// <summary>Starts, reads and ends syncs.</summary>
internal sealed class SyncStore(Database database, WakeUps wakeUps, ProgressPublisher progress, TimeProvider time, SyncMetrics metrics)
{
    /// <summary>The trigger of a gap repair; its sync is of type repair.</summary>
    public const string Gap = "gap";

    /// <summary>An active sync may end between "there is one" and "which"; then there is none and ours can begin.</summary>
    private const int MaxLooks = 3;

    private const string Columns = """
        id, provider_user_id, status, range_from, range_to, window_before, window_days, window_number, page_token, listed_share, total_known, total, already_known, correlation_id, type = 'repair'
        """;

    /// <summary>
    /// Starts an import, or answers with the active one: an insert under the partial unique index decides. A new import takes the
    /// open mails of an earlier, unfinished one over, and continues its listing when the range is the same.
    /// </summary>
    /// <param name="newId">The new sync's id; one that exists already means that this start was carried out before.</param>
    /// <param name="account">The account.</param>
    /// <param name="trigger">api, connect or gap.</param>
    /// <param name="months">How far back; null: everything.</param>
    /// <param name="taskId">The task id handed out, if any.</param>
    /// <param name="correlationId">From the call to the draft.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Guid> StartAsync(Guid newId, Account account, string trigger, int? months, Guid? taskId, Guid correlationId, CancellationToken cancellationToken)
    {
        var syncId = newId;
        var messages = new List<OutgoingMessage>();
        var version = await database.TransactAsync(async connection =>
        {
            messages.Clear();
            ListingStep? inserted = null;
            for (var look = 0; look < MaxLooks && inserted is null; look++)
            {
                inserted = await InsertAsync(connection, newId, account, trigger, months, correlationId, cancellationToken);
                if (inserted is null && await ActiveAsync(connection, account.Id, newId, cancellationToken) is { } there)
                {
                    syncId = there;
                    await AddTaskAsync(connection, taskId, account, syncId, correlationId, cancellationToken);
                    return (SyncVersion?)null;
                }
            }

            var wasCursor = inserted ?? throw new MessageException("The account's syncs ended as fast as they began.");
            syncId = newId;

            // Slot before ledger, as a batch does: the other way round the two deadlock.
            await Slots.LockAsync(connection, account.Id, Lane.Bulk, cancellationToken);
            var adopted = await Ledger.AdoptAsync(connection, account.Id, syncId, cancellationToken);
            await AddTaskAsync(connection, taskId, account, syncId, correlationId, cancellationToken);
            messages.Add(MessageBus.Pack(new ListMailbox(syncId, account.Id), Lane.Bulk, account.Id, correlationId));
            if (adopted > 0 && await Slots.WakeAsync(connection, account.Id, Lane.Bulk, cancellationToken) is { } seq)
            {
                messages.Add(MessageBus.Pack(new FetchMails(account.Id, Lane.Bulk, seq), Lane.Bulk, account.Id, correlationId));
            }

            await Outbox.AddAsync(connection, messages, cancellationToken);
            return await SyncCounters.ListedAsync(connection, syncId, wasCursor with { New = adopted }, cancellationToken);
        }, cancellationToken);
        wakeUps.Sent(messages);
        progress.Changed([version]);
        return syncId;
    }

    public async Task<SyncState?> FindAsync(Guid syncId, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand($"SELECT {Columns} FROM sync_jobs WHERE id = $1");
        command.Parameters.Add(new() { Value = syncId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        DateTimeOffset? Time(int column) => reader.IsDBNull(column) ? null : new DateTimeOffset(reader.GetDateTime(column));
        return new(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), Time(3), Time(4)!.Value, Time(5)!.Value, reader.GetInt32(6), reader.GetInt32(7),
            reader.IsDBNull(8) ? null : reader.GetString(8), reader.GetDouble(9), reader.GetBoolean(10), reader.GetInt64(11), reader.GetInt64(12), reader.GetGuid(13), reader.GetBoolean(14));
    }

    /// <summary>Ends a sync as failed: the account is at fault, or the owner cancelled. Open mails stay for the next start.</summary>
    public async Task<bool> FailAsync(Guid syncId, string code, string error, Func<NpgsqlConnection, Task>? also, CancellationToken cancellationToken)
    {
        var version = await database.TransactAsync(async connection =>
        {
            if (also is not null)
            {
                await also(connection);
            }

            return await SyncCounters.FailAsync(connection, syncId, code, error, cancellationToken);
        }, cancellationToken);
        progress.Changed([version]);
        if (version is not null)
        {
            metrics.Failed(code);
        }

        return version is not null;
    }

    /// <summary>The account's active sync.</summary>
    public async Task<Guid?> ActiveAsync(Guid providerUserId, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        return await ActiveAsync(connection, providerUserId, null, cancellationToken);
    }

    /// <summary>The active sync, or the one named, whatever became of it.</summary>
    private static async Task<Guid?> ActiveAsync(NpgsqlConnection connection, Guid providerUserId, Guid? orThis, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT id FROM sync_jobs WHERE provider_user_id = $1 AND (status IN ('pending', 'in_progress') OR id = $2) ORDER BY id IS NOT DISTINCT FROM $2 DESC LIMIT 1
            """, connection)
        {
            Parameters = { new() { Value = providerUserId }, new() { Value = (object?)orThis ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid } },
        };
        return await command.ExecuteScalarAsync(cancellationToken) as Guid?;
    }

    private static async Task AddTaskAsync(NpgsqlConnection connection, Guid? taskId, Account account, Guid syncId, Guid correlationId, CancellationToken cancellationToken)
    {
        if (taskId is { } id)
        {
            await TaskIds.AddForSyncAsync(connection, id, account.AppUserId, account.Id, syncId, correlationId, cancellationToken);
        }
    }

    /// <summary>Null: an active sync is there. Otherwise the listing cursor the new one starts with.</summary>
    private async Task<ListingStep?> InsertAsync(
        NpgsqlConnection connection, Guid syncId, Account account, string trigger, int? months, Guid correlationId, CancellationToken cancellationToken)
    {
        // An unfinished earlier import of the same reach lends its cursor: its range end, so that newer mail is listed by the next sync.
        const string Sql = """
            WITH earlier AS (
              SELECT range_from, range_to, window_before, window_days, window_number, page_token, listed_share, total_known FROM sync_jobs
              WHERE $9 = 'import' AND provider_user_id = $4 AND status = 'failed' AND months IS NOT DISTINCT FROM $6 AND NOT total_known AND listed_share > 0
                AND id = (SELECT id FROM sync_jobs WHERE provider_user_id = $4 AND type = 'import' ORDER BY created_at DESC, id DESC LIMIT 1))
            INSERT INTO sync_jobs (id, app_user_id, family_id, provider_user_id, type, trigger, status, months, range_from, range_to, window_before, window_days, window_number,
              page_token, listed_share, correlation_id, started_at)
            SELECT $1, $2, u.family_id, $4, $9, $5, 'pending', $6, COALESCE(e.range_from, $7), COALESCE(e.range_to, $3), COALESCE(e.window_before, $3),
              COALESCE(e.window_days, 7), COALESCE(e.window_number, 0), e.page_token, COALESCE(e.listed_share, 0), $8, now()
            FROM app_users u LEFT JOIN earlier e ON true WHERE u.id = $2
            ON CONFLICT DO NOTHING
            RETURNING listed_share, window_before, window_days, window_number, page_token
            """;
        var now = time.GetUtcNow();
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new() { Value = syncId });
        command.Parameters.Add(new() { Value = account.AppUserId });
        command.Parameters.Add(new() { Value = now.AddDays(1) }); // mail dated a little ahead of our clock belongs to it too
        command.Parameters.Add(new() { Value = account.Id });
        command.Parameters.Add(new() { Value = trigger });
        command.Parameters.Add(new() { Value = (object?)months ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = (object?)(months is { } m ? now.AddMonths(-m) : null) ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = correlationId });
        command.Parameters.Add(new() { Value = trigger == Gap ? "repair" : "import" });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(0, 0, false, reader.GetDouble(0), new DateTimeOffset(reader.GetDateTime(1)), reader.GetInt32(2), reader.GetInt32(3), reader.IsDBNull(4) ? null : reader.GetString(4))
            : null;
    }
}
