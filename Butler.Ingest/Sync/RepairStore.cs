using Npgsql;

namespace Butler.Ingest.Sync;

/// <summary>What a repair's listing showed, compared with the ledger. The one writer of <c>repair_seen</c>.</summary>
internal static class RepairStore
{
    /// <summary>Records the ids of a page inside the page's transaction.</summary>
    public static async Task SeenAsync(NpgsqlConnection connection, Guid syncId, IReadOnlyCollection<string> providerMessageIds, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            INSERT INTO repair_seen (sync_id, provider_user_id, provider_message_id)
            SELECT $1, j.provider_user_id, s.id FROM unnest($2::text[]) AS s(id) JOIN sync_jobs j ON j.id = $1 ORDER BY s.id ON CONFLICT DO NOTHING
            """, connection)
        { Parameters = { new() { Value = syncId }, new() { Value = providerMessageIds.ToArray() } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Records that the listing showed mails under a label, inside the page's transaction; mails that it did not show at all stay so.</summary>
    public static async Task LabelledAsync(NpgsqlConnection connection, Guid syncId, string label, IReadOnlyCollection<string> providerMessageIds, CancellationToken cancellationToken)
    {
        // In the order of their key: a twin of the message may write the same rows.
        await using var command = new NpgsqlCommand("""
            UPDATE repair_seen r SET labels = r.labels || $2
            FROM (SELECT provider_message_id FROM repair_seen WHERE sync_id = $1 AND provider_message_id = ANY ($3) AND NOT labels @> ARRAY[$2] ORDER BY provider_message_id FOR UPDATE) AS s
            WHERE r.sync_id = $1 AND r.provider_message_id = s.provider_message_id
            """, connection)
        { Parameters = { new() { Value = syncId }, new() { Value = label }, new() { Value = providerMessageIds.ToArray() } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Stored mails of the repair's range that its listing did not show, those that it showed with other labels, and those in Spam or Trash
    /// when last seen. Mails not yet fetched need no question: their fetch is one. Paged by ledger id.
    /// </summary>
    public static async Task<List<Suspect>> SuspectsAsync(NpgsqlDataSource dataSource, Guid syncId, Guid providerUserId, Guid after, int count, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT l.id, l.provider_message_id, s.updated_at
            FROM sync_jobs j JOIN ledger l ON l.provider_user_id = j.provider_user_id JOIN mail_state s ON s.id = l.id
              LEFT JOIN repair_seen r ON r.sync_id = j.id AND r.provider_message_id = l.provider_message_id
            WHERE j.id = $1 AND l.provider_user_id = $2 AND l.id > $3 AND l.state IN ('stored', 'done', 'skipped') AND l.listed_at < j.created_at
              AND s.deleted_at IS NULL AND (l.received_at IS NULL OR j.range_from IS NULL OR l.received_at >= j.range_from)
              AND (s.labels && ARRAY['SPAM', 'TRASH'] OR r.sync_id IS NULL OR NOT (r.labels @> s.labels AND r.labels <@ s.labels))
            ORDER BY l.id LIMIT $4
            """;
        await using var command = dataSource.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = syncId });
        command.Parameters.Add(new() { Value = providerUserId });
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = count });
        return await Suspect.ReadAsync(command, cancellationToken);
    }

    /// <summary>
    /// Whether a repair can still close its account's gap. Not so when it is closed (by a later repair, or a twin of this one's message), and
    /// when another was found since the repair began: the next one lists everything again, and asking now would be for nothing.
    /// </summary>
    public static async Task<bool> IsOpenAsync(NpgsqlDataSource dataSource, Guid syncId, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT p.gap_found_at <= j.created_at FROM sync_jobs j JOIN provider_users p ON p.id = j.provider_user_id WHERE j.id = $1");
        command.Parameters.Add(new() { Value = syncId });
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Forgets what a repair's listing showed, and what earlier ones saw that never came to their end because the account could not be used.</summary>
    public static async Task ForgetAsync(NpgsqlConnection connection, Guid syncId, CancellationToken cancellationToken)
    {
        // In the order of the key: a twin of the message deletes the same rows.
        await using var command = new NpgsqlCommand("""
            DELETE FROM repair_seen WHERE (sync_id, provider_message_id) IN (
              SELECT r.sync_id, r.provider_message_id FROM repair_seen r JOIN sync_jobs j ON j.id = r.sync_id JOIN sync_jobs ended ON ended.id = $1
              WHERE j.provider_user_id = ended.provider_user_id AND j.created_at <= ended.created_at ORDER BY 1, 2 FOR UPDATE OF r)
            """, connection)
        { Parameters = { new() { Value = syncId } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Forgets listings that nobody will ask for again: the repair is over, and its gap is closed or a newer one was found. A page of a
    /// repair that was cancelled, or of a twin of its message, may be written after the repair's own end.
    /// </summary>
    public static async Task ForgetLeftAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            DELETE FROM repair_seen WHERE (sync_id, provider_message_id) IN (
              SELECT r.sync_id, r.provider_message_id FROM repair_seen r JOIN sync_jobs j ON j.id = r.sync_id JOIN provider_users p ON p.id = j.provider_user_id
              WHERE j.status IN ('completed', 'failed') AND (p.gap_found_at IS NULL OR p.gap_found_at > j.created_at)
              ORDER BY 1, 2 LIMIT 5000 FOR UPDATE OF r SKIP LOCKED)
            """, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Ends a repair: the gap is closed unless another was found since it began, and the owner is told once. Returns how many mails the
    /// listing added.
    /// </summary>
    public static async Task EndAsync(NpgsqlConnection connection, Guid syncId, Guid providerUserId, int gone, int changed, CancellationToken cancellationToken)
    {
        long? found = null;
        await ForgetAsync(connection, syncId, cancellationToken);
        await using (var close = new NpgsqlCommand("""
            UPDATE provider_users p SET gap_found_at = NULL FROM sync_jobs j
            WHERE p.id = $1 AND j.id = $2 AND p.gap_found_at IS NOT NULL AND p.gap_found_at <= j.created_at RETURNING j.total
            """, connection)
        { Parameters = { new() { Value = providerUserId }, new() { Value = syncId } } })
        {
            found = await close.ExecuteScalarAsync(cancellationToken) as long?;
        }

        if (found is { } missing)
        {
            await UserEvents.AddAsync(connection, providerUserId, UserEvents.Repaired,
                $"The gap is closed: {missing} mails were missing and are fetched, {gone} were deleted at Gmail meanwhile, {changed} had other labels.", cancellationToken);
        }
    }
}
