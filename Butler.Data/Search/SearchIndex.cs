using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Search;

/// <summary>A mail that waits for its index, with what is embedded.</summary>
/// <param name="Id">The mail.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Text">What its sender wrote now, at most <see cref="SearchIndex.MaxText"/> characters.</param>
public sealed record MailToIndex(Guid Id, string Subject, string Text);

/// <summary>The passages of one mail and their vectors.</summary>
/// <param name="MailId">The mail.</param>
/// <param name="Model">What made the vectors.</param>
/// <param name="Spans">Start and length of each passage in the mail's new text, one after the other.</param>
/// <param name="Vectors">All vectors in a row, one signed byte per number.</param>
public sealed record EmbeddedMail(Guid MailId, string Model, int[] Spans, byte[] Vectors);

/// <summary>Mails whose vectors another model made, or that were lost on their way to the index.</summary>
/// <param name="ProviderUserId">The account.</param>
/// <param name="MailIds">The mails.</param>
public sealed record UnindexedMails(Guid ProviderUserId, Guid[] MailIds);

/// <summary>
/// The one writer of <c>search_open</c>, <c>email_search</c> and <c>email_embeddings</c> (MECHANICS 8). A mail is open until its index is
/// written in the same transaction; a repeated batch finds nothing open and writes nothing.
/// </summary>
public static class SearchIndex
{
    /// <summary>Characters of a mail that are indexed (MECHANICS 4).</summary>
    public const int MaxText = 256 * 1024;

