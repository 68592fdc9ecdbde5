using Butler.Messaging;
using Butler.Messaging.Contracts;

namespace Butler.Ingest.Import;

/// <summary>Ends a sync at the owner's wish. What is in flight finishes; what is open waits for the next start.</summary>
internal sealed class CancelImportHandler(SyncStore syncs) : IHandler<CancelImport>
{
    public const string Code = "cancelled";

    public async Task<Outcome> HandleAsync(CancelImport message, MessageContext context, CancellationToken cancellationToken)
    {
        await syncs.FailAsync(message.SyncId, Code, "Cancelled by the owner. Start the import again and it continues where it stopped.", null, cancellationToken);
        return Outcome.Done;
    }
}
