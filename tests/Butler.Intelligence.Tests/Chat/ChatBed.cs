using System.Diagnostics.Metrics;
using System.Text.Json;
using Butler.Intelligence.Chat;
using Butler.Intelligence.Chat.Judging;
using Butler.Sandbox;
using Butler.Sandbox.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Butler.Intelligence.Tests.Chat;

/// <summary>The pipeline on the sandbox's endpoints: both vendors in both formats, and a local server.</summary>
internal sealed class ChatBed : IAsyncDisposable
{
    public const string Secret = "the-boiler-in-flat-7-leaks";

    public static readonly MailFeatures Mail = new()
    {
        Subject = "Boiler",
        NewText = $"Hello,\n\ncould you please let me know by Friday when somebody can come? {Secret}.\n\nThanks\nNora",
        From = new("Nora Quist", "nora@example.org"),
        To = ["owner@example.org"],
        OwnerAddresses = ["owner@example.org"],
    };

    // One sandbox for all: each bed has endpoints of its own in it, with their own faults and figures.
    private static readonly Lazy<Task<WebApplication>> s_shared = new(() => SandboxAsync(null));
    private static int s_beds;

    private readonly WebApplication _sandbox;
    private readonly ServiceProvider _services;
    private readonly string _mark;
    private readonly bool _own;

    private ChatBed(WebApplication sandbox, ServiceProvider services, ManualTime time, string mark, bool own)
    {
        (_sandbox, _services, Time, _mark, _own) = (sandbox, services, time, mark, own);
    }

    public ManualTime Time { get; }

    /// <summary>The calls of this bed, oldest first.</summary>
    public IReadOnlyList<ModelCall> Calls => [.. _sandbox.Services.GetRequiredService<ModelStats>().Calls.Where(c => c.Endpoint.EndsWith(_mark, StringComparison.Ordinal))];

    public ChatPipeline Pipeline => _services.GetRequiredService<ChatPipeline>();

    /// <summary>Makes the meters of this bed only.</summary>
    public IMeterFactory MeterFactory => _services.GetRequiredService<IMeterFactory>();

    public TriageJudge Judge => _services.GetRequiredService<TriageJudge>();

    public static async Task<ChatBed> StartAsync(string[] kinds, Action<ChatSettings>? change = null, Action<ModelsOptions>? models = null)
    {
        var sandbox = models is null ? await s_shared.Value : await SandboxAsync(models);
        var address = sandbox.Urls.Single();
        var mark = $"-{Interlocked.Increment(ref s_beds)}-bed";
        var settings = new ChatSettings { BreakAfter = 3, Timeout = TimeSpan.FromSeconds(20) };
        settings.Providers.AddRange(kinds.Select(kind => new ChatProviderSettings
        {
            Kind = kind,
            Model = kind switch { "openai" => "gpt-5.4-mini", "anthropic" => "claude-haiku-4-5", _ => "qwen3:8b" },
            BaseAddress = $"{address}/{kind}{mark}{(kind == "anthropic" ? "" : "/v1")}",
            Key = "sk-test-key",
            InputPrice = 1m,
            OutputPrice = 4m,
        }));
        change?.Invoke(settings);
        var time = new ManualTime();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(time);
        services.AddSingleton(Options.Create(settings));
        services.AddChatPipeline();
        return new(sandbox, services.BuildServiceProvider(), time, mark, models is not null);
    }

    /// <summary>A fault at the endpoint of a provider.</summary>
    public void Fail(string provider, ModelFaultKind kind, double seconds = 1, int? count = null, string? marker = null) =>
        _sandbox.Services.GetRequiredService<ModelFaults>().Set(new(provider + _mark, kind, Seconds: seconds, Count: count, Marker: marker));

    /// <summary>No faults any more.</summary>
    public void Heal()
    {
        foreach (var provider in Pipeline.Settings.Providers)
        {
            _sandbox.Services.GetRequiredService<ModelFaults>().Clear(provider.DisplayName + _mark);
        }
    }

    /// <summary>What the model says next.</summary>
    public void Say(string provider, string text) => _sandbox.Services.GetRequiredService<ScriptedAnswers>().Add(new(text, Endpoint: provider + _mark));

    public EndpointFigures Figures(string provider) => _sandbox.Services.GetRequiredService<ModelStats>().Of(provider + _mark);

    /// <summary>Asks about a mail.</summary>
    public async Task<(ChatJudgement? Judgement, NoChatAnswerException? None, List<ChatCall> Calls)> AskAsync(bool canWait = false, MailFeatures? mail = null)
    {
        var calls = new List<ChatCall>();
        try
        {
            return (await Judge.AskAsync(MailForModel.Of(mail ?? Mail), canWait, calls, CancellationToken.None), null, calls);
        }
        catch (NoChatAnswerException e)
        {
            return (null, e, calls);
        }
    }

    public ProviderStatus Provider(string name) => Pipeline.Providers.Single(p => p.Name == name);

    public static JsonElement Body(ModelCall call) => JsonDocument.Parse(call.Body).RootElement;

    public async ValueTask DisposeAsync()
    {
        Heal();
        await _services.DisposeAsync();
        if (_own)
        {
            await _sandbox.DisposeAsync();
        }
    }

    private static async Task<WebApplication> SandboxAsync(Action<ModelsOptions>? models)
    {
        var sandbox = SandboxApp.Build([], o =>
        {
            o.Secret = "secret";
            o.Models.KeepCalls = 2000;
            models?.Invoke(o.Models);
        });
        await sandbox.StartAsync();
        return sandbox;
    }
}

/// <summary>A clock that stands until it is moved; timers run in real time.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero).UtcTicks;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);
}
