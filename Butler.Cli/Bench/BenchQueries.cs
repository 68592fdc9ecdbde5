using Npgsql;

namespace Butler.Cli.Bench;

/// <summary>How far the imports are.</summary>
internal sealed record ImportPoll(long Accounts, long Completed, long Failed, long Closed, long Dead, long Total, long Open, DateTimeOffset? Connected, DateTimeOffset? Ended, DateTimeOffset Now)
{
    /// <summary>Every account's import has ended and no mail is open.</summary>
    public bool IsOver(int users) => Completed + Failed >= users && Open == 0;
}

/// <summary>A statement of PostgreSQL as pg_stat_statements counts it.</summary>
internal sealed record StatementTime(string Text, long Calls, double Milliseconds);

/// <summary>What the statements of a run took. Their time is elapsed time in the executor, waits included, not CPU time.</summary>
internal sealed record StatementShare(double QueueMilliseconds, long QueueCalls, double AllMilliseconds, long AllCalls);

/// <summary>What the bench reads from the database. Its own statements carry a mark and are not counted.</summary>
internal sealed class BenchQueries(NpgsqlDataSource database)
{
    private const string Mark = "/* butler bench */";

    private const string Ours = """
        FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
        WHERE d.datname = 'butler' AND s.query NOT LIKE '%butler bench%' AND s.query NOT LIKE '%pg_stat_statements%'
        """;

    public async Task<ImportPoll> PollAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            SELECT {Mark} (SELECT count(*) FROM provider_users), count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status = 'failed'),
              COALESCE(sum(processed + skipped + failed), 0)::bigint, COALESCE(sum(failed), 0)::bigint, COALESCE(sum(total), 0)::bigint,
              (SELECT count(*) FROM ledger_open), (SELECT min(created_at) FROM provider_users), max(completed_at), clock_timestamp()
            FROM sync_jobs
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6),
            reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7), reader.IsDBNull(8) ? null : reader.GetFieldValue<DateTimeOffset>(8),
            reader.GetFieldValue<DateTimeOffset>(9));
    }

    public Task<List<(string Name, long Count)>> LedgerAsync(CancellationToken cancellationToken) =>
        CountsAsync($"SELECT {Mark} state || COALESCE(': ' || reason, ''), count(*) FROM ledger GROUP BY 1 ORDER BY 2 DESC", cancellationToken);

    public Task<List<(string Name, long Count)>> ErrorsAsync(CancellationToken cancellationToken) => CountsAsync($"""
        SELECT {Mark} 'dead letter, ' || task || ': ' || error, count(*) FROM failed_tasks GROUP BY 1
        UNION ALL SELECT 'failed import: ' || COALESCE(error_code, error, '?'), count(*) FROM sync_jobs WHERE status = 'failed' GROUP BY 1
        UNION ALL SELECT 'retried: ' || COALESCE(note, '?'), count(*) FROM ledger_events WHERE kind = 'retry' GROUP BY 1
        ORDER BY 2 DESC LIMIT 12
        """, cancellationToken);

    public Task<List<(string Name, long Count)>> VerdictsAsync(CancellationToken cancellationToken) =>
        CountsAsync($"SELECT {Mark} category, count(*) FROM verdicts GROUP BY 1 ORDER BY 2 DESC", cancellationToken);

    public Task<List<(string Name, long Count)>> RepliesAsync(CancellationToken cancellationToken) =>
        CountsAsync($"SELECT {Mark} state, count(*) FROM replies GROUP BY 1 ORDER BY 2 DESC", cancellationToken);

    /// <summary>When the first mail was closed after being judged.</summary>
    public async Task<DateTimeOffset?> FirstAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"SELECT {Mark} min(closed_at) FROM ledger WHERE state = 'done'");
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime first ? new DateTimeOffset(first) : null;
    }

    /// <summary>Notifications recorded whose id begins so.</summary>
    public async Task<long> InboxAsync(string prefix, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"SELECT {Mark} count(*) FROM inbox WHERE starts_with(message_id, $1)");
        command.Parameters.Add(new() { Value = prefix });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task ResetStatementsAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"SELECT {Mark} pg_stat_statements_reset()::text");
        await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>The queue's statements are those that name the outbox or the slots, and the wake-ups between processes.</summary>
    public async Task<StatementShare> QueueShareAsync(CancellationToken cancellationToken)
    {
        const string Queue = @"FILTER (WHERE s.query ~* '\m(outbox|slots|pg_notify|butler_wake)\M')";
        await using var command = database.CreateCommand($"""
            SELECT {Mark} COALESCE(sum(s.total_exec_time) {Queue}, 0)::float8, COALESCE(sum(s.calls) {Queue}, 0)::bigint,
              COALESCE(sum(s.total_exec_time), 0)::float8, COALESCE(sum(s.calls), 0)::bigint {Ours}
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(reader.GetDouble(0), reader.GetInt64(1), reader.GetDouble(2), reader.GetInt64(3));
    }

    public async Task<List<StatementTime>> TopAsync(int count, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"SELECT {Mark} s.query, s.calls, s.total_exec_time::float8 {Ours} ORDER BY s.total_exec_time DESC LIMIT {count}");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var statements = new List<StatementTime>();
        while (await reader.ReadAsync(cancellationToken))
        {
            statements.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetDouble(2)));
        }

        return statements;
    }

    private async Task<List<(string Name, long Count)>> CountsAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new List<(string, long)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            counts.Add((reader.GetString(0), reader.GetInt64(1)));
        }

        return counts;
    }
}
