using Anthropic;
using Anthropic.Core;
using Butler.Intelligence.Chat.Judging;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Butler.Intelligence.Chat;

/// <summary>Reads the key of a provider from where its settings say; null: from the settings themselves.</summary>
/// <param name="settings">The provider.</param>
public delegate string? ChatKeyReader(ChatProviderSettings settings);

/// <summary>
/// The configured providers as one <see cref="IChatClient"/>: fallback over, per provider, structured answers, limits, circuit breaker,
/// timeout and record (docs/chat.md). One per process.
/// </summary>
public sealed class ChatPipeline : IDisposable
{
    /// <summary>The name of the HTTP client that all providers use.</summary>
    public const string HttpClientName = "chat";

    private readonly List<ProviderState> _states = [];
    private readonly TimeProvider _time;

    /// <summary>Builds the layers.</summary>
    public ChatPipeline(IOptions<ChatSettings> options, IHttpMessageHandlerFactory handlers, ChatMetrics metrics, TimeProvider time, ChatKeyReader? keys = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(handlers);
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(time);
        Settings = options.Value;
        _time = time;
        var clients = new List<(string, IChatClient)>();
        foreach (var provider in Settings.Providers)
        {
            var state = new ProviderState(provider, Settings, time);
            state.Changed += () => Changed?.Invoke();
            _states.Add(state);
            // The factory's handlers are pooled and shared; the wire in front of them is this provider's.
            var wire = new ProviderWire(state, time) { InnerHandler = handlers.CreateHandler(HttpClientName) };
            DelegatingHandler outer = provider.Kind == "anthropic" ? new AnthropicVersionClient.Header(provider.ApiVersion) { InnerHandler = wire } : wire;
            var http = new HttpClient(outer, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
            IChatClient client = Adapter(provider, Settings, keys?.Invoke(provider) ?? provider.Key ?? "none", http);
            client = new RecordedChatClient(client, state, Settings, metrics, time);
            client = new TimeoutChatClient(client, state.Name, Settings.Timeout, time);
            client = new BreakerChatClient(client, state, Settings, time);
            client = new LimitedChatClient(client, state);
            client = new ProviderOptionsClient(client, state, Settings);
            clients.Add((state.Name, new StructuredChatClient(client, state.Name, provider.Json)));
        }

        Client = new FallbackChatClient(clients, Settings, metrics, time);
        metrics.Watch(() => Providers);
    }

    /// <summary>The settings.</summary>
    public ChatSettings Settings { get; }

    /// <summary>All providers as one.</summary>
    public IChatClient Client { get; }

    /// <summary>Raised when a breaker moves, or a provider is blocked or free again.</summary>
    public event Action? Changed;

    /// <summary>The providers as they are now, in their order.</summary>
    public IReadOnlyList<ProviderStatus> Providers => [.. _states.Select(s => s.Read())];

    /// <summary>How long until the first provider may be asked; zero: now. Null: there is none.</summary>
    public TimeSpan? Wait => _states.Count == 0 ? null : Providers.Min(p => p.NotBefore is { } at ? Until(at) : TimeSpan.Zero);

    /// <summary>Whether a provider may be asked whose breaker is closed: else one call at a time is enough.</summary>
    public bool IsOpen => Providers.Any(p => p.Breaker == BreakerState.Closed && p.Blocked is null && !(p.NotBefore > _time.GetUtcNow()));

    /// <summary>How long until a time that a provider, a limit or a breaker named, by the clock these run by; zero: it is over.</summary>
    public TimeSpan Until(DateTimeOffset at) => _time.GetUtcNow() is var now && at > now ? at - now : TimeSpan.Zero;

    /// <inheritdoc />
    public void Dispose() => Client.Dispose();

    private static IChatClient Adapter(ChatProviderSettings provider, ChatSettings settings, string key, HttpClient http)
    {
        if (provider.Kind != "anthropic")
        {
            return new OpenAIChatAdapter(provider, key, http);
        }

        // Everything the SDK would otherwise take from the environment is set here.
        var options = new ClientOptions
        {
            ApiKey = key,
            AuthToken = null,
            HttpClient = http,
            MaxRetries = 0,
            Timeout = TimeSpan.FromMinutes(10), // Not less than the layer's, which ends calls.
            BaseUrl = provider.BaseAddress is { Length: > 0 } address ? address.TrimEnd('/') : "https://api.anthropic.com",
        };
        return new AnthropicVersionClient(new AnthropicClient(options).AsIChatClient(provider.Model), provider, settings);
    }

    /// <summary>What a provider's settings add to a request; a model that refuses a temperature gets none any more.</summary>
    private sealed class ProviderOptionsClient(IChatClient inner, ProviderState state, ChatSettings settings) : ChatLayer(inner)
    {
        public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            var own = options?.Clone() ?? new ChatOptions();
            own.ModelId = state.Settings.Model;
            own.Temperature = state.TakesTemperature ? own.Temperature ?? (float)settings.Temperature : null;
            try
            {
                return await InnerClient.GetResponseAsync(messages, own, cancellationToken);
            }
            catch (ChatException e) when (e.Fault == ChatFault.BadRequest && own.Temperature is not null && !state.TakesTemperature)
            {
                own.Temperature = null;
                return await InnerClient.GetResponseAsync(messages, own, cancellationToken);
            }
        }
    }
}

/// <summary>Registers the pipeline.</summary>
public static class ChatServiceCollectionExtensions
{
    /// <summary>Adds <see cref="ChatPipeline"/> and its HTTP client; the options are the caller's to bind.</summary>
    public static IServiceCollection AddChatPipeline(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<ChatMetrics>();
        services.AddSingleton<ChatPipeline>();
        services.AddSingleton<TriagePrompt>();
        services.AddSingleton<TriageJudge>();
        // A redirect would carry the mail, and an x-api-key header, elsewhere.
        services.AddHttpClient(ChatPipeline.HttpClientName).ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        });
        return services;
    }
}
