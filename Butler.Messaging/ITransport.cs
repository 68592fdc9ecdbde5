using Butler.Data;

namespace Butler.Messaging;

/// <summary>
/// The seam between handlers and the bus. Every transport passes the same conformance suite: at least once, lanes,
/// leases that can be lost and are then not answered for, delays, retries, dead letters.
/// </summary>
public interface ITransport
{
    /// <summary>Claims at most <paramref name="count"/> due messages of the lanes, in that order of preference. Empty: nothing is due.</summary>
    Task<IReadOnlyList<Delivery>> ClaimAsync(string queue, IReadOnlyList<Lane> lanes, int count, CancellationToken cancellationToken);

    /// <summary>Waits until a message may be due in one of the lanes, or the poll time is over.</summary>
    Task WaitAsync(string queue, IReadOnlyList<Lane> lanes, TimeSpan poll, CancellationToken cancellationToken);

    /// <summary>Renews leases in one statement; answers which are still held.</summary>
    Task<IReadOnlySet<Guid>> RenewAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken);

    /// <summary>The message is done. False: the lease was lost, somebody else has it.</summary>
    Task<bool> CompleteAsync(Delivery delivery, CancellationToken cancellationToken);

    /// <summary>Deliver again after <paramref name="delay"/>.</summary>
    /// <param name="delivery">Which.</param>
    /// <param name="delay">When.</param>
    /// <param name="countFailure">True for a retry, false for a snooze.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<bool> ReturnAsync(Delivery delivery, TimeSpan delay, bool countFailure, CancellationToken cancellationToken);

    /// <summary>Moves the message to the dead letters.</summary>
    Task<bool> DeadAsync(Delivery delivery, string error, string? stackTrace, CancellationToken cancellationToken);
}

/// <summary>A claimed message.</summary>
public sealed record Delivery(Guid Id, string Queue, Lane Lane, string Kind, string Body, Guid? ProviderUserId, Guid CorrelationId, int Attempts, int Failures, Guid Lease);
