namespace Butler.Intelligence.Chat;

/// <summary>Why a provider gave no answer that can be used.</summary>
public enum ChatFault
{
    /// <summary>No connection.</summary>
    Unreachable,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>A failure of theirs (500, 502, 504 and the like), or an answer that is not theirs.</summary>
    ServerError,

    /// <summary>Too much to do (503, 529).</summary>
    Overloaded,

    /// <summary>Too many requests or tokens in a minute.</summary>
    RateLimit,

    /// <summary>Credit or spend limit used up: only a person can change that.</summary>
    OutOfCredit,

    /// <summary>The key is refused, or may not do this.</summary>
    Unauthorized,

    /// <summary>The model is not known there.</summary>
    UnknownModel,

    /// <summary>This request is refused (400, 413).</summary>
    BadRequest,

    /// <summary>The model refuses to answer, or a filter does.</summary>
    Refusal,

    /// <summary>The answer ends at the limit of its length.</summary>
    Cut,

    /// <summary>The answer does not fit its type, also after the second try.</summary>
    InvalidAnswer,

    /// <summary>Not asked: the circuit breaker is open.</summary>
    BreakerOpen,
}

/// <summary>The names of faults in metrics and records, and what they mean for the next call.</summary>
public static class ChatFaults
{
    /// <summary>The snake_case name.</summary>
    public static string Name(this ChatFault fault) => fault switch
    {
        ChatFault.Unreachable => "unreachable",
        ChatFault.Timeout => "timeout",
        ChatFault.ServerError => "server_error",
        ChatFault.Overloaded => "overloaded",
        ChatFault.RateLimit => "rate_limit",
        ChatFault.OutOfCredit => "out_of_credit",
        ChatFault.Unauthorized => "unauthorized",
        ChatFault.UnknownModel => "unknown_model",
        ChatFault.BadRequest => "bad_request",
        ChatFault.Refusal => "refusal",
        ChatFault.Cut => "cut",
        ChatFault.InvalidAnswer => "invalid_json",
        ChatFault.BreakerOpen => "breaker_open",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };

    /// <summary>
    /// Whether it speaks of the service. What speaks of one mail (a refusal, prose, a cut) does not open a breaker: a stranger's mail
    /// could otherwise switch a provider off for everybody (DESIGN promise 4).
    /// </summary>
    public static bool IsOutage(this ChatFault fault) => fault is ChatFault.Unreachable or ChatFault.Timeout or ChatFault.ServerError or ChatFault.Overloaded;

    /// <summary>Whether a person must do something: never retried, and told once.</summary>
    public static bool IsBlocking(this ChatFault fault) => fault is ChatFault.OutOfCredit or ChatFault.Unauthorized or ChatFault.UnknownModel;

    /// <summary>Whether it speaks of this one request.</summary>
    public static bool IsOfRequest(this ChatFault fault) => fault is ChatFault.BadRequest or ChatFault.Refusal or ChatFault.Cut or ChatFault.InvalidAnswer;
}

/// <summary>A provider gave no usable answer. The message holds names and numbers only.</summary>
public sealed class ChatException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="fault">Why.</param>
    /// <param name="status">The HTTP status, if there was one.</param>
    /// <param name="retryAt">When it may be asked again, if it said so.</param>
    /// <param name="inner">The cause.</param>
    public ChatException(string provider, ChatFault fault, int? status = null, DateTimeOffset? retryAt = null, Exception? inner = null)
        : base(status is null ? $"{provider}: {fault.Name()}" : $"{provider}: {fault.Name()} ({status})", inner)
    {
        Provider = provider;
        Fault = fault;
        Status = status;
        RetryAt = retryAt;
    }

    /// <summary>The provider's name.</summary>
    public string Provider { get; }

    /// <summary>Why.</summary>
    public ChatFault Fault { get; }

    /// <summary>The HTTP status, if there was one.</summary>
    public int? Status { get; }

    /// <summary>When it may be asked again, if that is known.</summary>
    public DateTimeOffset? RetryAt { get; }
}

/// <summary>No provider gave a usable answer.</summary>
/// <param name="faults">What each said, in their order.</param>
/// <param name="retryAt">When the first of them may be asked again; null: at once.</param>
public sealed class NoChatAnswerException(IReadOnlyList<ChatException> faults, DateTimeOffset? retryAt)
    : Exception(string.Join("; ", faults.Select(f => f.Message)), faults.Count > 0 ? faults[^1] : null)
{
    /// <summary>What each said, in their order.</summary>
    public IReadOnlyList<ChatException> Faults => faults;

    /// <summary>When the first of them may be asked again; null: at once.</summary>
    public DateTimeOffset? RetryAt => retryAt;

    /// <summary>All who were asked had something against this one request: asking again is no outage's matter.</summary>
    public bool IsOfRequest => faults.Count > 0 && faults.All(f => f.Fault.IsOfRequest());

    /// <summary>Nobody was asked: breakers are open, limits not over yet, credit used up.</summary>
    public bool NobodyAsked => faults.All(f => f.Fault == ChatFault.BreakerOpen || (f.Status is null && (f.Fault == ChatFault.RateLimit || f.Fault.IsBlocking())));
}
