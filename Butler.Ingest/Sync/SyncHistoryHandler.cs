using Butler.Messaging;
using Butler.Messaging.Contracts;

namespace Butler.Ingest.Sync;

/// <summary>Looks without having been told: catches what notifications missed.</summary>
internal sealed class SyncHistoryHandler(HistoryReader reader) : IHandler<SyncHistory>
{
    public Task<Outcome> HandleAsync(SyncHistory message, MessageContext context, CancellationToken cancellationToken) =>
        reader.ReadAsync(message.ProviderUserId, context, cancellationToken);
}
