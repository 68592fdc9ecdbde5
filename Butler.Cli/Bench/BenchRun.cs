using System.Globalization;

namespace Butler.Cli.Bench;

/// <summary>CPU seconds of a process and its children during the measurement, and the most memory it had.</summary>
internal sealed record ProcessUse(string Name, double CpuSeconds, long PeakBytes);

/// <summary>Everything a run found out.</summary>
internal sealed record BenchResult
{
    public required BenchOptions Options { get; init; }

    public required string Corpus { get; init; }

    public required TimeSpan Elapsed { get; init; }

    public TimeSpan? FirstMail { get; init; }

    public required ImportPoll Last { get; init; }

    /// <summary>Most mails closed in ten seconds running, as mails/s; null when the run was shorter.</summary>
    public double? BestTenSeconds { get; init; }

    public required IReadOnlyList<ProcessUse> Processes { get; init; }

    public required IReadOnlyList<string> Absent { get; init; }

    public required IReadOnlyList<(string Name, long Count)> Ledger { get; init; }

    public required IReadOnlyList<(string Name, long Count)> Errors { get; init; }

    public required IReadOnlyList<(string Name, long Count)> Verdicts { get; init; }

    public required IReadOnlyList<(string Name, long Count)> Replies { get; init; }

    public required IReadOnlyList<TaskTime> Tasks { get; init; }

    public StatementShare? Queue { get; init; }

    public IReadOnlyList<StatementTime> Statements { get; init; } = [];

    public required SandboxAnswer Sandbox { get; init; }

    public required int Cores { get; init; }

    public required string LoadBefore { get; init; }

    public long Closed => Last.Closed;

    public bool IsComplete => Last.Completed == Options.Users && Last.Open == 0;
}

/// <summary>Starts the system, starts the clock when the accounts are connected, and looks once a second until all is imported.</summary>
internal sealed class BenchRun(BenchSystem system, BenchOptions options, TextWriter output, TimeProvider time)
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_watchForStart = TimeSpan.FromMilliseconds(20);

    /// <summary>Nothing closed for so long: the run has got stuck, and says so.</summary>
    private static readonly TimeSpan s_stuck = TimeSpan.FromMinutes(3);

    private readonly List<(double Second, long Closed)> _curve = [];
    private readonly ProcessMeter _meter = new(system);

    public async Task<BenchResult> RunAsync(CancellationToken cancellationToken)
    {
        var load = ProcessTable.LoadAverage();
        await system.StartAsync(cancellationToken);
        var queries = new BenchQueries(system.Database);
        await output.WriteLineAsync($"{options.Users} accounts with {options.Mails} mails each from {system.CorpusName}. Starting Ingest, which connects them...");
        var ingest = system.StartIngestAsync(cancellationToken);

        // Ingest connects its accounts while it starts: the clock starts at the first account, not at its first good health.
        var poll = await queries.PollAsync(cancellationToken);
        while (poll.Connected is null)
        {
            if (ingest.IsFaulted)
            {
                await ingest;
            }

            await Task.Delay(s_watchForStart, time, cancellationToken);
            poll = await queries.PollAsync(cancellationToken);
        }

        _meter.Start();
        if (system.HasStatements)
        {
            await queries.ResetStatementsAsync(cancellationToken);
        }

        await ingest;
        poll = await WatchAsync(queries, poll.Connected.Value, cancellationToken);
        var processes = _meter.Uses();
        return await ResultAsync(queries, poll, processes, load, cancellationToken);
    }

    private async Task<ImportPoll> WatchAsync(BenchQueries queries, DateTimeOffset start, CancellationToken cancellationToken)
    {
        var says = Console.IsOutputRedirected ? 5 : 1;
        var moved = time.GetTimestamp();
        for (var turn = 1; ; turn++)
        {
            var poll = await queries.PollAsync(cancellationToken);
            var seconds = (poll.Now - start).TotalSeconds;
            if (_curve.Count == 0 || _curve[^1].Closed != poll.Closed)
            {
                moved = time.GetTimestamp();
            }

            _curve.Add((seconds, poll.Closed));
            _meter.Sample();
            if (turn % says == 0)
            {
                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"{seconds,6:0} s  {poll.Closed,9:N0} of {options.Expected:N0} mails  {Recent(),7:N0}/s  {poll.Completed} of {options.Users} imports done"));
            }

            if (poll.IsOver(options.Users) || seconds >= options.Seconds)
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

    private double Recent() =>
        _curve.Count < 2 || _curve[^1].Second - _curve[^2].Second <= 0 ? 0 : (_curve[^1].Closed - _curve[^2].Closed) / (_curve[^1].Second - _curve[^2].Second);

    private async Task<BenchResult> ResultAsync(
        BenchQueries queries, ImportPoll poll, IReadOnlyList<ProcessUse> processes, string load, CancellationToken cancellationToken)
    {
        var start = poll.Connected!.Value;
        return new BenchResult
        {
            Options = options,
            Corpus = system.CorpusName,
            Elapsed = (poll.IsOver(options.Users) ? poll.Ended ?? poll.Now : poll.Now) - start,
            FirstMail = await queries.FirstAsync(cancellationToken) - start,
            Last = poll,
            BestTenSeconds = BestWindow(_curve, 10),
            Processes = processes,
            Absent = system.Absent,
            Ledger = await queries.LedgerAsync(cancellationToken),
            Errors = await queries.ErrorsAsync(cancellationToken),
            Verdicts = await queries.VerdictsAsync(cancellationToken),
            Replies = await queries.RepliesAsync(cancellationToken),
            Tasks = await system.TasksAsync(cancellationToken),
            Queue = system.HasStatements ? await queries.QueueShareAsync(cancellationToken) : null,
            Statements = system.HasStatements && options.Statements > 0 ? await queries.TopAsync(options.Statements, cancellationToken) : [],
            Sandbox = await system.SandboxStatsAsync(cancellationToken),
            Cores = Environment.ProcessorCount,
            LoadBefore = load,
        };
    }

    /// <summary>The steepest rise over at least <paramref name="seconds"/> seconds; null when the curve is shorter.</summary>
    internal static double? BestWindow(IReadOnlyList<(double Second, long Closed)> curve, double seconds)
    {
        double? best = null;
        for (int from = 0, to = 0; to < curve.Count; to++)
        {
            while (from + 1 <= to && curve[to].Second - curve[from + 1].Second >= seconds)
            {
                from++;
            }

            var span = curve[to].Second - curve[from].Second;
            if (span >= seconds)
            {
                best = Math.Max(best ?? 0, (curve[to].Closed - curve[from].Closed) / span);
            }
        }

        return best;
    }
}
