using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Search;

/// <summary>A mail that waits for its index, with what is embedded.</summary>
/// <param name="Id">The mail.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Text">What its sender wrote now, at most <see cref="SearchIndex.MaxText"/> characters.</param>
public sealed record MailToIndex(Guid Id, string Subject, string Text)
{
    /// <summary>Its account.</summary>
    public Guid ProviderUserId { get; init; }

    /// <summary>ISO 639-1, or "und".</summary>
    public string Language { get; init; } = "und";

    /// <summary>The sender's name.</summary>
    public string? FromName { get; init; }

    /// <summary>The sender's address.</summary>
    public string? FromAddress { get; init; }

    /// <summary>To whom it went, and the names of its attachments.</summary>
    public string Recipients { get; init; } = "";

    /// <summary>Never prints what was written.</summary>
    public override string ToString() => $"mail {Id}";
}

/// <summary>The words of one mail, as they are stored.</summary>
/// <param name="MailId">The mail.</param>
/// <param name="Language">ISO 639-1, or "und".</param>
/// <param name="Length">About how many words it has.</param>
/// <param name="Document">A <c>tsvector</c> in PostgreSQL's binary form.</param>
public sealed record IndexedWords(Guid MailId, string Language, int Length, byte[] Document);

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

    /// <summary>Of these mails those that are open, with what is indexed of them.</summary>
    public static async Task<List<MailToIndex>> ReadAsync(NpgsqlConnection connection, Guid[] mails, CancellationToken cancellationToken)
    {
        // Asked first how long the text is: left() walks through all of it.
        await using var command = new NpgsqlCommand($"""
            SELECT e.id, e.subject, CASE WHEN octet_length(e.new_text) <= {MaxText} THEN e.new_text ELSE left(e.new_text, {MaxText}) END, e.provider_user_id, e.language, e.from_name, e.from_address,
              e.to_addresses || e.cc_addresses || coalesce((SELECT array_agg(a ->> 'name') FROM jsonb_array_elements(nullif(e.attachments, '[]'::jsonb)) a), ARRAY[]::text[])
            FROM emails e WHERE e.id = ANY ($1) AND e.expires_at > now() AND EXISTS (SELECT FROM search_open o WHERE o.mail_id = e.id)
            """, connection)
        { Parameters = { new() { Value = mails } } };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var read = new List<MailToIndex>(mails.Length);
        while (await row.ReadAsync(cancellationToken))
        {
            read.Add(new(row.GetGuid(0), row.GetString(1), row.GetString(2))
            {
                ProviderUserId = row.GetGuid(3),
                Language = row.GetString(4),
                FromName = row.IsDBNull(5) ? null : row.GetString(5),
                FromAddress = row.IsDBNull(6) ? null : row.GetString(6),
                Recipients = string.Join(' ', row.GetFieldValue<string?[]>(7)),
            });
        }

        return read;
    }

    /// <summary>Cuts the words of mails and finds their stems.</summary>
    /// <param name="connection">For stems that are not known yet.</param>
    /// <param name="stems">Those that are.</param>
    /// <param name="mails">The mails.</param>
    /// <param name="withText">False: without the text, for a mail whose words the server cannot hold.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<List<IndexedWords>> CutAsync(NpgsqlConnection connection, Stems stems, IReadOnlyList<MailToIndex> mails, bool withText, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stems);
        ArgumentNullException.ThrowIfNull(mails);
        var cut = mails.Select(m => (Mail: m, Words: MailWords.Of(m, withText))).ToList();
        var documents = new List<IndexedWords>(mails.Count);
        foreach (var language in cut.GroupBy(m => m.Mail.Language, StringComparer.Ordinal))
        {
            var known = await stems.LearnAsync(connection, language.Key, language.SelectMany(m => m.Words.Stemmed), cancellationToken);
            documents.AddRange(language.Select(m => new IndexedWords(m.Mail.Id, language.Key, 3 + ((m.Mail.Subject.Length + m.Mail.Text.Length) / 6), m.Words.ToVector(known))));
        }

        return documents;
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
    /// <param name="words">Those of the batch that have text.</param>
    /// <param name="vectors">Their vectors.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<int> WriteAsync(NpgsqlConnection connection, Guid[] mails, IReadOnlyList<IndexedWords> words, IReadOnlyList<EmbeddedMail> vectors, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(vectors);
        var expiry = await LockAsync(connection, mails, cancellationToken);
        var open = (await IdsAsync(connection, "DELETE FROM search_open WHERE mail_id = ANY ($1) RETURNING mail_id", mails, cancellationToken)).ToHashSet();
        var there = await StoredAsync(connection, [.. open.Where(expiry.ContainsKey)], cancellationToken);
        await ClearAsync(connection, "email_search", expiry, there.Keys, cancellationToken);
        await WordsAsync(connection, expiry, there, words, cancellationToken);
        await VectorsAsync(connection, expiry, there, vectors, cancellationToken);
        return open.Count;
    }

    /// <summary>Puts vectors of another model in the place of those that are there. Returns how many were replaced.</summary>
    public static async Task<int> ReplaceAsync(NpgsqlConnection connection, IReadOnlyList<EmbeddedMail> vectors, CancellationToken cancellationToken)
    {
        var expiry = await LockAsync(connection, [.. vectors.Select(v => v.MailId)], cancellationToken);
        var there = await IdsAsync(connection, "SELECT mail_id FROM email_embeddings WHERE mail_id = ANY ($1)", [.. expiry.Keys], cancellationToken);
        return await VectorsAsync(connection, expiry, await StoredAsync(connection, there, cancellationToken), vectors, cancellationToken);
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

    /// <summary>Of mails those whose content is there.</summary>
    private static async Task<Dictionary<Guid, StoredRow>> StoredAsync(NpgsqlConnection connection, Guid[] mails, CancellationToken cancellationToken)
    {
        var stored = new Dictionary<Guid, StoredRow>(mails.Length);
        if (mails.Length == 0)
        {
            return stored;
        }

        await using var command = new NpgsqlCommand("SELECT id, provider_user_id, received_at, now() FROM emails WHERE id = ANY ($1) AND expires_at > now()", connection) { Parameters = { new() { Value = mails } } };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            stored[row.GetGuid(0)] = new(row.GetGuid(1), row.GetDateTime(2), row.GetDateTime(3));
        }

        return stored;
    }

    /// <summary>Deletes what was indexed of these mails before. Their expiry names the partitions, so that the others are not looked at.</summary>
    private static async Task ClearAsync(NpgsqlConnection connection, string table, Dictionary<Guid, DateTime> expiry, IReadOnlyCollection<Guid> mails, CancellationToken cancellationToken)
    {
        if (mails.Count == 0)
        {
            return;
        }

        await using var clear = new NpgsqlCommand($"DELETE FROM {table} WHERE mail_id = ANY ($1) AND expires_at = ANY ($2)", connection)
        {
            Parameters = { new() { Value = mails.ToArray() }, new() { Value = mails.Select(m => expiry[m]).Distinct().ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz } },
        };
        await clear.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task WordsAsync(
        NpgsqlConnection connection, Dictionary<Guid, DateTime> expiry, Dictionary<Guid, StoredRow> stored, IReadOnlyList<IndexedWords> words, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync("""
            COPY email_search (mail_id, expires_at, provider_user_id, received_at, language, words, document) FROM STDIN (FORMAT BINARY)
            """, cancellationToken);
        foreach (var mail in words)
        {
            if (!stored.TryGetValue(mail.MailId, out var row))
            {
                continue;
            }

            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(mail.MailId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(expiry[mail.MailId], NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(row.ProviderUserId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(row.ReceivedAt, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(mail.Language, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(mail.Length, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(mail.Document, NpgsqlDbType.Bytea, cancellationToken); // A tsvector's own binary form.
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task<int> VectorsAsync(
        NpgsqlConnection connection, Dictionary<Guid, DateTime> expiry, Dictionary<Guid, StoredRow> stored, IReadOnlyList<EmbeddedMail> vectors, CancellationToken cancellationToken)
    {
        var own = vectors.Where(v => stored.ContainsKey(v.MailId)).ToList();
        if (own.Count == 0)
        {
            return 0;
        }

        await ClearAsync(connection, "email_embeddings", expiry, [.. own.Select(v => v.MailId)], cancellationToken);
        await using var copy = await connection.BeginBinaryImportAsync("""
            COPY email_embeddings (mail_id, expires_at, provider_user_id, received_at, model, indexed_at, spans, vectors) FROM STDIN (FORMAT BINARY)
            """, cancellationToken);
        foreach (var vector in own)
        {
            var mail = stored[vector.MailId];
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(vector.MailId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(expiry[vector.MailId], NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(mail.ProviderUserId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(mail.ReceivedAt, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(vector.Model, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(mail.Now, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(vector.Spans, NpgsqlDbType.Array | NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(vector.Vectors, NpgsqlDbType.Bytea, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
        return own.Count;
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

    private readonly record struct StoredRow(Guid ProviderUserId, DateTime ReceivedAt, DateTime Now);
}
