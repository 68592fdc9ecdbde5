using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Butler.Cli.Bench.Live;

/// <summary>One notification: how long its answer took, its status (0: none), and how late it was sent, all in milliseconds.</summary>
internal readonly record struct IntakeAnswer(int Status, double Milliseconds, double Late);

/// <summary>What firing notifications at the webhook showed.</summary>
internal sealed record IntakeResult
{
    public required LiveOptions Options { get; init; }

    public required IReadOnlyList<IntakeAnswer> Answers { get; init; }

    public required int WarmUp { get; init; }

    /// <summary>Notifications whose id the database holds: what was answered with 204 must be there.</summary>
    public required long Recorded { get; init; }

    public required TimeSpan Elapsed { get; init; }

    public required IReadOnlyList<ProcessUse> Processes { get; init; }

    public required IReadOnlyList<TaskTime> Tasks { get; init; }

    public required int Cores { get; init; }

    public required string LoadBefore { get; init; }

    public required string LoadDuring { get; init; }

    /// <summary>Every notification was acknowledged, and every acknowledged one is recorded.</summary>
    public bool IsComplete => Answers.All(a => a.Status == 204) && Recorded >= Answers.Count + WarmUp;
}

/// <summary>
/// Fires signed notifications at a fixed rate, whether answers come or not: a slow answer delays no other notification, so it cannot
/// hide others (no coordinated omission).
/// </summary>
internal sealed class IntakeRun(BenchSystem system, LiveOptions options, TextWriter output, TimeProvider time)
{
    private const string IdPrefix = "bench-";
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_importTime = TimeSpan.FromMinutes(5);

    /// <summary>Finer than the interval of 500 a second.</summary>
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);

    public async Task<IntakeResult> RunAsync(CancellationToken cancellationToken)
    {
        var load = ProcessTable.LoadAverage();
        await system.StartAsync(cancellationToken);
        var queries = new BenchQueries(system.Database);
        await output.WriteLineAsync($"{options.System.Users} accounts with {options.System.Mails} mails each from {system.CorpusName}. Starting Ingest, which imports them first...");
        await system.StartIngestAsync(cancellationToken);
        await LiveRun.UntilWatchedAsync(system, new(system.Database), options.System.Users, time, cancellationToken);
        await UntilImportedAsync(queries, cancellationToken);

        var token = (await system.SandboxAsync<SignedToken>(HttpMethod.Get, "push/token", null, cancellationToken)).Token;
        var accounts = (await system.SandboxAsync<List<NamedAccount>>(HttpMethod.Get, "accounts", null, cancellationToken)).ConvertAll(a => a.Address);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

        await output.WriteLineAsync(F($"Imported. {options.IntakeRate} notifications a second for {options.IntakeSeconds} s..."));
        var warm = await FireAsync(http, accounts, 0, s_warmUp, cancellationToken);
        var meter = new ProcessMeter(system);
        meter.Start();
        var started = time.GetTimestamp();
        var answers = await FireAsync(http, accounts, warm.Count, TimeSpan.FromSeconds(options.IntakeSeconds), cancellationToken);
        var elapsed = time.GetElapsedTime(started);
        meter.Sample();
        return new()
        {
            Options = options,
            Answers = answers,
            WarmUp = warm.Count,
            Recorded = await queries.InboxAsync(IdPrefix, cancellationToken),
            Elapsed = elapsed,
            Processes = meter.Uses(),
            Tasks = await system.TasksAsync(cancellationToken),
            Cores = Environment.ProcessorCount,
            LoadBefore = load,
            LoadDuring = ProcessTable.LoadAverage(),
        };
    }

    private async Task UntilImportedAsync(BenchQueries queries, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (!(await queries.PollAsync(cancellationToken)).IsOver(options.System.Users))
        {
            system.ThrowIfOneEnded();
            if (time.GetElapsedTime(started) > s_importTime)
            {
                throw new CliException($"The imports did not end within {s_importTime.TotalMinutes:0} minutes.");
            }

            await Task.Delay(s_look, time, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<IntakeAnswer>> FireAsync(HttpClient http, List<string> accounts, int first, TimeSpan length, CancellationToken cancellationToken)
    {
        var rate = options.IntakeRate!.Value;
        var count = (int)(rate * length.TotalSeconds);

        // Written before the clock starts: the sender's own work must not be in the figures.
        var bodies = Enumerable.Range(first, count).Select(i => Envelope(i, accounts[i % accounts.Count])).ToList();
        var answers = new ConcurrentBag<IntakeAnswer>();
        var running = new List<Task>(count);
        var started = time.GetTimestamp();
        using var timer = new PeriodicTimer(s_tick, time);
        for (var i = 0; i < count;)
        {
            for (var due = time.GetElapsedTime(started).TotalSeconds * rate; i < count && i <= due; i++)
            {
                running.Add(SendAsync(http, bodies[i], time.GetElapsedTime(started).TotalMilliseconds - (i * 1000.0 / rate), answers, cancellationToken));
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        await Task.WhenAll(running);
        return [.. answers];
    }

    private async Task SendAsync(HttpClient http, byte[] body, double late, ConcurrentBag<IntakeAnswer> answers, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var status = 0;
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new("application/json");
            using var response = await http.PostAsync(system.Webhook, content, cancellationToken);
            status = (int)response.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // Counted as "no answer".
        }

        answers.Add(new(status, time.GetElapsedTime(started).TotalMilliseconds, late));
    }

    private byte[] Envelope(int number, string address)
    {
        var data = JsonSerializer.SerializeToUtf8Bytes(new { emailAddress = address, historyId = 1_000 + number });
        return Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new
        {
            message = new { data = Convert.ToBase64String(data), messageId = F($"{IdPrefix}{number}"), publishTime = time.GetUtcNow().ToString("o", CultureInfo.InvariantCulture) },
            subscription = PushWiring.Subscription,
        }));
    }

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record SignedToken([property: JsonPropertyName("token")] string Token);

    private sealed record NamedAccount([property: JsonPropertyName("address")] string Address);
}
