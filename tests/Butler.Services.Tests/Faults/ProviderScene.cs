using System.Globalization;
using System.Text.Json;
using Butler.Sandbox.Models;
using Butler.Services.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Faults;

/// <summary>
/// The two chat providers of a seed, on the sandbox's endpoints: they fail in every way the sandbox knows, both go away for an hour, and
/// return. Breakers, limits and blocks run by a clock of their own, which the run moves on: the hour takes some seconds.
/// </summary>
internal sealed class ProviderScene(SeedPlan plan, TestSystem system)
{
    /// <summary>Stands in every scripted answer; found in a log, in metrics or in a table of ids it says that an answer got there.</summary>
    public const string AnswerText = "Zanzibar expects a word from the committee.";

    /// <summary>What one judgement can cost at most: both providers asked twice. A call of these mails has some 1,000 tokens.</summary>
    public const long MostTokens = 4 * 2_500;

    private const int ScriptedMails = 100;
    private static readonly TimeSpan s_away = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_longTick = TimeSpan.FromMinutes(2);
    private static readonly string[] s_endpoints = ["openai", "anthropic"];

    /// <summary>With these nobody answers.</summary>
    private static readonly ModelFaultKind[] s_dead = [ModelFaultKind.Dead, ModelFaultKind.Overloaded, ModelFaultKind.ServerError, ModelFaultKind.Unavailable];

    private static readonly ModelFaultKind[] s_kinds =
    [
        ModelFaultKind.Dead, ModelFaultKind.Hang, ModelFaultKind.Slow, ModelFaultKind.Cut, ModelFaultKind.RateLimited, ModelFaultKind.RateLimitedBare, ModelFaultKind.RateLimitedByHeaders,
        ModelFaultKind.OutOfCredit, ModelFaultKind.SpendCap, ModelFaultKind.Unauthorized, ModelFaultKind.ServerError, ModelFaultKind.Overloaded, ModelFaultKind.Prose, ModelFaultKind.Fenced,
        ModelFaultKind.WrongShape, ModelFaultKind.Refusal, ModelFaultKind.ContentFilter, ModelFaultKind.CutOff, ModelFaultKind.BrokenJson, ModelFaultKind.InvalidBody, ModelFaultKind.EmptyChoices,
        ModelFaultKind.MissingUsage,
    ];

    private readonly MovedClock _clock = new();
    private DateTimeOffset? _awayUntil;
    private long _callsBefore;
    private int _startsAway;
    private bool _returned;

    /// <summary>Whether both are away just now.</summary>
    public bool IsAway => _awayUntil is not null;

    /// <summary>What is wrong with what was seen on the way.</summary>
    public List<string> Faults { get; } = [];

    private ModelFaults Switches => system.Sandbox.Services.GetRequiredService<ModelFaults>();

    private ModelStats Stats => system.Sandbox.Services.GetRequiredService<ModelStats>();

    private long Calls => s_endpoints.Sum(e => Stats.Of(e).Calls);

    /// <summary>Settings of the services, the mails' answers, and how the providers are at first.</summary>
    public string Begin()
    {
        system.Private.Add(AnswerText);
        (string Kind, string Model, string Path)[] providers = [("openai", "gpt-5.4-mini", "v1"), ("anthropic", "claude-haiku-4-5", "")];
        for (var i = 0; i < providers.Length; i++)
        {
            var key = $"Butler:Chat:Providers:{i}:";
            system.Set(key + "Kind", providers[i].Kind);
            system.Set(key + "Model", providers[i].Model);
            system.Set(key + "BaseAddress", TestSystem.Address(system.Sandbox) + providers[i].Path);
            system.Set(key + "Key", "sk-private-test-key");
        }

        system.Private.Add("sk-private-test-key");

        // For some mails the model says something else than Butler does by itself.
        var answers = system.Sandbox.Services.GetRequiredService<ScriptedAnswers>();
        for (var i = 1; i <= ScriptedMails; i++)
        {
            var category = plan.Next(0, 6) switch { 0 or 1 => "needs_reply", 2 => "informational", 3 => "spam", _ => null };
            foreach (var marker in category is null ? [] : SeedPlan.Markers(i))
            {
                answers.Add(new(Answer(category!), Marker: marker, Count: null));
            }
        }

        return plan.Next(0, 3) == 0 ? Fault() : "the providers answer";
    }

