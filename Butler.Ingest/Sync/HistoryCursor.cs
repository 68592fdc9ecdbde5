using Butler.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Ingest.Sync;

/// <summary>A reader's hold on an account: no other reader's statement with an older fence changes anything (MECHANICS 6).</summary>
internal sealed record Reading(Guid Account, long Fence, ulong Start);

/// <summary>Somebody else reads this account now; what was not committed is not to be.</summary>
internal sealed class ReadingLostException() : Exception("Another reader has taken the account over.");

/// <summary>
/// The one reader of an account, and its cursor. The hold is a lease on a row, never a transaction kept over a call; the cursor moves
/// last, only from where it was read, and never backwards.
/// </summary>
internal sealed class HistoryCursor(Database database, IOptions<SyncOptions> options)
{
    /// <summary>Null with <c>Busy</c>: another reader is at work. Null without: there is nothing to read.</summary>
    public async Task<(Reading? Reading, bool Busy)> TakeAsync(Guid account, CancellationToken cancellationToken)
    {
        await using (var take = database.DataSource.CreateCommand("""
            UPDATE provider_users SET sync_fence = sync_fence + 1, reading_until = now() + $2
            WHERE id = $1 AND history_id IS NOT NULL AND (reading_until IS NULL OR reading_until <= now()) RETURNING sync_fence, history_id
            """))
        {
            take.Parameters.Add(new() { Value = account });
            take.Parameters.Add(new() { Value = options.Value.Lease });
            await using var reader = await take.ExecuteReaderAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken))
            {
                return (new(account, reader.GetInt64(0), (ulong)reader.GetInt64(1)), false);
            }
        }

        await using var look = database.DataSource.CreateCommand("SELECT 1 FROM provider_users WHERE id = $1 AND history_id IS NOT NULL");
        look.Parameters.Add(new() { Value = account });
        return (null, await look.ExecuteScalarAsync(cancellationToken) is not null);
    }

    /// <summary>Inside a page's transaction: this reader still holds the account, and holds it anew.</summary>
    public async Task HoldAsync(NpgsqlConnection connection, Reading reading, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE provider_users SET reading_until = now() + $3 WHERE id = $1 AND sync_fence = $2", connection)
        {
            Parameters = { new() { Value = reading.Account }, new() { Value = reading.Fence }, new() { Value = options.Value.Lease } },
        };
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new ReadingLostException();
        }
    }

    /// <summary>Moves the cursor and ends the reading. False: it was moved or taken meanwhile; read again.</summary>
    public static async Task<bool> MoveAsync(NpgsqlConnection connection, Reading reading, ulong to, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            UPDATE provider_users SET history_id = GREATEST(history_id, $4), reading_until = NULL, last_history_at = now(), last_sync_at = now(), consecutive_failures = 0, last_error = NULL
            WHERE id = $1 AND sync_fence = $2 AND history_id = $3
            """, connection)
        {
            Parameters = { new() { Value = reading.Account }, new() { Value = reading.Fence }, new() { Value = (long)reading.Start }, new() { Value = (long)to } },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>
    /// The history does not reach back to the cursor: a fresh one replaces it (the id is newer by nature), and the gap is noted until a
    /// repair that begins later has ended.
    /// </summary>
    public static async Task<bool> JumpAsync(NpgsqlConnection connection, Reading reading, ulong fresh, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            UPDATE provider_users SET history_id = GREATEST(history_id, $4), reading_until = NULL, gap_found_at = clock_timestamp() WHERE id = $1 AND sync_fence = $2 AND history_id = $3
            """, connection)
        {
            Parameters = { new() { Value = reading.Account }, new() { Value = reading.Fence }, new() { Value = (long)reading.Start }, new() { Value = (long)fresh } },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Ends a reading without a result.</summary>
    public async Task ReleaseAsync(Reading reading, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("UPDATE provider_users SET reading_until = NULL WHERE id = $1 AND sync_fence = $2");
        command.Parameters.Add(new() { Value = reading.Account });
        command.Parameters.Add(new() { Value = reading.Fence });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
