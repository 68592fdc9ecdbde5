using Butler.Messaging;

namespace Butler.Data.Tests.Transport;

/// <summary>What the conformance suite needs of a transport beside <see cref="ITransport"/> itself.</summary>
public interface ITransportBed : IAsyncDisposable
{
    /// <summary>The transport as one process has it. Its lease is 60 seconds.</summary>
    ITransport Here { get; }

    /// <summary>The transport as another process has it.</summary>
    ITransport There { get; }

    /// <summary>Sends from "here": in the outbox, committed, woken.</summary>
    Task SendAsync(params OutgoingMessage[] messages);

    /// <summary>Sends from "here", and rolls back.</summary>
    Task SendAndRollBackAsync(OutgoingMessage message);

    /// <summary>Lets time pass for all messages: leases and delays alike.</summary>
    Task AdvanceAsync(TimeSpan time);

    /// <summary>The dead letters' errors.</summary>
    Task<IReadOnlyList<string>> DeadAsync();

    /// <summary>Returns once a message sent "here" is signalled "there" without any poll.</summary>
    Task UntilConnectedAsync();
}
