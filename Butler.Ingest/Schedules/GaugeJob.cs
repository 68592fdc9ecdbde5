using System.Diagnostics.Metrics;
using Butler.Data;
using Butler.Mailboxes.Quota;

namespace Butler.Ingest.Schedules;

/// <summary>Measures the queue and the quota. One replica measures; the numbers are the whole system's.</summary>
internal sealed class GaugeJob(Database database, QuotaReading quota, QueueGauges gauges) : IScheduledJob
{
    public async Task<string?> RunAsync(ScheduledRun run, CancellationToken cancellationToken)
    {
        await quota.MeasureAsync(cancellationToken);
        await using var command = database.DataSource.CreateCommand("""
            SELECT k.lane, count(o.id), COALESCE(extract(epoch FROM max(now() - o.due_at) FILTER (WHERE o.due_at <= now())), 0)::float8
            FROM (VALUES (0::smallint), (1::smallint), (2::smallint), (3::smallint)) AS k(lane) LEFT JOIN outbox o ON o.lane = k.lane GROUP BY k.lane ORDER BY k.lane
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var readings = new List<LaneReading>();
        while (await reader.ReadAsync(cancellationToken))
        {
            readings.Add(new(((Lane)reader.GetInt16(0)).ToString().ToLowerInvariant(), reader.GetInt64(1), reader.GetDouble(2)));
        }

        gauges.Set(readings, run.Every);
        return string.Join(", ", readings.Select(r => $"{r.Lane} {r.Length}"));
    }
}

/// <summary>One lane's queue.</summary>
internal sealed record LaneReading(string Lane, long Length, double OldestSeconds);

/// <summary>
/// The queue's metrics (DESIGN section 9). A reading is shown for two intervals: when another replica has taken the measuring over, this
/// one must not go on showing its last.
/// </summary>
internal sealed class QueueGauges : IDisposable
{
    private readonly Meter _meter = new("Butler.Ingest.Queue");
    private readonly TimeProvider _time;
    private volatile Reading _reading = new([], 0, TimeSpan.Zero);

    public QueueGauges(TimeProvider time)
    {
        _time = time;
        _meter.CreateObservableGauge("butler_queue_length", () => Read(r => r.Length), null, "Messages by lane, waiting or under way.");
        _meter.CreateObservableGauge("butler_queue_oldest_seconds", () => Read(r => r.OldestSeconds), "s", "How long the longest-due message of a lane has waited.");
    }

    public void Set(IReadOnlyList<LaneReading> lanes, TimeSpan every) => _reading = new(lanes, _time.GetTimestamp(), every);

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<T>> Read<T>(Func<LaneReading, T> value)
        where T : struct
    {
        var reading = _reading;
        return _time.GetElapsedTime(reading.At) > reading.Every * 2 ? [] : reading.Lanes.Select(l => new Measurement<T>(value(l), new KeyValuePair<string, object?>("lane", l.Lane)));
    }

    private sealed record Reading(IReadOnlyList<LaneReading> Lanes, long At, TimeSpan Every);
}
