using Butler.Data;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Butler.Ingest.Schedules;

/// <summary>A schedule as it stands in the table.</summary>
internal sealed record ScheduleState(
    string Name, string What, TimeSpan Every, TimeSpan ConfiguredEvery, bool Enabled, bool ConfiguredEnabled, DateTimeOffset NextRunAt, bool Running, bool Requested,
    long Runs, long Failures, DateTimeOffset? LastStartedAt, DateTimeOffset? LastEndedAt, string? LastOutcome, string? LastNote);

/// <summary>
/// The one writer of <c>schedules</c>. The database's clock judges. A schedule is claimed with SKIP LOCKED and a lease, and stays due
/// until its run has ended: a run whose replica died is done again, and one that ended is never done twice.
/// </summary>
internal sealed class ScheduleStore
{
    // The rows this build knows, with what is configured for each; a row of another release is left alone. Everything is computed from s
    // itself, never from a subquery: after waiting for a lock PostgreSQL looks again at s only, and would otherwise judge by old times.
    private const string Known = "schedules s JOIN unnest($1::text[], $2::interval[], $3::boolean[], $4::int[], $5::text[]) AS k(name, every, enabled, looks, what) ON k.name = s.name";

    private const string Every = "COALESCE(s.every, k.every)";

    private const string Enabled = "COALESCE(s.enabled, k.enabled)";

    private const string Step = $"GREATEST({Every} / k.looks, interval '20 milliseconds')";

    // The second term: an interval that was shortened counts at once.
    private const string NextRun = $"LEAST(s.next_run_at, s.last_started_at + {Step})";

    private readonly Database _database;
    private readonly ScheduleOptions _options;
    private readonly Schedule[] _schedules;

    public ScheduleStore(Database database, IEnumerable<Schedule> schedules, IOptions<ScheduleOptions> options)
    {
        (_database, _options, _schedules) = (database, options.Value, [.. schedules.OrderBy(s => s.Name, StringComparer.Ordinal)]);
        if (_options.Jobs.Keys.Except(_schedules.Select(s => s.Name)).FirstOrDefault() is { } unknown)
        {
            throw new OptionsValidationException(ScheduleOptions.Section, typeof(ScheduleOptions),
                [$"{ScheduleOptions.Section}:Jobs:{unknown}: there is no such schedule; there are {string.Join(", ", _schedules.Select(s => s.Name))}."]);
        }
    }

    public IReadOnlyList<Schedule> Schedules => _schedules;

