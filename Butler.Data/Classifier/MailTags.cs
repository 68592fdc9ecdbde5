using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Classifier;

/// <summary>A judged mail with what rules of tags look at.</summary>
public sealed record TaggedMail(
    Guid Id, DateTimeOffset ReceivedAt, string Subject, string Text, string FromAddress, IReadOnlyList<string> To, IReadOnlyList<string> Cc, string? ListId, IReadOnlyList<string> Tags)
{
    /// <summary>Never prints mail.</summary>
    public override string ToString() => $"tags of {Id}";
}

/// <summary>A tag to write or to take from a mail.</summary>
/// <param name="MailId">The mail.</param>
/// <param name="Tag">The tag.</param>
/// <param name="Add">Write it; else take it away.</param>
/// <param name="UnlessAnswered">Not taken away where the newest verdict is a chat model's that gave it.</param>
public readonly record struct TagEdit(Guid MailId, string Tag, bool Add, bool UnlessAnswered);

/// <summary>Tags of mails that are judged already: read by page, written as sets (docs/tags.md).</summary>
public static class MailTags
{
    /// <summary>The next judged mails of an account, newest first, after the given place.</summary>
    /// <param name="source">The database.</param>
    /// <param name="account">The account.</param>
    /// <param name="before">The place of the last mail seen; null: from the newest.</param>
    /// <param name="after">Its id.</param>
    /// <param name="text">Characters of each text that are needed; 0: the texts, which are most of the bytes, are not read.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<List<TaggedMail>> PageAsync(NpgsqlDataSource source, Guid account, DateTimeOffset? before, Guid after, int text, int count, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("""
            SELECT e.id, e.received_at, e.subject, CASE WHEN $4 > 0 THEN left(e.new_text, $4) ELSE '' END, coalesce(e.from_address, ''), e.to_addresses, e.cc_addresses, e.signals ->> 'list_id',
              (SELECT coalesce(array_agg(t.tag), '{}') FROM email_tags t WHERE t.mail_id = e.id AND t.expires_at > now())
            FROM emails e JOIN ledger l ON l.id = e.id AND l.state = 'done'
            WHERE e.provider_user_id = $1 AND e.expires_at > now() AND ($2::timestamptz IS NULL OR e.received_at <= $2 AND (e.received_at < $2 OR e.id > $3))
            ORDER BY e.received_at DESC, e.id LIMIT $5
            """);
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = (object?)before?.UtcDateTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = text });
        command.Parameters.Add(new() { Value = count });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var mails = new List<TaggedMail>();
        while (await row.ReadAsync(cancellationToken))
        {
            mails.Add(new(row.GetGuid(0), row.GetFieldValue<DateTimeOffset>(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetFieldValue<string[]>(5), row.GetFieldValue<string[]>(6),
                row.IsDBNull(7) ? null : row.GetString(7), row.GetFieldValue<string[]>(8)));
        }

        return mails;
    }

    /// <summary>
    /// Writes and takes away tags of mails that are not over. The ledger's rows are locked first, in id order (MECHANICS 1), and say when a
    /// tag expires. Returns the mails that it was done for.
    /// </summary>
    public static async Task<int> WriteAsync(NpgsqlConnection connection, IReadOnlyCollection<TagEdit> edits, CancellationToken cancellationToken)
    {
        if (edits.Count == 0)
        {
            return 0;
        }

        await using var held = new NpgsqlCommand("SELECT id FROM ledger WHERE id = ANY ($1) AND state = 'done' AND (expires_at IS NULL OR expires_at > now()) ORDER BY id FOR NO KEY UPDATE", connection)
        { Parameters = { new() { Value = edits.Select(e => e.MailId).Distinct().ToArray() } } };
        var mails = new HashSet<Guid>();
        await using (var row = await held.ExecuteReaderAsync(cancellationToken))
        {
            while (await row.ReadAsync(cancellationToken))
            {
                mails.Add(row.GetGuid(0));
            }
        }

        var (added, removed) = (edits.Where(e => e.Add && mails.Contains(e.MailId)).ToList(), edits.Where(e => !e.Add && mails.Contains(e.MailId)).ToList());
        await using (var remove = new NpgsqlCommand("""
            DELETE FROM email_tags t USING unnest($1::uuid[], $2::text[], $3::boolean[]) AS d(mail_id, tag, unless_answered)
            WHERE t.mail_id = d.mail_id AND t.tag = d.tag AND NOT (d.unless_answered AND coalesce((
              SELECT v.record #> '{answer,tags}' @> to_jsonb(d.tag) FROM verdicts v WHERE v.mail_id = d.mail_id ORDER BY v.revision DESC LIMIT 1), false))
            """, connection)
        {
            Parameters =
            {
                new() { Value = removed.Select(e => e.MailId).ToArray() }, new() { Value = removed.Select(e => e.Tag).ToArray() }, new() { Value = removed.Select(e => e.UnlessAnswered).ToArray() },
            },
        })
        {
            await remove.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var add = new NpgsqlCommand("""
            INSERT INTO email_tags (mail_id, expires_at, provider_user_id, tag)
            SELECT l.id, coalesce(l.expires_at, 'infinity'), l.provider_user_id, a.tag FROM unnest($1::uuid[], $2::text[]) AS a(mail_id, tag) JOIN ledger l ON l.id = a.mail_id
            ORDER BY l.id, a.tag ON CONFLICT DO NOTHING
            """, connection)
        { Parameters = { new() { Value = added.Select(e => e.MailId).ToArray() }, new() { Value = added.Select(e => e.Tag).ToArray() } } };
        await add.ExecuteNonQueryAsync(cancellationToken);
        return mails.Count;
    }

    /// <summary>
    /// Gives an account's transactions the tags that their mails bear now; those of mails that are over keep what they have of
    /// <paramref name="allowed"/>. Under the lock of the owner's books, which all who change them take first.
    /// </summary>
    public static async Task<int> CopyToTransactionsAsync(NpgsqlConnection connection, Guid account, string[] allowed, CancellationToken cancellationToken)
    {
        await TransactionWriter.HoldAsync(connection, account, cancellationToken);
        await using var command = new NpgsqlCommand("""
            WITH now_tags AS (
              SELECT t.id, CASE WHEN EXISTS (SELECT FROM emails e WHERE e.id = t.mail_id AND e.expires_at > now())
                THEN (SELECT coalesce(array_agg(g.tag ORDER BY g.tag), '{}') FROM email_tags g WHERE g.mail_id = t.mail_id AND g.expires_at > now())
                ELSE ARRAY(SELECT x FROM unnest(t.tags) x WHERE x = ANY ($2)) END AS tags
              FROM transactions t WHERE t.provider_user_id = $1)
            UPDATE transactions t SET tags = n.tags FROM now_tags n WHERE t.id = n.id AND NOT (t.tags @> n.tags AND t.tags <@ n.tags)
            """, connection)
        { Parameters = { new() { Value = account }, new() { Value = allowed } } };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
