using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Classifier;

/// <summary>A transaction as it is stored.</summary>
/// <param name="MailId">The mail.</param>
/// <param name="Line">Its number in the mail, from 1.</param>
/// <param name="ProviderUserId">The account.</param>
/// <param name="State">booked or review; merged where it tells of one already booked.</param>
/// <param name="Amount">Positive.</param>
/// <param name="Currency">ISO 4217; null where in doubt.</param>
/// <param name="Direction">out, in, refund or unknown.</param>
/// <param name="Source">alert, receipt or markup.</param>
/// <param name="Day">When it happened; the mail's day where it names none.</param>
/// <param name="IsDaySaid">The mail names the day.</param>
/// <param name="Merchant">The other side.</param>
/// <param name="AccountTail">Last digits of account or card.</param>
/// <param name="Reference">Reference or order number.</param>
/// <param name="BalanceAfter">The balance after it.</param>
/// <param name="IsChecked">Sums agree.</param>
/// <param name="Doubts">Why it is in review.</param>
/// <param name="Tags">The mail's tags.</param>
/// <param name="Spans">JSON: field → [place, offset, length].</param>
public sealed record StoredTransaction(
    Guid MailId, int Line, Guid ProviderUserId, string State, decimal Amount, string? Currency, string Direction, string Source, DateOnly Day, bool IsDaySaid, string Merchant,
    string AccountTail, string Reference, decimal? BalanceAfter, bool IsChecked, string[] Doubts, string[] Tags, string Spans)
{
    /// <summary>The row's id.</summary>
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>reader, model or both.</summary>
    public string FoundBy { get; init; } = "reader";

    /// <summary>The transaction it tells of once more.</summary>
    public Guid? DuplicateOf { get; init; }

    /// <summary>The payment that came back.</summary>
    public Guid? RefundOf { get; init; }
}

/// <summary>A line that a mail has in the books.</summary>
public sealed record MailLine(Guid Id, int Line, decimal Amount, string? Currency, bool IsDecided);

/// <summary>A stored transaction that a new one may belong to.</summary>
public sealed record KnownTransaction(Guid Id, Guid MailId, decimal Amount, string Currency, string Direction, string Source, DateOnly Day, string Merchant, string AccountTail, string Reference, bool HasDuplicate, bool IsLinked);

/// <summary>The one writer of <c>transactions</c>, inside the caller's transaction.</summary>
public static class TransactionWriter
{
    private const int DuplicateDays = 5;
    private const int RefundDays = 120;