    /// <summary>The Classifier's pipeline runs by the run's clock.</summary>
    public void Use(WebApplicationBuilder builder) => _clock.UseForChat(builder);

    /// <summary>A Classifier started, with breakers that know of nothing.</summary>
    public void Started() => _startsAway++;

    /// <summary>Something happens to a provider.</summary>
    public string? Event()
    {
        if (IsAway)
        {
            return null;
        }

        if (plan.GoesAway)
        {
            plan.GoesAway = false;
            Switches.Clear();
            foreach (var endpoint in s_endpoints)
            {
                Switches.Set(new(endpoint, s_dead[plan.Next(0, s_dead.Length)]));
            }

            (_awayUntil, _callsBefore, _startsAway) = (_clock.GetUtcNow() + s_away, Calls, 1);
            return "both providers are away for an hour";
        }

        if (plan.Next(0, 3) == 0)
        {
            Switches.Clear();
            return "the providers answer";
        }

        return Fault();
    }

    /// <summary>Time passes, more of it while the run waits for nothing but time.</summary>
    public string? PassTime()
    {
        _clock.Move(IsAway || _returned ? s_longTick : s_tick);
        if (_awayUntil is not { } until || _clock.GetUtcNow() < until)
        {
            return null;
        }

        // Per provider and Classifier: three calls, and those under way beside them, until its breaker opens; then a probe after half a minute, and so on up to five minutes.
        _awayUntil = null;
        var calls = Calls - _callsBefore;
        if (calls > s_endpoints.Length * _startsAway * 25)
        {
            Faults.Add($"{calls} calls in an hour in which nobody answered, of {_startsAway} Classifiers");
        }

        Switches.Clear();
        return $"the hour is over, after {calls} calls";
    }

    /// <summary>From now on both answer.</summary>
    public void Return()
    {
        Switches.Clear();
        _returned = true;
    }

    /// <summary>
    /// Whether mail may be asked about: not when the day's budget is used up, until the providers are back; then the next day comes. The
    /// budget holds, but for what was under way when it was used up.
    /// </summary>
    public async Task<bool> HasBudgetAsync()
    {
        if (plan.Budget == 0)
        {
            return true;
        }

        var used = await system.CountAsync("SELECT coalesce(max(n), 0) FROM (SELECT sum(input_tokens + output_tokens) n FROM chat_usage GROUP BY app_user_id) u");
        if (used > plan.Budget + (SeedPlan.ModelWorkers * MostTokens))
        {
            Faults.Add($"{used} tokens used in a day of {plan.Budget}");
        }

        if (_returned && used >= plan.Budget)
        {
            await system.ExecuteAsync("DELETE FROM chat_usage");
        }

        return _returned || used < plan.Budget;
    }

    private string Fault()
    {
        var endpoint = plan.Next(0, 4) == 0 ? "*" : s_endpoints[plan.Next(0, 2)];
        var kind = s_kinds[plan.Next(0, s_kinds.Length)];
        int? count = kind == ModelFaultKind.Hang ? plan.Next(1, 3) : plan.Next(0, 2) == 0 ? null : plan.Next(1, 8);
        Switches.Set(new(endpoint, kind, Count: count, Seconds: kind == ModelFaultKind.Slow ? 0.2 : plan.Next(2, 60)));
        return string.Create(CultureInfo.InvariantCulture, $"provider {endpoint} {kind} {count}");
    }

    private static string Answer(string category) => JsonSerializer.Serialize(
        new Dictionary<string, object> { ["category"] = category, ["confidence"] = 0.9, ["reason"] = "As the test says.", ["summary"] = AnswerText, ["tags"] = new[] { "work" } });
}
