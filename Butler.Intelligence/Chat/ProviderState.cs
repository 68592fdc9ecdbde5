namespace Butler.Intelligence.Chat;

/// <summary>Where a provider's circuit breaker stands.</summary>
public enum BreakerState
{
    /// <summary>Calls pass.</summary>
    Closed,

    /// <summary>One call probes.</summary>
    HalfOpen,

    /// <summary>No call passes.</summary>
    Open,
}

/// <summary>What is known of a provider at this moment, in this process.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">openai, anthropic or compatible.</param>
/// <param name="Model">Its model.</param>
/// <param name="Breaker">Its circuit breaker.</param>
/// <param name="NotBefore">When it may be asked again; null: now.</param>
/// <param name="Blocked">Why a person must do something; null: nothing of the kind.</param>
/// <param name="LastFault">The last fault, until an answer comes.</param>
/// <param name="LastAnswer">When the last answer came.</param>
public sealed record ProviderStatus(
    string Name, string Kind, string Model, BreakerState Breaker, DateTimeOffset? NotBefore, ChatFault? Blocked, ChatFault? LastFault, DateTimeOffset? LastAnswer);

/// <summary>The live state of one provider instance: what its layers write and its watchers read.</summary>
internal sealed class ProviderState(ChatProviderSettings settings, ChatSettings chat, TimeProvider time)
{
    private readonly Lock _gate = new();
    private BreakerState _breaker;
    private DateTimeOffset? _openUntil;
    private DateTimeOffset? _limitedUntil;
    private DateTimeOffset? _blockedUntil;
    private ChatFault? _blocked;
    private ChatFault? _lastFault;
    private DateTimeOffset? _lastAnswer;
    private volatile bool _refusesTemperature;

    /// <summary>Raised when the breaker moves or the provider is blocked or free again.</summary>
    public event Action? Changed;

    public string Name { get; } = settings.DisplayName;

    public ChatProviderSettings Settings => settings;

    public ProviderStatus Read()
    {
        lock (_gate)
        {
            return new(Name, settings.Kind, settings.Model, _breaker, Wait(), _blocked, _lastFault, _lastAnswer);
        }
    }

    /// <summary>Whether a temperature is sent: not where the settings say so, nor once the model has refused it.</summary>
    public bool TakesTemperature => settings.SendTemperature && !_refusesTemperature;

    /// <summary>The model refused a request for its temperature; the vendors' newest ones do.</summary>
    public void RefusesTemperature() => _refusesTemperature = true;

    /// <summary>A rate limit: whoever comes before its end is told so without a call.</summary>
    public void NotBefore(DateTimeOffset? at)
    {
        if (at is not null)
        {
            lock (_gate)
            {
                _limitedUntil = _limitedUntil is null || at > _limitedUntil ? at : _limitedUntil;
            }
        }
    }

    /// <summary>Why it may not be asked now, the breaker apart; null: it may. After a block's time one caller passes as its probe.</summary>
    public ChatException? Refuse()
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_blocked is { } blocked)
            {
                if (_blockedUntil > now)
                {
                    return new ChatException(Name, blocked, retryAt: _blockedUntil);
                }

                _blockedUntil = now + chat.BlockedFor;
            }

            return _limitedUntil > now ? new ChatException(Name, ChatFault.RateLimit, retryAt: _limitedUntil) : null;
        }
    }

    public void Answered()
    {
        bool freed;
        lock (_gate)
        {
            freed = _blocked is not null;
            (_blocked, _blockedUntil, _lastFault, _lastAnswer) = (null, null, null, time.GetUtcNow());
        }

        if (freed)
        {
            Changed?.Invoke();
        }
    }

    public void Failed(ChatFault fault)
    {
        bool news;
        lock (_gate)
        {
            _lastFault = fault;
            news = fault.IsBlocking() && _blocked != fault;
            if (fault.IsBlocking())
            {
                (_blocked, _blockedUntil) = (fault, time.GetUtcNow() + chat.BlockedFor);
            }
        }

        if (news)
        {
            Changed?.Invoke();
        }
    }

    public void Broke(BreakerState state, TimeSpan? openFor = null)
    {
        lock (_gate)
        {
            _breaker = state;
            _openUntil = openFor is { } t ? time.GetUtcNow() + t : null;
        }

        Changed?.Invoke();
    }

    private DateTimeOffset? Wait()
    {
        var now = time.GetUtcNow();
        DateTimeOffset? latest = null;
        foreach (var at in (ReadOnlySpan<DateTimeOffset?>)[_openUntil, _limitedUntil, _blocked is null ? null : _blockedUntil])
        {
            latest = at > now && (latest is null || at > latest) ? at : latest;
        }

        return latest;
    }
}
