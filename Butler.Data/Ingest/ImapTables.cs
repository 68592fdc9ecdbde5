using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Ingest;

/// <summary>
/// The one writer of <c>mailbox_folders</c>, <c>message_locations</c>, <c>mailbox_changes</c> and <c>mail_threads</c>, and of the counters in
/// <c>imap_accounts</c>: by columns, a batch per statement, inside the caller's transaction. Who changes anything locks the row of
/// <c>imap_accounts</c> first, so ids of changes become visible in their order (a reader that saw 10 has seen 9). Without that row nothing
/// is written: it is the first to go when an account is erased, and a look that is under way then leaves nothing behind.
/// </summary>
public static class ImapTables
{
    /// <summary>How long the log of changes reaches back; a reader that was away longer lists everything again.</summary>
    public static readonly TimeSpan ChangesKept = TimeSpan.FromDays(8);

    private const int PruneAtOnce = 5000;

    /// <summary>Generation, newest change, chosen folders, whether a look was recorded; null: no such account.</summary>
    public static async Task<(long Generation, long HistoryId, string[] Chosen, bool Looked)?> FindAsync(NpgsqlDataSource source, Guid account, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT generation, history_id, folders, looked_at IS NOT NULL FROM imap_accounts WHERE provider_user_id = $1");
        command.Parameters.Add(new() { Value = account });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<string[]>(2), reader.GetBoolean(3)) : null;
    }

    /// <summary>The folders of an account.</summary>
    public static async Task<List<(long Id, string Name, string Role, bool Followed, long? UidValidity, long? UidNext, long? HighestModSeq, long? Messages)>> FoldersAsync(
        NpgsqlDataSource source, Guid account, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("""
            SELECT id, name, role, followed, uidvalidity, uidnext, highestmodseq, messages FROM mailbox_folders WHERE provider_user_id = $1 ORDER BY id
            """);
        command.Parameters.Add(new() { Value = account });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var folders = new List<(long, string, string, bool, long?, long?, long?, long?)>();
        long? Number(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);
        while (await reader.ReadAsync(cancellationToken))
        {
            folders.Add((reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), Number(4), Number(5), Number(6), Number(7)));
        }

        return folders;
    }

    /// <summary>Adds folders and sets what part they have.</summary>
    public static async Task NameFoldersAsync(NpgsqlConnection connection, Guid account, string[] names, string[] roles, bool[] followed, CancellationToken cancellationToken)
    {
        // A folder that was not followed before knows only some of its mails: it is read from its beginning again.
        await using var command = new NpgsqlCommand("""
            WITH held AS (SELECT FROM imap_accounts WHERE provider_user_id = $1 FOR KEY SHARE)
            INSERT INTO mailbox_folders AS f (provider_user_id, name, role, followed)
            SELECT $1, n.name, n.role, n.followed FROM held, unnest($2::text[], $3::text[], $4::boolean[]) AS n(name, role, followed) ORDER BY n.name
            ON CONFLICT ON CONSTRAINT mailbox_folders_once DO UPDATE SET role = EXCLUDED.role, followed = EXCLUDED.followed,
              uidnext = CASE WHEN EXCLUDED.followed AND NOT f.followed THEN NULL ELSE f.uidnext END
            WHERE f.role <> EXCLUDED.role OR f.followed <> EXCLUDED.followed
            """, connection)
        { Parameters = { new() { Value = account }, new() { Value = names }, new() { Value = roles }, new() { Value = followed } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Known places: of a folder, or of mails.</summary>
    public static async Task<List<(long FolderId, long Uid, string Id, int Marks, string[]? Labels, long Size, DateTime InternalDate, string? ThreadId, bool FromOwner)>> PlacesAsync(
        NpgsqlDataSource source, Guid account, long? folder, long[]? uids, string[]? ids, CancellationToken cancellationToken)
    {
        var which = folder is null ? "provider_message_id = ANY ($2)" : uids is null ? "folder_id = $2" : "folder_id = $2 AND uid = ANY ($3)";
        await using var command = source.CreateCommand($"""
            SELECT folder_id, uid, provider_message_id, flags, labels, size, internal_date, thread_id, from_owner FROM message_locations
            WHERE provider_user_id = $1 AND {which} ORDER BY folder_id, uid
            """);
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(folder is { } id ? new() { Value = id } : new() { Value = ids! });
        if (uids is not null)
        {
            command.Parameters.Add(new() { Value = uids });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var places = new List<(long, long, string, int, string[]?, long, DateTime, string?, bool)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            places.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt16(3), reader.IsDBNull(4) ? null : reader.GetFieldValue<string[]>(4),
                reader.GetInt64(5), reader.GetDateTime(6), reader.IsDBNull(7) ? null : reader.GetString(7), reader.GetBoolean(8)));
        }

        return places;
    }

    /// <summary>Message-ID, size and arrival of stored mails, found by id.</summary>
    public static Task<List<(string Id, string MessageId, long Size, DateTime ReceivedAt)>> IdentifyAsync(NpgsqlDataSource source, Guid account, string[] ids, CancellationToken cancellationToken) =>
        IdentitiesAsync(source, """
            SELECT l.provider_message_id, e.message_id, e.size, e.received_at FROM ledger l JOIN emails e ON e.id = l.id
            WHERE l.provider_user_id = $1 AND l.provider_message_id = ANY ($2) AND e.message_id IS NOT NULL
            """, [new() { Value = account }, new() { Value = ids }], cancellationToken);

    /// <summary>Stored mails not deleted at the server, found by Message-ID through the keys of <c>mail_threads</c>.</summary>
    public static Task<List<(string Id, string MessageId, long Size, DateTime ReceivedAt)>> FindSameAsync(
        NpgsqlDataSource source, Guid account, string[] messageIds, byte[][] keys, CancellationToken cancellationToken) =>
        IdentitiesAsync(source, """
            SELECT l.provider_message_id, e.message_id, e.size, e.received_at
            FROM (SELECT DISTINCT thread_id FROM mail_threads WHERE provider_user_id = $1 AND key = ANY ($3)) t
            JOIN emails e ON e.provider_user_id = $1 AND e.thread_id = t.thread_id AND e.message_id = ANY ($2)
            JOIN mail_state s ON s.id = e.id AND s.deleted_at IS NULL JOIN ledger l ON l.id = e.id
            """, [new() { Value = account }, new() { Value = messageIds }, new() { Value = keys }], cancellationToken);

    /// <summary>The threads of keys, as far as they are known.</summary>
    public static async Task<Dictionary<string, string>> ThreadsAsync(NpgsqlDataSource source, Guid account, byte[][] keys, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT key, thread_id FROM mail_threads WHERE provider_user_id = $1 AND key = ANY ($2)");
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = keys });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var threads = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            threads[Convert.ToHexString(reader.GetFieldValue<byte[]>(0))] = reader.GetString(1);
        }

        return threads;
    }

    /// <summary>Leads keys, sorted by the caller, to threads; a known key stays.</summary>
    public static async Task AddThreadsAsync(NpgsqlDataSource source, Guid account, byte[][] keys, string[] threads, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("""
            WITH held AS (SELECT FROM imap_accounts WHERE provider_user_id = $1 FOR KEY SHARE)
            INSERT INTO mail_threads (provider_user_id, key, thread_id) SELECT $1, k, t FROM held, unnest($2::bytea[], $3::text[]) AS n(k, t) ORDER BY k ON CONFLICT DO NOTHING
            """);
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = keys });
        command.Parameters.Add(new() { Value = threads });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Locks the account for a change and raises its generation. False: another look was recorded meanwhile.</summary>
    public static async Task<bool> BeginAsync(NpgsqlConnection connection, Guid account, long generation, bool complete, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            UPDATE imap_accounts SET generation = generation + 1, looked_at = CASE WHEN $3 THEN now() ELSE looked_at END WHERE provider_user_id = $1 AND generation = $2
            """, connection)
        { Parameters = { new() { Value = account }, new() { Value = generation }, new() { Value = complete } } };
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Empties folders, and forgets those that are gone.</summary>
    public static async Task ClearAsync(NpgsqlConnection connection, Guid account, long[] cleared, long[] gone, CancellationToken cancellationToken)
    {
        await RunAsync(connection, "DELETE FROM message_locations WHERE provider_user_id = $1 AND folder_id = ANY ($2)", [new() { Value = account }, new() { Value = cleared.Concat(gone).ToArray() }], cancellationToken);
        await RunAsync(connection, "DELETE FROM mailbox_folders WHERE provider_user_id = $1 AND id = ANY ($2)", [new() { Value = account }, new() { Value = gone }], cancellationToken);
    }

    /// <summary>Removes places.</summary>
    public static Task RemoveAsync(NpgsqlConnection connection, Guid account, long[] folders, long[] uids, CancellationToken cancellationToken) => RunAsync(connection, """
        DELETE FROM message_locations m USING unnest($2::bigint[], $3::bigint[]) AS r(folder_id, uid) WHERE m.provider_user_id = $1 AND m.folder_id = r.folder_id AND m.uid = r.uid
        """, [new() { Value = account }, new() { Value = folders }, new() { Value = uids }], cancellationToken);

    /// <summary>Sets flags.</summary>
    public static Task ReflagAsync(NpgsqlConnection connection, Guid account, long[] folders, long[] uids, short[] marks, string?[] labels, CancellationToken cancellationToken) => RunAsync(connection, """
        UPDATE message_locations m SET flags = r.flags, labels = string_to_array(r.labels, E'\n')
        FROM unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::text[]) AS r(folder_id, uid, flags, labels)
        WHERE m.provider_user_id = $1 AND m.folder_id = r.folder_id AND m.uid = r.uid
        """, [new() { Value = account }, new() { Value = folders }, new() { Value = uids }, new() { Value = marks }, Texts(labels)], cancellationToken);

    /// <summary>Adds places by binary COPY; the caller has removed what was there.</summary>
    public static async Task AddAsync(
        NpgsqlConnection connection, Guid account,
        IEnumerable<(long FolderId, long Uid, string Id, int Marks, IReadOnlyList<string>? Labels, long Size, DateTime InternalDate, string? ThreadId, bool FromOwner)> places,
        CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync("""
            COPY message_locations (folder_id, uid, provider_user_id, provider_message_id, flags, labels, size, internal_date, thread_id, from_owner) FROM STDIN (FORMAT BINARY)
            """, cancellationToken);
        foreach (var place in places)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(place.FolderId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(place.Uid, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(account, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(place.Id, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync((short)place.Marks, NpgsqlDbType.Smallint, cancellationToken);
            if (place.Labels is { } labels)
            {
                await copy.WriteAsync(labels.Select(l => DbText.Clean(l, DbText.MaxHeader)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
            }
            else
            {
                await copy.WriteNullAsync(cancellationToken);
            }

            await copy.WriteAsync(place.Size, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(place.InternalDate, NpgsqlDbType.TimestampTz, cancellationToken);
            if (place.ThreadId is { } thread)
            {
                await copy.WriteAsync(thread, NpgsqlDbType.Text, cancellationToken);
            }
            else
            {
                await copy.WriteNullAsync(cancellationToken);
            }

            await copy.WriteAsync(place.FromOwner, NpgsqlDbType.Boolean, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    /// <summary>Records the state of folders.</summary>
    public static Task SetFoldersAsync(
        NpgsqlConnection connection, Guid account, long[] ids, long[] uidValidity, long[] uidNext, long?[] highestModSeq, long[] messages, CancellationToken cancellationToken) =>
        RunAsync(connection, """
            UPDATE mailbox_folders f SET uidvalidity = s.uidvalidity, uidnext = s.uidnext, highestmodseq = s.highestmodseq, messages = s.messages
            FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS s(id, uidvalidity, uidnext, highestmodseq, messages)
            WHERE f.provider_user_id = $1 AND f.id = s.id
            """,
            [new() { Value = account }, new() { Value = ids }, new() { Value = uidValidity }, new() { Value = uidNext },
                new() { Value = highestModSeq, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint }, new() { Value = messages }], cancellationToken);

    /// <summary>Adds changes to the log, with the next ids; the account's row is locked. Whether there is anything new in it.</summary>
    public static async Task<bool> LogAsync(NpgsqlConnection connection, Guid account, short[] kinds, string[] ids, string[] threads, string[] labels, CancellationToken cancellationToken)
    {
        if (kinds.Length == 0)
        {
            return false;
        }

        var logged = await RunAsync(connection, """
            WITH counted AS (UPDATE imap_accounts SET history_id = history_id + $2 WHERE provider_user_id = $1 RETURNING history_id - $2 AS before)
            INSERT INTO mailbox_changes (provider_user_id, id, kind, provider_message_id, thread_id, labels)
            SELECT $1, counted.before + c.n, c.kind, c.id, c.thread_id, string_to_array(c.labels, E'\n')
            FROM counted, unnest($3::smallint[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY AS c(kind, id, thread_id, labels, n)
            """,
            [new() { Value = account }, new() { Value = (long)kinds.Length }, new() { Value = kinds }, new() { Value = ids }, new() { Value = threads }, Texts(labels)], cancellationToken);

        // What is too old goes with the same lock held, so the floor is never above a row that somebody still counts on.
        await RunAsync(connection, """
            WITH old AS (
              DELETE FROM mailbox_changes WHERE provider_user_id = $1 AND id IN (
                SELECT id FROM mailbox_changes WHERE provider_user_id = $1 AND created_at < now() - $2 ORDER BY id LIMIT $3) RETURNING id)
            UPDATE imap_accounts SET history_floor = greatest(history_floor, (SELECT max(id) FROM old)) WHERE provider_user_id = $1 AND EXISTS (SELECT FROM old)
            """, [new() { Value = account }, new() { Value = ChangesKept }, new() { Value = PruneAtOnce }], cancellationToken);
        return logged > 0;
    }

    /// <summary>
    /// A mail that turned out to be one that is known: its places, and the open changes of its labels, become the known one's. The
    /// account's row is locked here, before the places.
    /// </summary>
    public static async Task MergeAsync(NpgsqlConnection connection, Guid account, string[] newer, string[] older, CancellationToken cancellationToken)
    {
        await RunAsync(connection, "UPDATE imap_accounts SET generation = generation + 1 WHERE provider_user_id = $1", [new() { Value = account }], cancellationToken);
        await RunAsync(connection, """
            UPDATE message_locations m SET provider_message_id = r.older FROM unnest($2::text[], $3::text[]) AS r(newer, older) WHERE m.provider_user_id = $1 AND m.provider_message_id = r.newer
            """, [new() { Value = account }, new() { Value = newer }, new() { Value = older }], cancellationToken);
    }

    /// <summary>Changes after an id; null when the log does not reach back.</summary>
    public static async Task<List<(long Id, int Kind, string MailId, string ThreadId, string[] Labels)>?> ChangesAsync(
        NpgsqlDataSource source, Guid account, long start, int count, CancellationToken cancellationToken)
    {
        await using (var floor = source.CreateCommand("SELECT 1 FROM imap_accounts WHERE provider_user_id = $1 AND history_floor <= $2 AND history_id >= $2"))
        {
            floor.Parameters.Add(new() { Value = account });
            floor.Parameters.Add(new() { Value = start });
            if (await floor.ExecuteScalarAsync(cancellationToken) is null)
            {
                return null;
            }
        }

        await using var command = source.CreateCommand("""
            SELECT id, kind, provider_message_id, thread_id, labels FROM mailbox_changes WHERE provider_user_id = $1 AND id > $2 ORDER BY id LIMIT $3
            """);
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = start });
        command.Parameters.Add(new() { Value = count });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var changes = new List<(long, int, string, string, string[])>();
        while (await reader.ReadAsync(cancellationToken))
        {
            changes.Add((reader.GetInt64(0), reader.GetInt16(1), reader.GetString(2), reader.GetString(3), reader.GetFieldValue<string[]>(4)));
        }

        return changes;
    }

    /// <summary>Places of mail in followed folders, newest first, without drafts and what is marked deleted.</summary>
    public static async Task<List<(string Id, string? ThreadId, DateTime InternalDate, long FolderId, long Uid)>> ListAsync(
        NpgsqlDataSource source, Guid account, DateTime? after, DateTime? before, (DateTime Date, long FolderId, long Uid)? cursor, int count, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("""
            SELECT m.provider_message_id, m.thread_id, m.internal_date, m.folder_id, m.uid FROM message_locations m
            WHERE m.provider_user_id = $1 AND m.flags & 12 = 0 AND m.internal_date >= coalesce($2, '-infinity') AND m.internal_date < coalesce($3, 'infinity')
              AND m.folder_id IN (SELECT id FROM mailbox_folders WHERE provider_user_id = $1 AND followed AND role NOT IN ('drafts', 'junk', 'trash'))
              AND ($4::timestamptz IS NULL OR (m.internal_date, -m.folder_id, -m.uid) < ($4, -$5, -$6))
              AND NOT coalesce(m.labels && '{DRAFT}', false)
            ORDER BY m.internal_date DESC, m.folder_id, m.uid LIMIT $7
            """);
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = (object?)after ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)before ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)cursor?.Date ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = cursor?.FolderId ?? 0 });
        command.Parameters.Add(new() { Value = cursor?.Uid ?? 0 });
        command.Parameters.Add(new() { Value = count });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var listed = new List<(string, string?, DateTime, long, long)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            listed.Add((reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetDateTime(2), reader.GetInt64(3), reader.GetInt64(4)));
        }

        return listed;
    }

    /// <summary>The mails of a thread: stored ones, and places whose headers were read.</summary>
    public static async Task<List<(string Id, DateTime ReceivedAt, string? From, bool FromOwner, bool Deleted)>> ThreadAsync(NpgsqlDataSource source, Guid account, string thread, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("""
            SELECT l.provider_message_id, e.received_at, e.from_address, s.direction = 'out',
              NOT EXISTS (SELECT FROM message_locations m WHERE m.provider_user_id = $1 AND m.provider_message_id = l.provider_message_id)
            FROM emails e JOIN ledger l ON l.id = e.id JOIN mail_state s ON s.id = e.id WHERE e.provider_user_id = $1 AND e.thread_id = $2 AND e.expires_at > now()
            UNION ALL
            SELECT m.provider_message_id, m.internal_date, NULL, m.from_owner, false FROM message_locations m
            WHERE m.provider_user_id = $1 AND m.thread_id = $2 AND NOT EXISTS (
              SELECT FROM ledger l JOIN emails e ON e.id = l.id WHERE l.provider_user_id = $1 AND l.provider_message_id = m.provider_message_id)
            """);
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = thread });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var mails = new List<(string, DateTime, string?, bool, bool)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            mails.Add((reader.GetString(0), reader.GetDateTime(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.GetBoolean(3), reader.GetBoolean(4)));
        }

        return mails;
    }

    private static async Task<List<(string Id, string MessageId, long Size, DateTime ReceivedAt)>> IdentitiesAsync(
        NpgsqlDataSource source, string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<(string, string, long, DateTime)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add((reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetDateTime(3)));
        }

        return found;
    }

    private static NpgsqlParameter Texts(string?[] texts) => new() { Value = texts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static async Task<int> RunAsync(NpgsqlConnection connection, string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
