using System.Globalization;
using Butler.Cli.Bench.Live;
using Npgsql;

namespace Butler.Cli.Bench.Outage;

/// <summary>What <c>bench outage</c> is asked to do.</summary>
internal sealed record OutageOptions
{
    public required BenchOptions System { get; init; }

    /// <summary>New mails a second, over all accounts, once they are imported.</summary>
    public double Rate { get; init; } = 20;

    /// <summary>How long new mails are sent.</summary>
    public int Seconds { get; init; } = 10;

    /// <summary>How often all states are gone through.</summary>
    public int Rounds { get; init; } = 2;

    /// <summary>Whether the providers' return is left out.</summary>
    public bool IntakeOnly { get; init; }
}

/// <summary>
/// The same intake with no chat provider, with healthy, dead and slow ones, one private Butler after the other: an import, then new mail, and
/// the providers' return. No local verdict is sure enough, so each mail is one for the providers.
/// </summary>
internal sealed class OutageRun(OutageOptions options, TextWriter output, TimeProvider time)
{
    private const string Mark = "/* butler bench */";
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_importTime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_drain = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_return = TimeSpan.FromMinutes(5);

    public async Task<IReadOnlyList<OutagePhase>> RunAsync(CancellationToken cancellationToken)
    {
        var states = Enum.GetValues<ProviderState>();
        var phases = new List<OutagePhase>();
        for (var round = 0; round < options.Rounds; round++)
        {
            // In another order each time: the machine's other load falls on all of them.
            foreach (var state in round % 2 == 0 ? states : [.. states.Reverse()])
            {
                phases.Add(await PhaseAsync(state, phases.Count == 0, cancellationToken));
            }
        }

        return phases;
    }

    private async Task<OutagePhase> PhaseAsync(ProviderState state, bool isFirst, CancellationToken cancellationToken)
    {
        var load = ProcessTable.LoadAverage();
        await using var system = new BenchSystem(options.System with { Push = true, NoBuild = options.System.NoBuild || !isFirst }, isFirst ? output : TextWriter.Null, time);
        await system.StartAsync(["Butler.Responder", "Butler.Progress"], cancellationToken);
        foreach (var (endpoint, kind) in Faults(state))
        {
            await system.SandboxAsync(HttpMethod.Post, "models/faults", new { endpoint, kind }, cancellationToken);
        }

        await system.StartServiceAsync("Butler.Classifier", Settings(state, system.Sandbox), cancellationToken);
        await system.StartIngestAsync(cancellationToken);
        await LiveRun.UntilWatchedAsync(system, new(system.Database), options.System.Users, time, cancellationToken);
        var queries = new BenchQueries(system.Database);
        await UntilAsync(system, async () => (await queries.PollAsync(cancellationToken)).IsOver(options.System.Users), s_importTime, cancellationToken);
        await system.SandboxAsync<LiveRun.Flow>(HttpMethod.Post, "flow", new { per_second = options.Rate, seed = options.System.Seed }, cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(options.Seconds), time, cancellationToken);
        var sent = (await system.SandboxAsync<LiveRun.Flow>(HttpMethod.Delete, "flow", null, cancellationToken)).Sent;
        var live = new LiveQueries(system.Database);
        await UntilAsync(system, async () => (await live.MailsAsync(cancellationToken)).Count(m => m.Triaged is not null) >= sent, s_drain, cancellationToken);
        var mails = await live.MailsAsync(cancellationToken);
        var phase = new OutagePhase
        {
            State = state,
            Imported = await TimesAsync(system, Imported, cancellationToken),
            Completed = await TimesAsync(system, Completed, cancellationToken),
            Live = [.. mails.Where(m => m is { Stored: not null, Triaged: not null }).Select(m => (m.Triaged!.Value - m.Stored!.Value).TotalMilliseconds)],
            Missing = sent - mails.Count(m => m.Triaged is not null),
            Judged = await CountAsync(system, "SELECT count(*) FROM verdicts WHERE revision > 1", cancellationToken),
            Load = load,
        };
        if (state is ProviderState.Dead or ProviderState.Slow && !options.IntakeOnly)
        {
            phase = phase with { Return = await ReturnAsync(system, cancellationToken) };
        }

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{state}: {phase.Imported.Count:N0} mails imported, {sent:N0} new ones with a local verdict after {Spread.Of(phase.Live)}{(phase.Return is { } back ? $", {back.Provisional:N0} judged again" : "")}"));
        return phase;
    }

