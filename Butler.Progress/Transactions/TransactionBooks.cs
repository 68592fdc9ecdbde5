using System.Text.Json;
using Butler.Progress.Reads;
using Butler.ServiceDefaults.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Butler.Progress.Transactions;

/// <summary>Reads transactions of accounts that the caller was checked for.</summary>
internal sealed class TransactionBooks(VisibleData data)
{
    private const string Columns = """
        t.id, t.mail_id, t.line, t.provider_user_id, t.state, t.amount, t.currency, t.direction, t.source, t.happened_on, t.day_said, t.merchant, t.account_tail, t.reference,
        t.balance_after, t.checked, t.doubts, t.tags, t.spans::text, t.duplicate_of, t.refund_of, t.decided_at, t.found_by
        """;

    // $1 accounts … $11 text; $12 and $13 the cursor.
    private const string Where = """
        FROM transactions t WHERE t.provider_user_id = ANY ($1)
          AND ($2::date IS NULL OR t.happened_on >= $2) AND ($3::date IS NULL OR t.happened_on <= $3)
          AND ($4::text IS NULL OR t.direction = $4) AND ($5::text IS NULL OR t.currency = $5)
          AND ($6::text IS NULL OR t.merchant ILIKE $6) AND ($7::text IS NULL OR $7 = ANY (t.tags))
          AND ($8::numeric IS NULL OR t.amount >= $8) AND ($9::numeric IS NULL OR t.amount <= $9)
          AND ($10::text IS NULL OR t.state = $10)
          AND ($11::text IS NULL OR t.merchant ILIKE $11 OR t.reference ILIKE $11 OR t.account_tail ILIKE $11)
        """;

