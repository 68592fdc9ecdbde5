using Butler.Data;
using Butler.Data.Search;
using Butler.Intelligence.Embeddings;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Classifier.Search;

/// <summary>
/// Sends IndexMails for mails that wait for their index without a message, and EmbedMails for those whose vectors another model made. At
/// most one message of each kind and account at a time, so a new model does not fill the queue.
/// </summary>
internal sealed class SearchSweeper(Database database, EmbeddingModels models, WakeUps wakeUps, TimeProvider time, IOptions<SearchOptions> options, ILogger<SearchSweeper> logger)
    : MessageSweeper(database, wakeUps, options.Value.Sweep, time, logger)
{
    private const int MaxAccounts = 200;

    protected override async Task<List<OutgoingMessage>> LostAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var sent = new List<OutgoingMessage>();
        foreach (var lost in await SearchIndex.LostAsync(connection, nameof(IndexMails), options.Value.SweepAfter, MaxAccounts, options.Value.BatchMails * 10, cancellationToken))
        {
            sent.AddRange(lost.MailIds.Chunk(options.Value.BatchMails)
                .Select(ids => MessageBus.Pack(new IndexMails(lost.ProviderUserId, Lane.Bulk, ids), Lane.Index, lost.ProviderUserId, Guid.CreateVersion7())));
        }

        foreach (var other in await SearchIndex.OtherModelAsync(connection, nameof(EmbedMails), models.Wanted, MaxAccounts, options.Value.BatchMails * 10, cancellationToken))
        {
            sent.AddRange(other.MailIds.Chunk(options.Value.BatchMails)
                .Select(ids => MessageBus.Pack(new EmbedMails(other.ProviderUserId, ids), Lane.Model, other.ProviderUserId, Guid.CreateVersion7())));
        }

        return sent;
    }
}