    /// <summary>From the moment both answer again until no mail waits for them any more.</summary>
    private async Task<ProviderReturn> ReturnAsync(BenchSystem system, CancellationToken cancellationToken)
    {
        const string Open = "SELECT count(*) FROM open_judgings";
        var provisional = await CountAsync(system, Open, cancellationToken);
        await system.SandboxAsync(HttpMethod.Delete, "models/faults", null, cancellationToken);
        var began = time.GetTimestamp();
        var (first, left) = (TimeSpan.Zero, provisional);
        await UntilAsync(system, async () =>
        {
            left = await CountAsync(system, Open, cancellationToken);
            first = first == TimeSpan.Zero && left < provisional ? time.GetElapsedTime(began) : first;
            return left == 0;
        }, s_return, cancellationToken);
        return new(provisional, left, first, time.GetElapsedTime(began));
    }

    private static IEnumerable<(string Endpoint, string Kind)> Faults(ProviderState state) => state switch
    {
        ProviderState.Dead => [("openai", "dead"), ("anthropic", "dead")],
        ProviderState.Slow => [("openai", "hang"), ("anthropic", "hang")],
        _ => [],
    };

    private static IEnumerable<KeyValuePair<string, string>> Settings(ProviderState state, Uri sandbox)
    {
        if (state == ProviderState.None)
        {
            return [];
        }

        return
        [
            new("Butler__Chat__Providers__0__Kind", "openai"), new("Butler__Chat__Providers__0__Model", "butler-sandbox"), new("Butler__Chat__Providers__0__Key", "bench"),
            new("Butler__Chat__Providers__0__BaseAddress", new Uri(sandbox, "v1").ToString()),
            new("Butler__Chat__Providers__1__Kind", "anthropic"), new("Butler__Chat__Providers__1__Model", "butler-sandbox"), new("Butler__Chat__Providers__1__Key", "bench"),
            new("Butler__Chat__Providers__1__BaseAddress", sandbox.ToString()),
            new("Butler__Chat__TokensPerUserAndDay", "0"), // All accounts are one user's.
            new("Butler__Judging__SureNeedsReply", "1"), new("Butler__Judging__SureInformational", "1"), new("Butler__Judging__SureSpam", "1"),
        ];
    }

    private const string Imported = $"""
        SELECT {Mark} (extract(epoch FROM pg_xact_commit_timestamp(v.xmin) - l.stored_at) * 1000)::float8
        FROM verdicts v JOIN ledger l ON l.id = v.mail_id WHERE v.revision = 1 AND l.sync_id IS NOT NULL
        """;

    private const string Completed = $"""
        SELECT {Mark} (extract(epoch FROM j.completed_at - max(l.stored_at)) * 1000)::float8 FROM sync_jobs j JOIN ledger l ON l.sync_id = j.id
        WHERE j.status = 'completed' AND l.stored_at IS NOT NULL GROUP BY j.id, j.completed_at
        """;

    private static async Task<IReadOnlyList<double>> TimesAsync(BenchSystem system, string sql, CancellationToken cancellationToken)
    {
        await using var command = system.Database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var times = new List<double>();
        while (await reader.ReadAsync(cancellationToken))
        {
            times.Add(reader.GetDouble(0));
        }

        return times;
    }

    private static async Task<long> CountAsync(BenchSystem system, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = system.Database.CreateCommand($"{Mark} {sql}");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Waits for something; what is not there when the time is over is seen in the figures.</summary>
    private async Task UntilAsync(BenchSystem system, Func<Task<bool>> isDone, TimeSpan most, CancellationToken cancellationToken)
    {
        for (var began = time.GetTimestamp(); !await isDone() && time.GetElapsedTime(began) < most;)
        {
            system.ThrowIfOneEnded();
            await Task.Delay(s_look, time, cancellationToken);
        }
    }
}