    /// <summary>
    /// What the owner's accounts already hold that new ones may belong to: the same sum within days, payments that a refund may undo, and
    /// refunds of a payment that is found later. Holds the owner's books until the transaction ends, so that two batches see each other.
    /// </summary>
    public static async Task<List<KnownTransaction>> RelatedAsync(NpgsqlConnection connection, Guid providerUserId, IReadOnlyList<StoredTransaction> lines, CancellationToken cancellationToken)
    {
        await HoldAsync(connection, providerUserId, cancellationToken);
        await using var command = new NpgsqlCommand($"""
            SELECT DISTINCT t.id, t.mail_id, t.amount, t.currency, t.direction, t.source, t.happened_on, t.merchant, t.account_tail, t.reference,
              EXISTS (SELECT FROM transactions d WHERE d.duplicate_of = t.id AND d.mail_id <> ALL ($6)), t.refund_of IS NOT NULL
            FROM unnest($2::numeric[], $3::text[], $4::text[], $5::date[], $6::uuid[]) AS n(amount, currency, direction, day, mail)
            JOIN transactions t ON t.provider_user_id = ANY (SELECT b.id FROM provider_users a JOIN provider_users b ON b.app_user_id = a.app_user_id WHERE a.id = $1)
              AND t.state = 'booked' AND t.mail_id <> n.mail AND t.currency = n.currency
              AND ((t.amount = n.amount AND t.direction = n.direction AND abs(t.happened_on - n.day) <= {DuplicateDays})
                OR (n.direction = 'refund' AND t.direction = 'out' AND t.amount >= n.amount AND n.day - t.happened_on BETWEEN 0 AND {RefundDays})
                OR (n.direction = 'out' AND t.direction = 'refund' AND t.amount <= n.amount AND t.happened_on - n.day BETWEEN 0 AND {RefundDays}))
            ORDER BY t.happened_on, t.id LIMIT 2000
            """, connection)
        {
            Parameters =
            {
                new() { Value = providerUserId }, new() { Value = lines.Select(l => l.Amount).ToArray() }, Texts(lines.Select(l => l.Currency)), Texts(lines.Select(l => l.Direction)),
                new() { Value = lines.Select(l => l.Day).ToArray() }, new() { Value = lines.Select(l => l.MailId).ToArray() },
            },
        };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var known = new List<KnownTransaction>();
        while (await row.ReadAsync(cancellationToken))
        {
            known.Add(new(row.GetGuid(0), row.GetGuid(1), row.GetDecimal(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetFieldValue<DateOnly>(6), row.GetString(7), row.GetString(8), row.GetString(9), row.GetBoolean(10), row.GetBoolean(11)));
        }

        return known;
    }

    /// <summary>
    /// Writes lines under (mail, line): new ones are inserted, those of a mail that is read again are replaced, unless the owner has decided
    /// about them. Returns how many were inserted, by mail.
    /// </summary>
    public static async Task<Dictionary<Guid, int>> WriteAsync(NpgsqlConnection connection, IReadOnlyList<StoredTransaction> lines, CancellationToken cancellationToken)
    {
        var inserted = new Dictionary<Guid, int>();
        if (lines.Count == 0)
        {
            return inserted;
        }

        // Sorted by the key: two unsorted inserts with ON CONFLICT deadlock (MECHANICS 1).
        var sorted = lines.OrderBy(l => l.MailId).ThenBy(l => l.Line).ToList();
        await using var command = new NpgsqlCommand("""
            INSERT INTO transactions AS t (id, mail_id, line, provider_user_id, state, amount, currency, direction, source, happened_on, day_said, merchant, account_tail, reference,
              balance_after, checked, doubts, tags, spans, duplicate_of, refund_of, found_by)
            SELECT n.id, n.mail_id, n.line, n.provider_user_id, n.state, n.amount, n.currency, n.direction, n.source, n.day, n.day_said, n.merchant, n.tail, n.reference,
              n.balance, n.checked, string_to_array(n.doubts, ','), string_to_array(n.tags, ','), n.spans::jsonb, n.duplicate_of, n.refund_of, n.found_by
            FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::numeric[], $7::text[], $8::text[], $9::text[], $10::date[], $11::boolean[], $12::text[], $13::text[], $14::text[],
              $15::numeric[], $16::boolean[], $17::text[], $18::text[], $19::text[], $20::uuid[], $21::uuid[], $22::text[])
              AS n(id, mail_id, line, provider_user_id, state, amount, currency, direction, source, day, day_said, merchant, tail, reference, balance, checked, doubts, tags, spans, duplicate_of, refund_of, found_by)
            ON CONFLICT ON CONSTRAINT transactions_mail_line DO UPDATE SET state = excluded.state, amount = excluded.amount, currency = excluded.currency, direction = excluded.direction,
              source = excluded.source, happened_on = excluded.happened_on, day_said = excluded.day_said, merchant = excluded.merchant, account_tail = excluded.account_tail,
              reference = excluded.reference, balance_after = excluded.balance_after, checked = excluded.checked, doubts = excluded.doubts, tags = excluded.tags, spans = excluded.spans,
              duplicate_of = excluded.duplicate_of, refund_of = excluded.refund_of, found_by = excluded.found_by, updated_at = now()
              WHERE t.decided_at IS NULL
            RETURNING mail_id, xmax = 0
            """, connection)
        {
            Parameters =
            {
                new() { Value = sorted.Select(l => l.Id).ToArray() }, new() { Value = sorted.Select(l => l.MailId).ToArray() }, new() { Value = sorted.Select(l => l.Line).ToArray() },
                new() { Value = sorted.Select(l => l.ProviderUserId).ToArray() }, Texts(sorted.Select(l => l.State)), new() { Value = sorted.Select(l => l.Amount).ToArray() },
                Texts(sorted.Select(l => l.Currency)), Texts(sorted.Select(l => l.Direction)), Texts(sorted.Select(l => l.Source)), new() { Value = sorted.Select(l => l.Day).ToArray() },
                new() { Value = sorted.Select(l => l.IsDaySaid).ToArray() }, Texts(sorted.Select(l => DbText.Clean(l.Merchant, 200))), Texts(sorted.Select(l => DbText.Clean(l.AccountTail, 8))),
                Texts(sorted.Select(l => DbText.Clean(l.Reference, 100))), new() { Value = sorted.Select(l => l.BalanceAfter).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Numeric },
                new() { Value = sorted.Select(l => l.IsChecked).ToArray() }, Texts(sorted.Select(l => string.Join(',', l.Doubts))), Texts(sorted.Select(l => string.Join(',', l.Tags))),
                Texts(sorted.Select(l => l.Spans)), new() { Value = sorted.Select(l => l.DuplicateOf).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
                new() { Value = sorted.Select(l => l.RefundOf).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid }, Texts(sorted.Select(l => l.FoundBy)),
            },
        };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            if (row.GetBoolean(1))
            {
                inserted[row.GetGuid(0)] = inserted.GetValueOrDefault(row.GetGuid(0)) + 1;
            }
        }

        return inserted;
    }

    /// <summary>Names the payments of refunds that were there before them.</summary>
    public static async Task LinkRefundsAsync(NpgsqlConnection connection, IReadOnlyList<(Guid Refund, Guid Payment)> links, CancellationToken cancellationToken)
    {
        if (links.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand("""
            UPDATE transactions t SET refund_of = n.payment, updated_at = now() FROM unnest($1::uuid[], $2::uuid[]) AS n(refund, payment) WHERE t.id = n.refund AND t.refund_of IS NULL
            """, connection)
        { Parameters = { new() { Value = links.Select(l => l.Refund).ToArray() }, new() { Value = links.Select(l => l.Payment).ToArray() } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// A mail is read again: what it no longer tells goes, unless the owner has decided. What was merged into those lines stands for itself
    /// again. Holds the owner's books first, as <see cref="RelatedAsync"/> does: rows of other mails are changed.
    /// </summary>
    public static async Task DropAsync(NpgsqlConnection connection, Guid providerUserId, Guid mailId, int[] kept, CancellationToken cancellationToken)
    {
        await HoldAsync(connection, providerUserId, cancellationToken);
        await using var command = new NpgsqlCommand("""
            WITH gone AS (DELETE FROM transactions WHERE mail_id = $1 AND line <> ALL ($2) AND decided_at IS NULL RETURNING id),
            free AS (UPDATE transactions SET state = 'booked', duplicate_of = NULL, updated_at = now() WHERE duplicate_of IN (SELECT id FROM gone) AND currency IS NOT NULL AND direction <> 'unknown')
            UPDATE transactions SET refund_of = NULL, updated_at = now() WHERE refund_of IN (SELECT id FROM gone)
            """, connection)
        { Parameters = { new() { Value = mailId }, new() { Value = kept } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What a mail has in the books.</summary>
    public static async Task<List<MailLine>> OfMailAsync(NpgsqlConnection connection, Guid mailId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT id, line, amount, currency, decided_at IS NOT NULL FROM transactions WHERE mail_id = $1", connection) { Parameters = { new() { Value = mailId } } };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var lines = new List<MailLine>();
        while (await row.ReadAsync(cancellationToken))
        {
            lines.Add(new(row.GetGuid(0), row.GetInt32(1), row.GetDecimal(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetBoolean(4)));
        }

        return lines;
    }

    /// <summary>The owner's word on one: booked as it is or corrected, or rejected. False: there is none, or it cannot be booked without currency and direction.</summary>
    public static async Task<bool> DecideAsync(NpgsqlConnection connection, Guid id, Guid providerUserId, bool accept, decimal? amount, string? currency, string? direction, DateOnly? day, Guid actor, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            UPDATE transactions SET state = CASE WHEN $3 THEN 'booked' ELSE 'rejected' END, duplicate_of = NULL,
              amount = coalesce($4, amount), currency = coalesce($5, currency), direction = coalesce($6, direction), happened_on = coalesce($7, happened_on),
              doubts = CASE WHEN $3 THEN '{}' ELSE doubts END, decided_by = $8, decided_at = now(), updated_at = now()
            WHERE id = $1 AND provider_user_id = $2 AND (NOT $3 OR (coalesce($5, currency) IS NOT NULL AND coalesce($6, direction) <> 'unknown'))
            """, connection)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = providerUserId }, new() { Value = accept }, new() { Value = (object?)amount ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Numeric },
                new() { Value = (object?)currency ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }, new() { Value = (object?)direction ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = (object?)day ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Date }, new() { Value = actor },
            },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Deletes those of mails that expired, where the account does not keep them.</summary>
    public static async Task<int> ExpireAsync(NpgsqlConnection connection, Guid[] mails, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM transactions t USING provider_users p WHERE t.mail_id = ANY ($1) AND p.id = t.provider_user_id AND NOT p.keep_transactions", connection)
        { Parameters = { new() { Value = mails } } };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes those of an account whose mails are gone: it does not keep them any more.</summary>
    public static async Task<int> ForgetAsync(NpgsqlConnection connection, Guid providerUserId, int count, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            DELETE FROM transactions WHERE id = ANY (ARRAY(SELECT t.id FROM transactions t JOIN provider_users p ON p.id = t.provider_user_id AND NOT p.keep_transactions
              LEFT JOIN ledger l ON l.id = t.mail_id WHERE t.provider_user_id = $1 AND (l.id IS NULL OR l.state = 'expired') LIMIT $2))
            """, connection)
        { Parameters = { new() { Value = providerUserId }, new() { Value = count } } };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal static async Task HoldAsync(NpgsqlConnection connection, Guid providerUserId, CancellationToken cancellationToken)
    {
        await using var hold = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtextextended('transactions ' || app_user_id, 0)) FROM provider_users WHERE id = $1", connection)
        { Parameters = { new() { Value = providerUserId } } };
        await hold.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter Texts(IEnumerable<string?> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