    /// <summary>Notes mails whose index is due, with the transition that makes it due.</summary>
    public static async Task OpenAsync(NpgsqlConnection connection, Guid providerUserId, IReadOnlyCollection<Guid> mails, CancellationToken cancellationToken)
    {
        if (mails.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand("INSERT INTO search_open (mail_id, provider_user_id) SELECT m, $2 FROM unnest($1::uuid[]) AS m ORDER BY m ON CONFLICT DO NOTHING", connection)
        {
            Parameters = { new() { Value = mails.ToArray() }, new() { Value = providerUserId } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Of these mails those that are open, with their text.</summary>
    public static async Task<List<MailToIndex>> ReadAsync(NpgsqlDataSource dataSource, Guid[] mails, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"""
            SELECT e.id, e.subject, left(e.new_text, {MaxText}) FROM search_open o JOIN emails e ON e.id = o.mail_id WHERE o.mail_id = ANY ($1) AND e.expires_at > now()
            """);
        command.Parameters.Add(new() { Value = mails });
        return await TextsAsync(command, cancellationToken);
    }

    /// <summary>Of these mails those that are indexed with vectors of another model than <paramref name="model"/>.</summary>
    public static async Task<List<MailToIndex>> ReadOtherAsync(NpgsqlDataSource dataSource, Guid[] mails, string model, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"""
            SELECT e.id, e.subject, left(e.new_text, {MaxText}) FROM email_embeddings v JOIN emails e ON e.id = v.mail_id
            WHERE v.mail_id = ANY ($1) AND v.model <> $2 AND v.expires_at > now() AND e.expires_at > now()
            """);
        command.Parameters.Add(new() { Value = mails });
        command.Parameters.Add(new() { Value = model });
        return await TextsAsync(command, cancellationToken);
    }

    private static async Task<List<MailToIndex>> TextsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var read = new List<MailToIndex>();
        while (await row.ReadAsync(cancellationToken))
        {
            read.Add(new(row.GetGuid(0), row.GetString(1), row.GetString(2)));
        }

        return read;
    }

    /// <summary>
    /// Writes words and vectors of the mails that are still open, and closes them. Returns how many were. Of mails without text any more
    /// nothing is written; they are closed as well.
    /// </summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="mails">The batch.</param>
    /// <param name="vectors">Those of the batch that have vectors.</param>
    /// <param name="words">False: only the vectors, for a mail whose words the server cannot hold.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<int> WriteAsync(NpgsqlConnection connection, Guid[] mails, IReadOnlyList<EmbeddedMail> vectors, bool words, CancellationToken cancellationToken)
    {
        var expiry = await LockAsync(connection, mails, cancellationToken);
        var open = await IdsAsync(connection, "DELETE FROM search_open WHERE mail_id = ANY ($1) RETURNING mail_id", mails, cancellationToken);
        Guid[] written = [.. open.Where(expiry.ContainsKey).Order()];
        if (written.Length > 0)
        {
            await using var clear = new NpgsqlCommand("DELETE FROM email_search WHERE mail_id = ANY ($1)", connection) { Parameters = { new() { Value = written } } };
            await clear.ExecuteNonQueryAsync(cancellationToken);
            await using var insert = new NpgsqlCommand($"""
                INSERT INTO email_search (mail_id, expires_at, provider_user_id, received_at, language, words, document)
                SELECT e.id, e.expires_at, e.provider_user_id, e.received_at, e.language, 3 + (length(e.subject) + least(length(e.new_text), {MaxText})) / 6, butler_search_document(e.provider_user_id, e.language, e.subject,
                  concat_ws(' ', e.from_name, e.from_address), left(array_to_string(e.to_addresses || e.cc_addresses, ' ') || ' ' || coalesce(
                    (SELECT string_agg(a ->> 'name', ' ') FROM jsonb_array_elements(e.attachments) a), ''), 8192), CASE WHEN $2 THEN left(e.new_text, {MaxText}) ELSE '' END)
                FROM emails e WHERE e.id = ANY ($1) AND e.expires_at > now()
                """, connection)
            { Parameters = { new() { Value = written }, new() { Value = words } } };
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        await VectorsAsync(connection, expiry, [.. vectors.Where(v => written.Contains(v.MailId))], cancellationToken);
        return open.Length;
    }

    /// <summary>Puts vectors of another model in the place of those that are there. Returns how many were replaced.</summary>
    public static async Task<int> ReplaceAsync(NpgsqlConnection connection, IReadOnlyList<EmbeddedMail> vectors, CancellationToken cancellationToken)
    {
        var expiry = await LockAsync(connection, [.. vectors.Select(v => v.MailId)], cancellationToken);
        var there = await IdsAsync(connection, "SELECT mail_id FROM email_embeddings WHERE mail_id = ANY ($1)", [.. expiry.Keys], cancellationToken);
        return await VectorsAsync(connection, expiry, [.. vectors.Where(v => there.Contains(v.MailId))], cancellationToken);
    }

    /// <summary>Accounts with mails open for longer than <paramref name="after"/> that no message is on its way for.</summary>
    public static async Task<List<UnindexedMails>> LostAsync(NpgsqlConnection connection, string kind, TimeSpan after, int accounts, int mails, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT p.provider_user_id, (SELECT array_agg(o.mail_id) FROM (
              SELECT o.mail_id FROM search_open o WHERE o.provider_user_id = p.provider_user_id AND o.queued_at < now() - $2 ORDER BY o.queued_at LIMIT $4) o)
            FROM (SELECT DISTINCT o.provider_user_id FROM search_open o WHERE o.queued_at < now() - $2
              AND NOT EXISTS (SELECT FROM outbox m WHERE m.provider_user_id = o.provider_user_id AND m.kind = $1) LIMIT $3) p
            """, connection)
        { Parameters = { new() { Value = kind }, new() { Value = after }, new() { Value = accounts }, new() { Value = mails } } };
        return await AccountsAsync(command, cancellationToken);
    }

    /// <summary>Accounts with vectors that another model than <paramref name="model"/> made, newest mail first, unless a message is on its way.</summary>
    public static async Task<List<UnindexedMails>> OtherModelAsync(NpgsqlConnection connection, string kind, string model, int accounts, int mails, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT p.id, (SELECT array_agg(v.mail_id) FROM (
              SELECT v.mail_id FROM email_embeddings v WHERE v.provider_user_id = p.id AND v.model <> $2 AND v.expires_at > now() ORDER BY v.received_at DESC LIMIT $4) v)
            FROM provider_users p WHERE EXISTS (SELECT FROM email_embeddings v WHERE v.provider_user_id = p.id AND v.model <> $2 AND v.expires_at > now())
              AND NOT EXISTS (SELECT FROM outbox m WHERE m.provider_user_id = p.id AND m.kind = $1) LIMIT $3
            """, connection)
        { Parameters = { new() { Value = kind }, new() { Value = model }, new() { Value = accounts }, new() { Value = mails } } };
        return await AccountsAsync(command, cancellationToken);
    }

    /// <summary>Counts a try of mails that are indexed alone. Returns how many there were of the first one so far; 0 when it is not open.</summary>
    public static async Task<int> CountTryAsync(NpgsqlConnection connection, Guid mail, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE search_open SET tries = tries + 1 WHERE mail_id = $1 RETURNING tries", connection) { Parameters = { new() { Value = mail } } };
        return await command.ExecuteScalarAsync(cancellationToken) as short? ?? 0;
    }

    /// <summary>The expiry of those that are not over, their rows locked in id order: the ledger is the truth (docs/data.md).</summary>
    private static async Task<Dictionary<Guid, DateTime>> LockAsync(NpgsqlConnection connection, Guid[] mails, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT id, expires_at, state = 'expired' OR COALESCE(expires_at <= now(), false) FROM ledger WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", connection)
        {
            Parameters = { new() { Value = mails } },
        };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var expiry = new Dictionary<Guid, DateTime>();
        while (await row.ReadAsync(cancellationToken))
        {
            if (!row.GetBoolean(2))
            {
                expiry[row.GetGuid(0)] = row.IsDBNull(1) ? DateTime.MaxValue : row.GetDateTime(1);
            }
        }

        return expiry;
    }

    private static async Task<int> VectorsAsync(NpgsqlConnection connection, Dictionary<Guid, DateTime> expiry, List<EmbeddedMail> vectors, CancellationToken cancellationToken)
    {
        if (vectors.Count == 0)
        {
            return 0;
        }

        Guid[] ids = [.. vectors.Select(v => v.MailId)];
        var received = new Dictionary<Guid, (Guid Account, DateTime At, DateTime Now)>();
        await using (var clear = new NpgsqlCommand("DELETE FROM email_embeddings WHERE mail_id = ANY ($1)", connection) { Parameters = { new() { Value = ids } } })
        {
            await clear.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var mails = new NpgsqlCommand("SELECT id, provider_user_id, received_at, now() FROM emails WHERE id = ANY ($1) AND expires_at > now()", connection) { Parameters = { new() { Value = ids } } })
        await using (var row = await mails.ExecuteReaderAsync(cancellationToken))
        {
            while (await row.ReadAsync(cancellationToken))
            {
                received[row.GetGuid(0)] = (row.GetGuid(1), row.GetDateTime(2), row.GetDateTime(3));
            }
        }

        var written = 0;
        await using var copy = await connection.BeginBinaryImportAsync("""
            COPY email_embeddings (mail_id, expires_at, provider_user_id, received_at, model, indexed_at, spans, vectors) FROM STDIN (FORMAT BINARY)
            """, cancellationToken);
        foreach (var vector in vectors)
        {
            if (!received.TryGetValue(vector.MailId, out var mail))
            {
                continue;
            }

            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(vector.MailId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(expiry[vector.MailId], NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(mail.Account, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(mail.At, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(vector.Model, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(mail.Now, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(vector.Spans, NpgsqlDbType.Array | NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(vector.Vectors, NpgsqlDbType.Bytea, cancellationToken);
            written++;
        }

        await copy.CompleteAsync(cancellationToken);
        return written;
    }

    private static async Task<Guid[]> IdsAsync(NpgsqlConnection connection, string sql, Guid[] mails, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = mails } } };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await row.ReadAsync(cancellationToken))
        {
            ids.Add(row.GetGuid(0));
        }

        return [.. ids];
    }

    private static async Task<List<UnindexedMails>> AccountsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var accounts = new List<UnindexedMails>();
        while (await row.ReadAsync(cancellationToken))
        {
            if (!row.IsDBNull(1))
            {
                accounts.Add(new(row.GetGuid(0), row.GetFieldValue<Guid[]>(1)));
            }
        }

        return accounts;
    }
}
