namespace Butler.Messaging;

/// <summary>A message: a fact in the past tense or an imperative. Holds ids, never mail content.</summary>
public interface IMessage
{
    /// <summary>The queue of the service that handles it.</summary>
    static abstract string Queue { get; }
}

/// <summary>Handles one kind of message. Must be idempotent: delivery is at least once.</summary>
/// <typeparam name="TMessage">The contract.</typeparam>
public interface IHandler<TMessage> where TMessage : IMessage
{
    /// <summary>Does the work. An exception is a retry up to the kind's limit.</summary>
    Task<Outcome> HandleAsync(TMessage message, MessageContext context, CancellationToken cancellationToken);
}

/// <summary>What a handler may know of its delivery.</summary>
/// <param name="MessageId">The message.</param>
/// <param name="CorrelationId">From the API call to the draft.</param>
/// <param name="Attempts">Deliveries so far, this one included; counted at the claim.</param>
/// <param name="Failures">Answered failures so far; deliveries without an answer are Attempts - 1 - Failures - snoozes.</param>
/// <param name="YieldToLiveAsync">Bulk handlers call it between chunks of 10 mails: it returns once no live work waits here.</param>
public sealed record MessageContext(Guid MessageId, Guid CorrelationId, int Attempts, int Failures, Func<Task> YieldToLiveAsync)
{
    private const int MaxSilentDeliveries = 2;

    /// <summary>
    /// Whether the message came more often than it was answered: a mail in it may take its process along, so its handler goes mail by mail
    /// (MECHANICS 4).
    /// </summary>
    public bool IsSilent => Attempts - Failures > MaxSilentDeliveries;
}

/// <summary>How a delivery ended.</summary>
public enum OutcomeKind
{
    /// <summary>Done; the message goes.</summary>
    Done,

    /// <summary>Failed; again with the kind's back-off, dead after its last try.</summary>
    Retry,

    /// <summary>Not now (quota, a fault of ours): again after a delay, not counted as a try.</summary>
    Snooze,

    /// <summary>Hopeless: a dead letter at once.</summary>
    Dead,
}

/// <summary>A handler's answer.</summary>
public sealed record Outcome(OutcomeKind Kind, TimeSpan? Delay = null, string? Reason = null)
{
    /// <summary>Done.</summary>
    public static Outcome Done { get; } = new(OutcomeKind.Done);

    /// <summary>Failed; <paramref name="delay"/> overrides the back-off (Retry-After).</summary>
    public static Outcome Retry(string reason, TimeSpan? delay = null) => new(OutcomeKind.Retry, delay, reason);

    /// <summary>Again after <paramref name="delay"/>.</summary>
    public static Outcome Snooze(TimeSpan delay, string reason) => new(OutcomeKind.Snooze, delay, reason);

    /// <summary>A dead letter.</summary>
    public static Outcome Dead(string reason) => new(OutcomeKind.Dead, null, reason);
}
