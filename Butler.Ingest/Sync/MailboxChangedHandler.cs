using Butler.Messaging;
using Butler.Messaging.Contracts;

namespace Butler.Ingest.Sync;

/// <summary>A notification came: look.</summary>
internal sealed class MailboxChangedHandler(HistoryReader reader) : IHandler<MailboxChanged>
{
    public Task<Outcome> HandleAsync(MailboxChanged message, MessageContext context, CancellationToken cancellationToken) =>
        reader.ReadAsync(message.ProviderUserId, context, cancellationToken);
}
