using System.Globalization;
using System.Net.Http.Json;
using Butler.Cli.Bench;
using Butler.Intelligence;
using Butler.Intelligence.Chat;
using Butler.Intelligence.Chat.Judging;
using Butler.Intelligence.Evaluation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Butler.Cli.Models;

/// <summary>
/// The fallback chain on the sandbox's endpoints: each fault once at the first of two providers, then at both. A mail is judged here
/// before anybody is asked; what counts is whether a verdict is there, and whose.
/// </summary>
internal sealed class FallbackRun : IAsyncDisposable
{
    private const string Part = "fallback";
    private static readonly TimeSpan s_startTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_callTime = TimeSpan.FromSeconds(2);
    private static readonly string[] s_providers = ["openai", "anthropic"];

    // In the sandbox's words; a slow answer comes after the call's time.
    private static readonly (string Kind, string Words)[] s_faults =
    [
        ("dead", "connection reset"), ("hang", "no answer"), ("cut", "answer cut by the connection"), ("slow", "slower than the timeout"), ("rateLimited", "rate limited"), ("outOfCredit", "out of credit"),
        ("spendCap", "spend cap"), ("serverError", "500"), ("unavailable", "503"), ("overloaded", "overloaded"), ("gatewayTimeout", "504"), ("unauthorized", "key refused"), ("modelNotFound", "model unknown"),
        ("contextTooLong", "prompt too long"), ("prose", "prose for JSON"), ("wrongShape", "JSON of another shape"), ("refusal", "refuses"), ("contentFilter", "content filter"), ("cutOff", "cut off"),
        ("brokenJson", "broken JSON"), ("invalidBody", "body is no JSON"), ("emptyChoices", "empty answer"),
    ];

    private static readonly MailFeatures s_mail = new()
    {
        Subject = "Boiler",
        NewText = "Hello,\n\ncould you please let me know by Friday when somebody can come?\n\nThanks\nNora",
        From = new("Nora Quist", "nora@example.org"),
        To = ["owner@example.org"],
        OwnerAddresses = ["owner@example.org"],
    };

    private readonly HttpClient _http;
    private readonly Child _sandbox;
    private readonly string _folder;

    private FallbackRun(Child sandbox, Uri address, string folder)
    {
        (_sandbox, _folder) = (sandbox, folder);
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(10) };
    }

    /// <summary>Why it cannot run here; null when it can.</summary>
    public static string? Missing => !OperatingSystem.IsLinux() ? "it needs Linux" : File.Exists(Program) ? null : "Butler.Sandbox is not built; ./butler eval does that";

    private static string Program => Path.Combine(Corpus.Root(), "Butler.Sandbox", "bin", BuildConfiguration, "net10.0", "Butler.Sandbox.dll");

    private static string BuildConfiguration => Environment.GetEnvironmentVariable("BUTLER_CONFIGURATION") ?? "Release";

    public static async Task<FallbackRun> StartAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("butler-fallback-").FullName;
        var address = new Uri($"http://127.0.0.1:{Binaries.FreePort()}/");
        var secret = Guid.NewGuid().ToString("N");
        var run = new FallbackRun(Child.Start("sandbox", Path.Combine(folder, "sandbox.log"), ["dotnet", Program], [new("ASPNETCORE_URLS", address.ToString()), new("Sandbox__Secret", secret), new("DOTNET_ENVIRONMENT", "Production")]), address, folder);
        run._http.DefaultRequestHeaders.Add("X-Sandbox-Secret", secret);
        try
        {
            await run.UntilItAnswersAsync(cancellationToken);
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    public async Task<IReadOnlyList<EvaluationRow>> RowsAsync(CancellationToken cancellationToken)
    {
        var (rows, second, verdicts, doubled) = (new List<EvaluationRow>(), 0, 0, 0);
        foreach (var (kind, words) in s_faults)
        {
            var (who, calls) = await AskAsync(kind, ["openai"], cancellationToken);
            second += who == "anthropic" ? 1 : 0;
            verdicts++;
            doubled += calls > s_providers.Length + 1 ? 1 : 0;
            rows.Add(new EvaluationRow(Part, $"first provider: {words}") { Note = string.Create(CultureInfo.InvariantCulture, $"{who ?? "nobody; the local verdict stands"}, {calls} calls") });
        }

        var (healthy, _) = await AskAsync(null, [], cancellationToken);
        var (none, left) = await AskAsync("overloaded", s_providers, cancellationToken);
        verdicts += 2;
        return
        [
            new EvaluationRow(Part, "faults of the first provider after which the second answered") { Share = new Share(second, s_faults.Length), Note = doubled == 0 ? "a provider is asked at most twice" : string.Create(CultureInfo.InvariantCulture, $"{doubled} took more calls") },
            new EvaluationRow(Part, "mails with a verdict at once, whoever answers") { Share = new Share(verdicts, s_faults.Length + 2), Note = "by construction: each is judged here before anybody is asked" },
            new EvaluationRow(Part, "no fault") { Note = healthy ?? "nobody; the local verdict stands" },
            new EvaluationRow(Part, "both down") { Note = string.Create(CultureInfo.InvariantCulture, $"{none ?? "nobody; the local verdict stands"}, {left} calls") },
            .. rows,
        ];
    }

    public async ValueTask DisposeAsync()
    {
        await _sandbox.StopAsync(TimeSpan.FromSeconds(10));
        _sandbox.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Who answered, and how many calls it took; the mail's own verdict is made first, as the Classifier does.</summary>
    private async Task<(string? Who, int Calls)> AskAsync(string? fault, string[] at, CancellationToken cancellationToken)
    {
        foreach (var endpoint in at)
        {
            using var set = await _http.PostAsJsonAsync("sandbox/models/faults", new { endpoint, kind = fault, seconds = s_callTime.TotalSeconds + 2 }, cancellationToken);
            set.EnsureSuccessStatusCode();
        }

        LocalTriage.Judge(s_mail);
        await using var services = Services();
        var calls = new List<ChatCall>();
        string? who;
        try
        {
            who = (await services.GetRequiredService<TriageJudge>().AskAsync(MailForModel.Of(s_mail), canWait: false, calls, cancellationToken)).Provider;
        }
        catch (NoChatAnswerException)
        {
            who = null;
        }

        using var cleared = await _http.DeleteAsync(new Uri("sandbox/models/faults", UriKind.Relative), cancellationToken);
        cleared.EnsureSuccessStatusCode();
        return (who, calls.Count);
    }

    // A pipeline of its own for each fault: no breaker remembers the one before.
    private ServiceProvider Services()
    {
        var settings = new ChatSettings { Timeout = s_callTime };
        settings.Providers.AddRange(s_providers.Select(kind => new ChatProviderSettings
        {
            Kind = kind,
            Model = kind == "openai" ? "gpt-5.4-mini" : "claude-haiku-4-5",
            BaseAddress = new Uri(_http.BaseAddress!, kind == "openai" ? "openai/v1" : "anthropic").ToString(),
            Key = "sk-sandbox",
        }));
        var services = new ServiceCollection();
        services.AddSingleton(Options.Create(settings));
        services.AddChatPipeline();
        return services.BuildServiceProvider();
    }

    private async Task UntilItAnswersAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri("sandbox/models/faults", UriKind.Relative), cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (!_sandbox.HasExited)
            {
                // Not up yet.
            }

            if (_sandbox.HasExited || TimeProvider.System.GetElapsedTime(started) > s_startTime)
            {
                throw new CliException($"The sandbox did not start:\n{_sandbox.LastLines(8)}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }
}
