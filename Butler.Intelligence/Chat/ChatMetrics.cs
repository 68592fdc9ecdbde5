using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Butler.Intelligence.Chat;

/// <summary>The chat part of DESIGN section 9, and more; labels are names of configuration and of closed sets.</summary>
public sealed class ChatMetrics
{
    private static readonly double[] s_seconds = [.1, .25, .5, 1, 2, 3, 5, 10, 20, 30, 60];

    private readonly Histogram<double> _latency;
    private readonly Counter<long> _calls;
    private readonly Counter<long> _fallback;
    private readonly Counter<long> _tokens;
    private readonly Counter<double> _cost;
    private readonly Counter<long> _cache;
    private Func<IEnumerable<ProviderStatus>> _providers = () => [];

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Owns the meter, so that each host, and each test, has its own.</param>
    public ChatMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Butler.Chat");
        _latency = meter.CreateHistogram("llm_api_latency_seconds", "s", "Time of one call of a chat model.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = s_seconds });
        _calls = meter.CreateCounter<long>("llm_calls_total", null, "Calls of chat models by how they ended.");
        _fallback = meter.CreateCounter<long>("llm_fallback_total", null, "Requests that went on to the next provider, or back to the local verdict.");
        _tokens = meter.CreateCounter<long>("llm_tokens_total", null, "Tokens used.");
        _cost = meter.CreateCounter<double>("llm_cost_total", null, "Cost by the configured prices.");
        _cache = meter.CreateCounter<long>("llm_cache_total", null, "Looks into the cache of answers.");
        meter.CreateObservableGauge("llm_breaker_state", () => _providers().SelectMany(p => Enum.GetValues<BreakerState>().Select(s => new Measurement<int>(p.Breaker == s ? 1 : 0, new("provider", p.Name), new("state", Name(s))))), null, "1 for the state a provider's circuit breaker is in.");
        meter.CreateObservableGauge("llm_provider_blocked", () => _providers().Select(p => new Measurement<int>(p.Blocked is null ? 0 : 1, new KeyValuePair<string, object?>("provider", p.Name))), null, "1 while a provider waits for a person: credit, key, model.");
    }

    /// <summary>Spans of calls.</summary>
    public static ActivitySource Source { get; } = new("Butler.Chat");

    /// <summary>A look into the cache.</summary>
    public void Cached(bool hit) => _cache.Add(1, new KeyValuePair<string, object?>("status", hit ? "hit" : "miss"));

    /// <summary>The name of a breaker's state in metrics and tables.</summary>
    public static string Name(BreakerState state) => state switch { BreakerState.Closed => "closed", BreakerState.HalfOpen => "half_open", _ => "open" };

    internal void Watch(Func<IEnumerable<ProviderStatus>> providers) => _providers = providers;

    internal void Called(ChatCall call)
    {
        _latency.Record(call.Latency.TotalSeconds, new("provider", call.Provider), new("model", call.Model));
        _calls.Add(1, new("provider", call.Provider), new("model", call.Model), new("status", call.Fault?.Name() ?? "ok"));
        _tokens.Add(call.InputTokens, new("provider", call.Provider), new("model", call.Model), new("kind", "input"));
        _tokens.Add(call.OutputTokens, new("provider", call.Provider), new("model", call.Model), new("kind", "output"));
        _cost.Add((double)call.Cost, new("provider", call.Provider), new("model", call.Model));
    }

    internal void FellBack(string from, ChatFault reason) => _fallback.Add(1, new("from", from), new("reason", reason.Name()));
}
