using System.ClientModel;
using Butler.Data;
using Butler.Data.Search;
using Butler.Intelligence.Embeddings;
using Butler.Messaging;
using Butler.Messaging.Contracts;

namespace Butler.Classifier.Search;

/// <summary>
/// Puts vectors of the wanted model in the place of others, mail by mail: until then the old ones answer, and vectors of different models
/// are never compared. Runs on the model lane, because the wanted model may be a provider's.
/// </summary>
internal sealed class EmbedMailsHandler(Database database, EmbeddingModels models, SearchMetrics metrics) : IHandler<EmbedMails>
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(60);

    public async Task<Outcome> HandleAsync(EmbedMails message, MessageContext context, CancellationToken cancellationToken)
    {
        var mails = await SearchIndex.ReadOtherAsync(database.DataSource, message.MailIds, models.Wanted, cancellationToken);
        if (mails.Count == 0)
        {
            return Outcome.Done;
        }

        List<EmbeddedMail> vectors;
        try
        {
            vectors = await Passages.EmbedAsync(models.Find(models.Wanted)!, models.Wanted, mails, cancellationToken);
        }
        catch (ClientResultException e) when (e.Status is 400 or 401 or 403 or 404 or 422)
        {
            // Asking again does not help; the sweeper does once the configuration is another.
            return Outcome.Snooze(s_wait * 10, $"the embedding provider refuses: {e.Status}");
        }
        catch (Exception e) when (e is ClientResultException or HttpRequestException or InvalidDataException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Local vectors answer meanwhile, so nothing is lost by waiting, however long.
            return Outcome.Snooze(s_wait, $"the embedding provider does not answer: {e.GetType().Name}");
        }

        metrics.Embedded(await database.TransactAsync(c => SearchIndex.ReplaceAsync(c, vectors, cancellationToken), cancellationToken));
        return Outcome.Done;
    }
}
