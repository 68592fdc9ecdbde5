using System.Globalization;
using Npgsql;

namespace Butler.Cli.Bench.Triage;

/// <summary>How far the Classifier is.</summary>
internal readonly record struct TriagePoll(long Stored, long Done, long Unindexed, long Messages)
{
    public bool IsOver => Stored == 0 && Unindexed == 0 && Messages == 0;
}

/// <summary>
/// Imports the accounts while no Classifier runs, so that every mail waits as stored; ends Ingest and the sandbox; then starts the
/// Classifier as it is built and takes the time until every mail has its verdict and its index.
/// </summary>
internal sealed class TriageRun(BenchSystem system, BenchOptions options, TextWriter output, TimeProvider time)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_stuck = TimeSpan.FromMinutes(3);
    private readonly ProcessMeter _meter = new(system);

    public async Task<TriageResult> RunAsync(CancellationToken cancellationToken)
    {
        await system.StartAsync([], cancellationToken);
        await output.WriteLineAsync($"Importing {options.Users} accounts with {options.Mails} mails each from {system.CorpusName}, not measured...");
        await system.StartIngestAsync(cancellationToken);
        var stored = await UntilAsync(async p => p.Stored > 0 && p.Stored == await WaitingAsync(cancellationToken), cancellationToken);
        await system.StopServiceAsync("Butler.Ingest");
        await system.StopServiceAsync("Butler.Sandbox");
        await ExecuteAsync("CHECKPOINT", cancellationToken);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{stored.Stored:N0} mails are stored. Starting the Classifier..."));

        // Its messages are locked, so that it passes them by until it answers: no mail is half done when the clock starts.
        await using var holder = await system.Database.OpenConnectionAsync(cancellationToken);
        await using var hold = await holder.BeginTransactionAsync(cancellationToken);
        await using (var messages = new NpgsqlCommand("/* butler bench */ SELECT id FROM outbox WHERE queue = 'classifier' FOR UPDATE", holder))
        {
            await messages.ExecuteNonQueryAsync(cancellationToken);
        }

        await system.StartServiceAsync("Butler.Classifier", cancellationToken);
        var queries = new BenchQueries(system.Database);
        if (system.HasStatements)
        {
            await queries.ResetStatementsAsync(cancellationToken);
        }

        var load = ProcessTable.LoadAverage();
        _meter.Start();
        var began = time.GetTimestamp();
        await hold.RollbackAsync(cancellationToken);
        await ExecuteAsync("/* butler bench */ SELECT pg_notify('butler_wake', 'classifier:' || lane) FROM (SELECT DISTINCT lane FROM outbox WHERE queue = 'classifier') AS waiting", cancellationToken);
        var curve = new List<(double Second, long Done)>();
        var last = await UntilAsync(p =>
        {
            _meter.Sample();
            curve.Add((time.GetElapsedTime(began).TotalSeconds, p.Done - p.Unindexed));
            return Task.FromResult(p.IsOver);
        }, cancellationToken);
        var elapsed = time.GetElapsedTime(began);
        return new TriageResult
        {
            Mails = last.Done,
            Expected = stored.Stored,
            Finished = last.Done,
            Elapsed = elapsed,
            BestTenSeconds = BenchRun.BestWindow(curve, 10),
            Processes = _meter.Uses(),
            Stages = StageShares.Parse(await system.MetricsAsync("Butler.Classifier", cancellationToken)),
            Verdicts = await queries.VerdictsAsync(cancellationToken),
            Errors = await queries.ErrorsAsync(cancellationToken),
            Statements = options.Statements > 0 && system.HasStatements ? await queries.TopAsync(options.Statements, cancellationToken) : [],
            IsOver = last.IsOver,
            Load = load,
        };
    }

    /// <summary>Mails of the imports that are neither judged nor skipped: all of them, once the listing and fetching are through.</summary>
    private async Task<long> WaitingAsync(CancellationToken cancellationToken)
    {
        await using var command = system.Database.CreateCommand("/* butler bench */ SELECT CASE WHEN (SELECT count(*) FROM provider_users) < $1 OR count(*) < $2 THEN -1 ELSE count(*) FILTER (WHERE state NOT IN ('skipped', 'gone', 'dead')) END FROM ledger");
        command.Parameters.Add(new() { Value = (long)options.Users });
        command.Parameters.Add(new() { Value = options.Expected });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<TriagePoll> UntilAsync(Func<TriagePoll, Task<bool>> over, CancellationToken cancellationToken)
    {
        var (moved, before) = (time.GetTimestamp(), default(TriagePoll));
        while (true)
        {
            var poll = await PollAsync(cancellationToken);
            if (poll != before)
            {
                (moved, before) = (time.GetTimestamp(), poll);
            }

            if (await over(poll))
            {
                return poll;
            }

            system.ThrowIfOneEnded();
            if (time.GetElapsedTime(moved) > s_stuck)
            {
                await output.WriteLineAsync($"Nothing has moved for {s_stuck.TotalMinutes:0} minutes; the figures are of what there is.");
                return poll;
            }

            await Task.Delay(s_look, time, cancellationToken);
        }
    }

    private async Task<TriagePoll> PollAsync(CancellationToken cancellationToken)
    {
        await using var command = system.Database.CreateCommand("""
            /* butler bench */ SELECT count(*) FILTER (WHERE state = 'stored'), count(*) FILTER (WHERE state = 'done'), (SELECT count(*) FROM search_open),
              (SELECT count(*) FROM outbox WHERE queue = 'classifier' AND lane <> 2) FROM ledger
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = system.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
