using System.Globalization;
using System.Text.Json.Serialization;

namespace Butler.Cli.Bench.Live;

/// <summary>Everything a run of new mail during an import found out.</summary>
internal sealed record LiveResult
{
    public required LiveOptions Options { get; init; }

    /// <summary>Mails the sandbox put into accounts.</summary>
    public required long Sent { get; init; }

    public required IReadOnlyList<LiveMail> Mails { get; init; }

    /// <summary>What the sandbox waited for answers of the webhook, in milliseconds.</summary>
    public required IReadOnlyList<double> Answers { get; init; }

    /// <summary>The imports when the first new mail was sent, and when the last one was.</summary>
    public required ImportPoll AtStart { get; init; }

    public required ImportPoll AtEnd { get; init; }

    public required IReadOnlyList<ProcessUse> Processes { get; init; }

    public required IReadOnlyList<TaskTime> Tasks { get; init; }

    public required IReadOnlyList<(string Name, long Count)> Errors { get; init; }

    public required SandboxAnswer Sandbox { get; init; }

    public required string Corpus { get; init; }

    public required int Cores { get; init; }

    public required string LoadBefore { get; init; }

    public required string LoadDuring { get; init; }

    public TimeSpan Elapsed => AtEnd.Now - AtStart.Now;

    public bool IsComplete => Mails.Count(m => m.Triaged is not null) >= Sent;
}

/// <summary>Imports a backlog, sends new mails while it runs, and follows each to its verdict and draft.</summary>
internal sealed class LiveRun(BenchSystem system, LiveOptions options, TextWriter output, TimeProvider time)
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_watchTime = TimeSpan.FromSeconds(120);

    /// <summary>How long the last mails may take before they are counted as missing.</summary>
    private static readonly TimeSpan s_drain = TimeSpan.FromSeconds(60);

    public async Task<LiveResult> RunAsync(CancellationToken cancellationToken)
    {
        var load = ProcessTable.LoadAverage();
        await system.StartAsync(cancellationToken);
        var queries = new BenchQueries(system.Database);
        var live = new LiveQueries(system.Database);
        var meter = new ProcessMeter(system);
        await output.WriteLineAsync($"{options.System.Users} accounts with {options.System.Mails} mails each from {system.CorpusName}. Starting Ingest, which connects them...");
        await system.StartIngestAsync(cancellationToken);
        await UntilWatchedAsync(system, live, options.System.Users, time, cancellationToken);

        // Each new watch is answered with a notification of its own: those are the connecting's, not new mail's.
        var connecting = (await AnswersAsync(cancellationToken)).Length;
        await system.SandboxAsync<Flow>(HttpMethod.Post, "flow", new { per_second = options.Rate, seed = options.System.Seed }, cancellationToken);
        meter.Start();
        var start = await queries.PollAsync(cancellationToken);
        await output.WriteLineAsync(F($"All accounts are watched; {start.Closed:N0} mails are imported. {options.Rate:0.##} new mails a second for {options.Seconds} s..."));
        var end = await WatchAsync(queries, meter, start, cancellationToken);
        var loadDuring = ProcessTable.LoadAverage();
        var processes = meter.Uses();
        var sent = (await system.SandboxAsync<Flow>(HttpMethod.Delete, "flow", null, cancellationToken)).Sent;
        var mails = await DrainAsync(live, sent, cancellationToken);
        return new()
        {
            Options = options,
            Sent = sent,
            Mails = mails,
            Answers = (await AnswersAsync(cancellationToken))[connecting..],
            AtStart = start,
            AtEnd = end,
            Processes = processes,
            Tasks = await system.TasksAsync(cancellationToken),
            Errors = await queries.ErrorsAsync(cancellationToken),
            Sandbox = await system.SandboxStatsAsync(cancellationToken),
            Corpus = system.CorpusName,
            Cores = Environment.ProcessorCount,
            LoadBefore = load,
            LoadDuring = loadDuring,
        };
    }

    private Task<double[]> AnswersAsync(CancellationToken cancellationToken) => system.SandboxAsync<double[]>(HttpMethod.Get, "push/times", null, cancellationToken);

    /// <summary>Before an account is watched its new mail is found by the import's listing: that is no live mail.</summary>
    internal static async Task UntilWatchedAsync(BenchSystem system, LiveQueries live, int users, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (await live.WatchedAsync(cancellationToken) < users)
        {
            system.ThrowIfOneEnded();
            if (time.GetElapsedTime(started) > s_watchTime)
            {
                throw new CliException($"Not all accounts were watched within {s_watchTime.TotalSeconds:0} s.");
            }

            await Task.Delay(s_look / 4, time, cancellationToken);
        }
    }

    private async Task<ImportPoll> WatchAsync(BenchQueries queries, ProcessMeter meter, ImportPoll start, CancellationToken cancellationToken)
    {
        var last = start;
        for (var turn = 1; ; turn++)
        {
            await Task.Delay(s_look, time, cancellationToken);
            system.ThrowIfOneEnded();
            var poll = await queries.PollAsync(cancellationToken);
            meter.Sample();
            var seconds = (poll.Now - start.Now).TotalSeconds;
            if (turn % 5 == 0)
            {
                await output.WriteLineAsync(F($"{seconds,6:0} s  {poll.Closed,9:N0} of {options.System.Expected:N0} mails imported  {(poll.Closed - last.Closed) / Math.Max(0.001, (poll.Now - last.Now).TotalSeconds),7:N0}/s"));
                last = poll;
            }

            if (seconds >= options.Seconds)
            {
                return poll;
            }
        }
    }

    /// <summary>Waits for the last mails, their drafts included.</summary>
    private async Task<IReadOnlyList<LiveMail>> DrainAsync(LiveQueries live, long sent, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var mails = await live.MailsAsync(cancellationToken);
            var over = mails.Count(m => m.Triaged is not null) >= sent && !mails.Any(m => m is { Category: "needs_reply", Reply: null or "intended" or "sending" });
            if (over || time.GetElapsedTime(started) > s_drain)
            {
                return mails;
            }

            await Task.Delay(s_look, time, cancellationToken);
        }
    }

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Answer of the sandbox about its flow of new mail.</summary>
    internal sealed record Flow([property: JsonPropertyName("sent")] long Sent);
}
