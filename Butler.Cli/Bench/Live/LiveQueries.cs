using Npgsql;

namespace Butler.Cli.Bench.Live;

/// <summary>One new mail's way. Arrival is the sandbox's clock when it was inserted; triaged and drafted are commits.</summary>
internal sealed record LiveMail(
    DateTimeOffset Arrived, DateTimeOffset Listed, DateTimeOffset? Stored, DateTimeOffset? Triaged, string? Category, string? Reply, DateTimeOffset? Drafted, bool ByListing);

/// <summary>What <c>bench live</c> reads from the database.</summary>
internal sealed class LiveQueries(NpgsqlDataSource database)
{
    private const string Mark = "/* butler bench */";

    /// <summary>The sandbox's flow of new mail writes from here, and nobody else does.</summary>
    private const string FlowSenders = "%@flow.butler.test";

    /// <summary>Accounts that are watched and have a cursor to read from.</summary>
    public async Task<long> WatchedAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"SELECT {Mark} count(*) FROM provider_users WHERE watch_expires_at IS NOT NULL AND history_id IS NOT NULL");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>
    /// All new mails. Commit times come from PostgreSQL (track_commit_timestamp): a verdict's row is written once, a reply's last
    /// change is the one that recorded its draft, after Gmail had answered.
    /// </summary>
    public async Task<IReadOnlyList<LiveMail>> MailsAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            SELECT {Mark} e.received_at, l.listed_at, l.stored_at, v.at, v.category, r.state, CASE WHEN r.state = 'created' THEN pg_xact_commit_timestamp(r.xmin) END, l.sync_id IS NOT NULL
            FROM emails e JOIN ledger l ON l.id = e.id
              LEFT JOIN LATERAL (SELECT pg_xact_commit_timestamp(w.xmin) AS at, w.category FROM verdicts w WHERE w.mail_id = e.id ORDER BY w.revision LIMIT 1) v ON true
              LEFT JOIN replies r ON r.mail_id = e.id
            WHERE e.from_address LIKE $1
            """);
        command.Parameters.Add(new() { Value = FlowSenders });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var mails = new List<LiveMail>();
        while (await reader.ReadAsync(cancellationToken))
        {
            mails.Add(new(reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<DateTimeOffset>(1), Time(reader, 2), Time(reader, 3),
                reader.IsDBNull(4) ? null : reader.GetString(4), reader.IsDBNull(5) ? null : reader.GetString(5), Time(reader, 6), reader.GetBoolean(7)));
        }

        return mails;
    }

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