    /// <summary>Adds the rows that are missing. The first run comes soon after the start, whatever the interval.</summary>
    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        await using var command = _database.DataSource.CreateCommand("""
            INSERT INTO schedules (name, next_run_at) SELECT name, now() + LEAST(every / looks, interval '1 minute')
            FROM unnest($1::text[], $2::interval[], $3::int[]) AS k(name, every, looks) ORDER BY name ON CONFLICT (name) DO NOTHING
            """);
        command.Parameters.Add(new() { Value = _schedules.Select(s => s.Name).ToArray() });
        command.Parameters.Add(new() { Value = _schedules.Select(Interval).ToArray() });
        command.Parameters.Add(new() { Value = _schedules.Select(s => s.Looks).ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Claims one due schedule; null: none is.</summary>
    public async Task<ScheduledRun?> ClaimAsync(CancellationToken cancellationToken)
    {
        var claim = Guid.CreateVersion7();
        await using var command = Command($"""
            WITH due AS (
              SELECT s.name, {Every} AS every, s.forced_at IS NOT NULL AS forced FROM {Known}
              WHERE (s.forced_at IS NOT NULL OR ({Enabled} AND {NextRun} <= now())) AND (s.claimed_until IS NULL OR s.claimed_until <= now())
              ORDER BY s.next_run_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED)
            UPDATE schedules s SET claim = $6, claimed_until = now() + $7, last_started_at = now(), runs = s.runs + 1, updated_at = now() FROM due
            WHERE s.name = due.name
            RETURNING s.name, due.every, due.forced, s.last_started_at
            """);
        command.Parameters.Add(new() { Value = claim });
        command.Parameters.Add(new() { Value = _options.Lease });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(reader.GetString(0), reader.GetTimeSpan(1), reader.GetBoolean(2), new(reader.GetDateTime(3)), claim)
            : null;
    }

    /// <summary>Renews a claim. False: it is lost.</summary>
    public async Task<bool> RenewAsync(ScheduledRun run, CancellationToken cancellationToken)
    {
        await using var command = _database.DataSource.CreateCommand("UPDATE schedules SET claimed_until = now() + $3 WHERE name = $1 AND claim = $2 AND claimed_until > now()");
        command.Parameters.Add(new() { Value = run.Name });
        command.Parameters.Add(new() { Value = run.Claim });
        command.Parameters.Add(new() { Value = _options.Lease });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Ends a run. It keeps its place in time: the next run is at the next whole interval, after a failure in at most 5 minutes.</summary>
    public async Task EndAsync(ScheduledRun run, bool succeeded, string? note, CancellationToken cancellationToken)
    {
        await using var command = Command($"""
            WITH k AS (SELECT {Step} AS step FROM {Known} WHERE s.name = $6)
            UPDATE schedules s SET claim = NULL, claimed_until = NULL, last_ended_at = now(), updated_at = now(), last_outcome = CASE WHEN $8 THEN 'succeeded' ELSE 'failed' END,
              last_note = $9, failures = s.failures + CASE WHEN $8 THEN 0 ELSE 1 END, forced_at = CASE WHEN s.forced_at > s.last_started_at THEN s.forced_at END,
              next_run_at = LEAST(
                CASE WHEN s.next_run_at > now() THEN s.next_run_at
                  ELSE s.next_run_at + k.step * (floor(extract(epoch FROM now() - s.next_run_at) / extract(epoch FROM k.step)) + 1) END,
                CASE WHEN $8 THEN 'infinity' ELSE now() + LEAST(k.step / 10, interval '5 minutes') END)
            FROM k WHERE s.name = $6 AND s.claim = $7
            """);
        command.Parameters.Add(new() { Value = run.Name });
        command.Parameters.Add(new() { Value = run.Claim });
        command.Parameters.Add(new() { Value = succeeded });
        command.Parameters.Add(new() { Value = (object?)DbText.CleanOrNull(note, DbText.MaxError) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Gives a claim back unfinished (the replica stops): the schedule is still due, and a peer takes it.</summary>
    public async Task ReleaseAsync(ScheduledRun run, CancellationToken cancellationToken)
    {
        await using var command = _database.DataSource.CreateCommand("UPDATE schedules SET claim = NULL, claimed_until = NULL, updated_at = now() WHERE name = $1 AND claim = $2");
        command.Parameters.Add(new() { Value = run.Name });
        command.Parameters.Add(new() { Value = run.Claim });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>All schedules of this build, or one.</summary>
    public async Task<List<ScheduleState>> ListAsync(string? name, CancellationToken cancellationToken)
    {
        await using var command = Command($"""
            SELECT s.name, k.what, {Every}, k.every, {Enabled}, k.enabled, {NextRun}, COALESCE(s.claimed_until > now(), false), s.forced_at IS NOT NULL,
              s.runs, s.failures, s.last_started_at, s.last_ended_at, s.last_outcome, s.last_note
            FROM {Known} WHERE $6::text IS NULL OR s.name = $6 ORDER BY s.name
            """);
        command.Parameters.Add(new() { Value = (object?)name ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var states = new List<ScheduleState>();
        DateTimeOffset? Time(int column) => reader.IsDBNull(column) ? null : new DateTimeOffset(reader.GetDateTime(column));
        while (await reader.ReadAsync(cancellationToken))
        {
            states.Add(new(reader.GetString(0), reader.GetString(1), reader.GetTimeSpan(2), reader.GetTimeSpan(3), reader.GetBoolean(4), reader.GetBoolean(5), Time(6)!.Value,
                reader.GetBoolean(7), reader.GetBoolean(8), reader.GetInt64(9), reader.GetInt64(10), Time(11), Time(12), reader.IsDBNull(13) ? null : reader.GetString(13),
                reader.IsDBNull(14) ? null : reader.GetString(14)));
        }

        return states;
    }

    /// <summary>An admin's change; null in a change that is made means "as configured".</summary>
    public async Task<bool> ChangeAsync(string name, bool setEvery, TimeSpan? every, bool setEnabled, bool? enabled, CancellationToken cancellationToken)
    {
        await using var command = _database.DataSource.CreateCommand("""
            UPDATE schedules SET every = CASE WHEN $2 THEN $3 ELSE every END, enabled = CASE WHEN $4 THEN $5 ELSE enabled END, updated_at = now() WHERE name = $1
            """);
        command.Parameters.Add(new() { Value = name });
        command.Parameters.Add(new() { Value = setEvery });
        command.Parameters.Add(new() { Value = (object?)every ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new() { Value = setEnabled });
        command.Parameters.Add(new() { Value = (object?)enabled ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Boolean });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Asks for a run now, also of one that is switched off. One that runs runs once more afterwards.</summary>
    public async Task<bool> ForceAsync(string name, CancellationToken cancellationToken)
    {
        await using var command = _database.DataSource.CreateCommand("UPDATE schedules SET forced_at = now(), updated_at = now() WHERE name = $1");
        command.Parameters.Add(new() { Value = name });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private NpgsqlCommand Command(string sql)
    {
        var command = _database.DataSource.CreateCommand(sql);
        command.Parameters.Add(new() { Value = _schedules.Select(s => s.Name).ToArray() });
        command.Parameters.Add(new() { Value = _schedules.Select(Interval).ToArray() });
        command.Parameters.Add(new() { Value = _schedules.Select(s => Of(s)?.Enabled ?? true).ToArray() });
        command.Parameters.Add(new() { Value = _schedules.Select(s => s.Looks).ToArray() });
        command.Parameters.Add(new() { Value = _schedules.Select(s => s.What).ToArray() });
        return command;
    }

    private TimeSpan Interval(Schedule schedule) => Of(schedule)?.Every ?? schedule.Every;

    private JobOptions? Of(Schedule schedule) => _options.Jobs.GetValueOrDefault(schedule.Name);
}
