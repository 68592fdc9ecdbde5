using Butler.Ingest.Schedules;
using Butler.Messaging;
using Butler.Messaging.Contracts;

namespace Butler.Ingest.Retention;

/// <summary>Sets whether an account's transactions outlive their mails; where they do not, the next run of retention erases what is over.</summary>
internal sealed class KeepTransactionsHandler(RetentionStore store, ScheduleStore schedules) : IHandler<KeepTransactions>
{
    public async Task<Outcome> HandleAsync(KeepTransactions message, MessageContext context, CancellationToken cancellationToken)
    {
        if (await store.KeepTransactionsAsync(message.ProviderUserId, message.Keep, message.ActorId, cancellationToken) && !message.Keep)
        {
            await schedules.ForceAsync(RetentionJob.Name, cancellationToken);
        }

        return Outcome.Done;
    }
}