    /// <summary>A page, newest first, with the totals of all pages.</summary>
    public Task<TransactionListBody> ListAsync(Guid[] accounts, TransactionQuery query, CancellationToken cancellationToken) =>
        data.ReadAsync(async connection =>
        {
            var page = await PageAsync(connection, accounts, query, query.Limit + 1, cancellationToken);
            var totals = new List<TotalBody>();
            await using (var command = Command(connection, $"SELECT t.currency, t.direction, count(*), sum(t.amount) {Where} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2", accounts, query))
            await using (var row = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await row.ReadAsync(cancellationToken))
                {
                    totals.Add(new(row.IsDBNull(0) ? null : row.GetString(0), row.GetString(1), row.GetInt64(2), Plain(row.GetDecimal(3))));
                }
            }

            var more = page.Count > query.Limit;
            if (more)
            {
                page.RemoveAt(query.Limit);
            }

            return new TransactionListBody(page, totals, more ? new TransactionCursor(page[^1].Date, page[^1].Id).ToString() : null);
        }, cancellationToken);

    /// <summary>The next rows of an export.</summary>
    public Task<List<TransactionBody>> ExportAsync(Guid[] accounts, TransactionQuery query, int count, CancellationToken cancellationToken) =>
        data.ReadAsync(connection => PageAsync(connection, accounts, query, count, cancellationToken), cancellationToken);

    /// <summary>One, or 403 or 404.</summary>
    public async Task<TransactionBody> FindAsync(Guid id, CancellationToken cancellationToken) =>
        await data.ReadAsync($"SELECT {Columns} FROM transactions t WHERE t.id = $1", [new() { Value = id }], async row => await row.ReadAsync(cancellationToken) ? Body(row) : null, cancellationToken)
        ?? throw await MissingAsync(id, cancellationToken);

    /// <summary>How many wait for the owner's word.</summary>
    public Task<long> WaitingAsync(Guid[] accounts, CancellationToken cancellationToken) =>
        data.ReadAsync("SELECT count(*) FROM transactions WHERE provider_user_id = ANY ($1) AND state = 'review'", [new() { Value = accounts }],
            async row => await row.ReadAsync(cancellationToken) ? row.GetInt64(0) : 0, cancellationToken);

    /// <summary>The months up to the newest, of the currency asked for or else the most used: what went out, what came in.</summary>
    public Task<(string? Currency, List<MonthSum> Months)> MonthsAsync(Guid[] accounts, string? currency, int months, CancellationToken cancellationToken) =>
        data.ReadAsync(async connection =>
        {
            if (currency is null)
            {
                await using var most = new NpgsqlCommand("SELECT currency FROM transactions WHERE provider_user_id = ANY ($1) AND state = 'booked' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1", connection)
                { Parameters = { new() { Value = accounts } } };
                currency = await most.ExecuteScalarAsync(cancellationToken) as string;
            }

            var sums = new List<MonthSum>();
            await using var command = new NpgsqlCommand("""
                WITH last AS (SELECT date_trunc('month', max(happened_on)) AS month FROM transactions WHERE provider_user_id = ANY ($1) AND state = 'booked' AND currency = $2)
                SELECT m::date, coalesce(sum(t.amount) FILTER (WHERE t.direction = 'out'), 0) - coalesce(sum(t.amount) FILTER (WHERE t.direction = 'refund'), 0),
                  coalesce(sum(t.amount) FILTER (WHERE t.direction = 'in'), 0)
                FROM last CROSS JOIN generate_series(last.month - make_interval(months => $3 - 1), last.month, interval '1 month') AS m
                LEFT JOIN transactions t ON t.provider_user_id = ANY ($1) AND t.state = 'booked' AND t.currency = $2 AND t.happened_on >= m::date AND t.happened_on < (m + interval '1 month')::date
                GROUP BY m ORDER BY m
                """, connection)
            { Parameters = { new() { Value = accounts }, new() { Value = (object?)currency ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }, new() { Value = months } } };
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                sums.Add(new(row.GetFieldValue<DateOnly>(0), Plain(row.GetDecimal(1)), Plain(row.GetDecimal(2))));
            }

            return (currency, sums);
        }, cancellationToken);

    private async Task<ApiException> MissingAsync(Guid id, CancellationToken cancellationToken) =>
        await data.ReadAsync("SELECT butler_transaction_exists($1)", [new() { Value = id }], async row => await row.ReadAsync(cancellationToken) && row.GetBoolean(0), cancellationToken)
            ? ApiErrors.Forbidden() : ApiErrors.NotFound("transaction");

    private static async Task<List<TransactionBody>> PageAsync(NpgsqlConnection connection, Guid[] accounts, TransactionQuery query, int count, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, $"SELECT {Columns} {Where} AND ($12::date IS NULL OR (t.happened_on, t.id) < ($12, $13)) ORDER BY t.happened_on DESC, t.id DESC LIMIT $14", accounts, query);
        command.Parameters.Add(new() { Value = (object?)query.Before?.Day ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Date });
        command.Parameters.Add(new() { Value = (object?)query.Before?.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = count });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var page = new List<TransactionBody>();
        while (await row.ReadAsync(cancellationToken))
        {
            page.Add(Body(row));
        }

        return page;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, Guid[] accounts, TransactionQuery query)
    {
        static NpgsqlParameter Of(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
        return new(sql, connection)
        {
            Parameters =
            {
                new() { Value = accounts }, Of(query.From, NpgsqlDbType.Date), Of(query.To, NpgsqlDbType.Date), Of(query.Direction, NpgsqlDbType.Text), Of(query.Currency, NpgsqlDbType.Text),
                Of(Like(query.Merchant), NpgsqlDbType.Text), Of(query.Tag, NpgsqlDbType.Text), Of(query.Min, NpgsqlDbType.Numeric), Of(query.Max, NpgsqlDbType.Numeric), Of(query.State, NpgsqlDbType.Text),
                Of(Like(query.Text), NpgsqlDbType.Text),
            },
        };
    }

    private static string? Like(string? text) => text is null ? null : $"%{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";

    private static TransactionBody Body(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetGuid(1), row.GetInt32(2), row.GetGuid(3), row.GetString(4), Plain(row.GetDecimal(5)), row.IsDBNull(6) ? null : row.GetString(6), row.GetString(7), row.GetString(8),
        row.GetFieldValue<DateOnly>(9), row.GetBoolean(10), row.GetString(11), row.GetString(12), row.GetString(13), row.IsDBNull(14) ? null : Plain(row.GetDecimal(14)), row.GetBoolean(15),
        row.GetFieldValue<string[]>(16), row.GetFieldValue<string[]>(17), Spans(row.GetString(18)), row.IsDBNull(19) ? null : row.GetGuid(19), row.IsDBNull(20) ? null : row.GetGuid(20),
        row.IsDBNull(21) ? null : row.GetFieldValue<DateTimeOffset>(21), row.GetString(22));

    // 1250.5000 → 1250.50: two decimals at least, no more than there are.
    private static decimal Plain(decimal value)
    {
        var bare = value / 1.0000000000000000000000000000m;
        return bare.Scale < 2 ? bare + 0.00m : bare;
    }

    private static Dictionary<string, SpanBody> Spans(string json)
    {
        using var spans = JsonDocument.Parse(json);
        return spans.RootElement.EnumerateObject().ToDictionary(
            s => s.Name, s => new SpanBody(s.Value[0].GetString() switch { "s" => "subject", "t" => "text", _ => "markup" }, s.Value[1].GetInt32(), s.Value[2].GetInt32()), StringComparer.Ordinal);
    }
}
