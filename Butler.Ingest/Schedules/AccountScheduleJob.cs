using Butler.Data;
using Butler.Messaging.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Butler.Ingest.Schedules;

/// <summary>
/// Sends the message of an <see cref="AccountSchedule"/> to the accounts whose turn has come; the turn and the message are one commit.
/// The one writer of <c>account_schedules</c>.
/// </summary>
internal sealed class AccountScheduleJob(Database database, WakeUps wakeUps, IEnumerable<AccountSchedule> schedules) : IScheduledJob
{
    private const int PerCommit = 500;

    private const string Active = "p.status = 'active' AND p.services && '{gmail,imap,file}' AND p.credentials IS NOT NULL";

    public async Task<string?> RunAsync(ScheduledRun run, CancellationToken cancellationToken)
    {
        var schedule = schedules.First(s => s.Name == run.Name);
        await database.TransactAsync(c => PlaceAsync(c, run, cancellationToken), cancellationToken);
        var (sent, skipped) = (0, 0);
        while (true)
        {
            var messages = new List<OutgoingMessage>();
            var taken = await database.TransactAsync(async connection =>
            {
                messages.Clear();
                await run.HoldAsync(connection, cancellationToken);
                var turns = await TakeAsync(connection, run, schedule, cancellationToken);
                messages.AddRange(turns.Where(t => !t.Running).Select(t => schedule.Message(t.Account, Guid.CreateVersion7())));
                await Outbox.AddAsync(connection, messages, cancellationToken);
                return turns.Count;
            }, cancellationToken);
            wakeUps.Sent(messages);
            sent += messages.Count;
            skipped += taken - messages.Count;
            if (taken < PerCommit)
            {
                return $"{sent} accounts, {skipped} skipped because one is under way";
            }
        }
    }

    /// <summary>Gives new accounts a place in the interval, the same one whenever and wherever it is computed.</summary>
    private static async Task PlaceAsync(NpgsqlConnection connection, ScheduledRun run, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"""
            INSERT INTO account_schedules (name, provider_user_id, next_run_at)
            SELECT $1, p.id, now() + $2 * ((hashtext(p.id::text || $1)::bigint + 2147483648) / 4294967296.0)
            FROM provider_users p WHERE {Active} AND NOT EXISTS (SELECT FROM account_schedules a WHERE a.name = $1 AND a.provider_user_id = p.id)
            ORDER BY p.id ON CONFLICT (name, provider_user_id) DO NOTHING
            """, connection)
        { Parameters = { new() { Value = run.Name }, new() { Value = run.Every, NpgsqlDbType = NpgsqlDbType.Interval } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<(Guid Account, bool Running)>> TakeAsync(NpgsqlConnection connection, ScheduledRun run, AccountSchedule schedule, CancellationToken cancellationToken)
    {
        // An account keeps its place: the next turn is a whole number of intervals after the last.
        await using var command = new NpgsqlCommand($"""
            WITH due AS (
              SELECT a.provider_user_id FROM account_schedules a JOIN provider_users p ON p.id = a.provider_user_id
              WHERE a.name = $1 AND {Active} AND (a.next_run_at <= now() OR a.last_run_at + $2 <= now() OR ($3 AND (a.last_run_at IS NULL OR a.last_run_at < $4)))
              ORDER BY a.next_run_at LIMIT {PerCommit} FOR UPDATE OF a SKIP LOCKED)
            UPDATE account_schedules a SET last_run_at = now(), next_run_at = CASE WHEN a.next_run_at > now() THEN LEAST(a.next_run_at, now() + $2)
                ELSE a.next_run_at + $2 * (floor(extract(epoch FROM now() - a.next_run_at) / extract(epoch FROM $2)) + 1) END
            FROM due WHERE a.name = $1 AND a.provider_user_id = due.provider_user_id
            RETURNING a.provider_user_id, EXISTS (SELECT FROM outbox m WHERE m.provider_user_id = a.provider_user_id AND m.kind = ANY ($5))
            """, connection)
        {
            Parameters =
            {
                new() { Value = run.Name }, new() { Value = run.Every, NpgsqlDbType = NpgsqlDbType.Interval }, new() { Value = run.Forced }, new() { Value = run.StartedAt },
                new() { Value = schedule.RunningKinds },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var turns = new List<(Guid Account, bool Running)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            turns.Add((reader.GetGuid(0), reader.GetBoolean(1)));
        }

        return turns;
    }
}
