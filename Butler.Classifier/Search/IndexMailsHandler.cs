using Butler.Data;
using Butler.Data.Search;
using Butler.Intelligence.Embeddings;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;

namespace Butler.Classifier.Search;

/// <summary>
/// Indexes judged mails: words and local vectors at once, in one transaction that also closes them, so that search finds a mail whether a
/// provider answers or not. A provider's vectors come later, by <see cref="EmbedMails"/> on the model lane (MECHANICS 8).
/// </summary>
internal sealed class IndexMailsHandler(Database database, EmbeddingModels models, Stems stems, WakeUps wakeUps, SearchMetrics metrics, StageTimes stages, IFaultPoints faults) : IHandler<IndexMails>
{
    /// <summary>Tries of a mail that runs alone, after which only its vectors are written.</summary>
    private const int WordTries = 3;

    public async Task<Outcome> HandleAsync(IndexMails message, MessageContext context, CancellationToken cancellationToken)
    {
        // As in triage: a batch that fails or never answers is done mail by mail, so that one mail ends alone (MECHANICS 4).
        var alone = context.IsSilent || context.Failures > 1;
        foreach (var chunk in message.MailIds.Chunk(alone ? 1 : message.MailIds.Length))
        {
            try
            {
                var words = !alone || await database.TransactAsync(c => SearchIndex.CountTryAsync(c, chunk[0], cancellationToken), cancellationToken) <= WordTries;
                await RunAsync(message, chunk, words, context, cancellationToken);
            }
            catch (Exception e) when (alone && e is not OperationCanceledException && !Faults.IsOurs(e))
            {
                // Its text is not what the server can hold as words: its vectors and its row are written, so that it is not tried for ever.
                metrics.Failed();
                await RunAsync(message, chunk, words: false, context, cancellationToken);
            }
        }

        return Outcome.Done;
    }

    private async Task RunAsync(IndexMails message, Guid[] ids, bool words, MessageContext context, CancellationToken cancellationToken)
    {
        var began = StageTimes.Now;
        List<MailToIndex> mails;
        List<IndexedWords> documents;
        await using (var connection = await database.DataSource.OpenConnectionAsync(cancellationToken))
        {
            mails = await SearchIndex.ReadAsync(connection, ids, cancellationToken);
            began = stages.Ended("index: read", began);
            documents = await SearchIndex.CutAsync(connection, stems, mails, words, cancellationToken);
            began = stages.Ended("index: words", began);
        }

        var vectors = new List<EmbeddedMail>(mails.Count);
        foreach (var ten in mails.Chunk(10))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await context.YieldToLiveAsync();
            vectors.AddRange(await Passages.EmbedAsync(models.Local, LocalEmbeddings.ModelName, ten, cancellationToken));
        }

        began = stages.Ended("index: embed", began);
        await faults.ReachAsync("index: before write");
        var later = models.Remote is null || mails.Count == 0
            ? []
            : new List<OutgoingMessage> { MessageBus.Pack(new EmbedMails(message.ProviderUserId, [.. mails.Select(m => m.Id)]), Lane.Model, message.ProviderUserId, context.CorrelationId) };
        var written = await database.TransactAsync(async connection =>
        {
            var count = await SearchIndex.WriteAsync(connection, ids, documents, vectors, cancellationToken);
            if (count > 0)
            {
                await Outbox.AddAsync(connection, later, cancellationToken);
            }

            return count;
        }, cancellationToken);
        stages.Ended("index: write", began);
        await faults.ReachAsync("index: after commit");
        if (written > 0)
        {
            wakeUps.Sent(later);
            metrics.Indexed(written);
        }
    }
}
