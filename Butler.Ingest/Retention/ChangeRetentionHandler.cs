using Butler.Ingest.Schedules;
using Butler.Messaging;
using Butler.Messaging.Contracts;

namespace Butler.Ingest.Retention;

/// <summary>Sets an account's retention and asks for a run that carries it out; should that be lost, the daily one does.</summary>
internal sealed class ChangeRetentionHandler(RetentionStore store, ScheduleStore schedules) : IHandler<ChangeRetention>
{
    public async Task<Outcome> HandleAsync(ChangeRetention message, MessageContext context, CancellationToken cancellationToken)
    {
        if (await store.ChangeAsync(message.ProviderUserId, message.Days, message.ActorId, cancellationToken))
        {
            await schedules.ForceAsync(RetentionJob.Name, cancellationToken);
        }

        return Outcome.Done;
    }
}
