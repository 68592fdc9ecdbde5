using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Ingest;

/// <summary>A row of <c>file_scans</c>.</summary>
public sealed record FileScanRow(string Path, long Size, DateTimeOffset ModifiedAt, long IndexedTo, long SpoolLength, long Generation, bool IsDone, bool IsVerbatim);

/// <summary>A row of <c>file_mails</c>.</summary>
public sealed record FileMailRow(string Id, string ThreadId, string Path, long Offset, long Length, DateTimeOffset ReceivedAt, bool IsListed, bool IsSpooled);

/// <summary>The one writer of <c>file_scans</c> and <c>file_mails</c>: where the mails of file mailboxes lie. No text.</summary>
public sealed class FileTables(Database database)
{
    private const string MailColumns = "id, thread_id, path, at_offset, length, received_at, listed, spooled";

    /// <summary>One pass per account at a time, whatever process it runs in; null: another one holds it.</summary>
    public async Task<IAsyncDisposable?> TryLockAsync(Guid account, CancellationToken cancellationToken)
    {
        // A session's lock, not a transaction's: files are read while it is held.
        var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var take = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtextextended('files ' || $1::text, 0))", connection) { Parameters = { new() { Value = account } } };
            if (await take.ExecuteScalarAsync(cancellationToken) is true)
            {
                return new Held(connection, account);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    /// <summary>Scans by path.</summary>
    public async Task<List<FileScanRow>> ScansAsync(Guid account, IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        await using var command = Command(
            "SELECT path, size, modified_at, indexed_to, spool_length, generation, done, verbatim FROM file_scans WHERE provider_user_id = $1 AND path = ANY ($2)", account, paths.ToArray());
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var scans = new List<FileScanRow>();
        while (await row.ReadAsync(cancellationToken))
        {
            scans.Add(new(row.GetString(0), row.GetInt64(1), row.GetFieldValue<DateTimeOffset>(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetBoolean(6), row.GetBoolean(7)));
        }

        return scans;
    }

    /// <summary>Of these files those that hold one mail, known with this length.</summary>
    public async Task<List<string>> KnownSinglesAsync(Guid account, IReadOnlyDictionary<string, long> lengths, CancellationToken cancellationToken)
    {
        await using var command = Command("""
            SELECT m.path FROM unnest($2::text[], $3::bigint[]) AS f(path, length) JOIN file_mails m ON m.provider_user_id = $1 AND m.path = f.path AND m.at_offset = 0 AND m.length = f.length
            """, account, lengths.Keys.ToArray(), lengths.Values.ToArray());
        return await TextsAsync(command, cancellationToken);
    }

    /// <summary>Writes a batch of mails and how far their file was read, in one commit.</summary>
    public Task SaveAsync(Guid account, FileScanRow? scan, IReadOnlyList<FileMailRow> mails, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            if (mails.Count > 0)
            {
                // The same mail twice in a file is one mail: the first place counts.
                var once = mails.DistinctBy(m => m.Id).OrderBy(m => m.Id, StringComparer.Ordinal).ToList();
                await using var insert = new NpgsqlCommand("""
                    INSERT INTO file_mails AS f (provider_user_id, id, thread_id, path, at_offset, length, received_at, listed, spooled, generation)
                    SELECT $1, m.id, m.thread_id, m.path, m.at_offset, m.length, m.received_at, m.listed, m.spooled, $2
                    FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::timestamptz[], $9::boolean[], $10::boolean[])
                      AS m(id, thread_id, path, at_offset, length, received_at, listed, spooled)
                    ORDER BY m.id ON CONFLICT (provider_user_id, id) DO UPDATE
                      SET path = EXCLUDED.path, at_offset = EXCLUDED.at_offset, length = EXCLUDED.length, listed = EXCLUDED.listed, spooled = EXCLUDED.spooled, generation = EXCLUDED.generation
                    """, connection)
                {
                    Parameters =
                    {
                        new() { Value = account }, new() { Value = scan?.Generation ?? 0 }, new() { Value = once.Select(m => m.Id).ToArray() },
                        new() { Value = once.Select(m => DbText.Clean(m.ThreadId, DbText.MaxHeader)).ToArray() }, new() { Value = once.Select(m => m.Path).ToArray() },
                        new() { Value = once.Select(m => m.Offset).ToArray() }, new() { Value = once.Select(m => m.Length).ToArray() },
                        new() { Value = once.Select(m => m.ReceivedAt.UtcDateTime).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                        new() { Value = once.Select(m => m.IsListed).ToArray() }, new() { Value = once.Select(m => m.IsSpooled).ToArray() },
                    },
                };
                await insert.ExecuteNonQueryAsync(cancellationToken);
            }

            if (scan is not null)
            {
                await using var save = new NpgsqlCommand("""
                    INSERT INTO file_scans (provider_user_id, path, size, modified_at, indexed_to, spool_length, generation, done, verbatim) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                    ON CONFLICT (provider_user_id, path) DO UPDATE SET size = $3, modified_at = $4, indexed_to = $5, spool_length = $6, generation = $7, done = $8, verbatim = $9
                    """, connection)
                {
                    Parameters =
                    {
                        new() { Value = account }, new() { Value = scan.Path }, new() { Value = scan.Size }, new() { Value = scan.ModifiedAt.UtcDateTime }, new() { Value = scan.IndexedTo },
                        new() { Value = scan.SpoolLength }, new() { Value = scan.Generation }, new() { Value = scan.IsDone }, new() { Value = scan.IsVerbatim },
                    },
                };
                await save.ExecuteNonQueryAsync(cancellationToken);
            }
        }, cancellationToken);

    /// <summary>Drops the mails of a file that an older scan saw and its newest did not.</summary>
    public Task PruneAsync(Guid account, string path, long generation, CancellationToken cancellationToken) =>
        RunAsync("DELETE FROM file_mails WHERE provider_user_id = $1 AND path = $2 AND generation < $3", cancellationToken, account, path, generation);

    /// <summary>Drops what is known of files.</summary>
    public Task DropAsync(Guid account, IReadOnlyCollection<string> paths, CancellationToken cancellationToken) =>
        paths.Count == 0 ? Task.CompletedTask : RunAsync("""
            WITH scans AS (DELETE FROM file_scans WHERE provider_user_id = $1 AND path = ANY ($2)) DELETE FROM file_mails WHERE provider_user_id = $1 AND path = ANY ($2)
            """, cancellationToken, account, paths.ToArray());

    /// <summary>The files that mails lie in.</summary>
    public async Task<List<string>> PathsAsync(Guid account, string after, int count, CancellationToken cancellationToken)
    {
        await using var command = Command("SELECT DISTINCT path FROM file_mails WHERE provider_user_id = $1 AND path > $2 ORDER BY path LIMIT $3", account, after, count);
        return await TextsAsync(command, cancellationToken);
    }

    /// <summary>How many mails are listed.</summary>
    public async Task<long> CountAsync(Guid account, CancellationToken cancellationToken)
    {
        await using var command = Command("SELECT count(*) FROM file_mails WHERE provider_user_id = $1 AND listed", account);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Listed mails of a window, newest first, after a place.</summary>
    public Task<List<FileMailRow>> ListAsync(Guid account, DateTimeOffset? after, DateTimeOffset? before, (DateTimeOffset At, string Id)? place, int count, CancellationToken cancellationToken)
    {
        var command = database.DataSource.CreateCommand($"""
            SELECT {MailColumns} FROM file_mails WHERE provider_user_id = $1 AND listed
              AND ($2::timestamptz IS NULL OR received_at >= $2) AND ($3::timestamptz IS NULL OR received_at < $3)
              AND ($4::timestamptz IS NULL OR (received_at <= $4 AND (received_at < $4 OR id > $5)))
            ORDER BY received_at DESC, id LIMIT $6
            """);
        command.Parameters.Add(new() { Value = account });
        foreach (var time in new[] { after, before, place?.At })
        {
            command.Parameters.Add(new() { Value = (object?)time?.UtcDateTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        }

        command.Parameters.Add(new() { Value = place?.Id ?? "" });
        command.Parameters.Add(new() { Value = count });
        return MailsAsync(command, cancellationToken);
    }

    /// <summary>Mails by id.</summary>
    public Task<List<FileMailRow>> FindAsync(Guid account, IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        MailsAsync(Command($"SELECT {MailColumns} FROM file_mails WHERE provider_user_id = $1 AND id = ANY ($2)", account, ids.ToArray()), cancellationToken);

    /// <summary>A thread's mails, oldest first.</summary>
    public Task<List<FileMailRow>> ThreadAsync(Guid account, string threadId, CancellationToken cancellationToken) =>
        MailsAsync(Command($"SELECT {MailColumns} FROM file_mails WHERE provider_user_id = $1 AND thread_id = $2 ORDER BY received_at, id LIMIT 500", account, threadId), cancellationToken);

    private static async Task<List<FileMailRow>> MailsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        await using (var row = await command.ExecuteReaderAsync(cancellationToken))
        {
            var mails = new List<FileMailRow>();
            while (await row.ReadAsync(cancellationToken))
            {
                mails.Add(new(
                    row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4), row.GetFieldValue<DateTimeOffset>(5), row.GetBoolean(6), row.GetBoolean(7)));
            }

            return mails;
        }
    }

    private static async Task<List<string>> TextsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var texts = new List<string>();
        while (await row.ReadAsync(cancellationToken))
        {
            texts.Add(row.GetString(0));
        }

        return texts;
    }

    private async Task RunAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = database.DataSource.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }

    private sealed class Held(NpgsqlConnection connection, Guid account) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await using var give = new NpgsqlCommand("SELECT pg_advisory_unlock(hashtextextended('files ' || $1::text, 0))", connection) { Parameters = { new() { Value = account } } };
                await give.ExecuteScalarAsync(CancellationToken.None);
            }
            catch (NpgsqlException)
            {
                // The connection is broken, and with it the lock is gone.
            }

            await connection.DisposeAsync();
        }
    }
}
