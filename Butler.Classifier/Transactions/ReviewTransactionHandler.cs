using Butler.Data;
using Butler.Data.Classifier;
using Butler.Messaging;
using Butler.Messaging.Contracts;

namespace Butler.Classifier.Transactions;

/// <summary>Carries out the owner's word on a transaction. A second delivery says the same again; reading the mail again does not undo it.</summary>
internal sealed class ReviewTransactionHandler(Database database) : IHandler<ReviewTransaction>
{
    public async Task<Outcome> HandleAsync(ReviewTransaction message, MessageContext context, CancellationToken cancellationToken)
    {
        await database.TransactAsync(
            c => TransactionWriter.DecideAsync(c, message.TransactionId, message.ProviderUserId, message.Accept, message.Amount, message.Currency, message.Direction, message.Day, message.ActorId, cancellationToken), cancellationToken);
        return Outcome.Done;
    }
}
