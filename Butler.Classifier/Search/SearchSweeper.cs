using Butler.Data;
using Butler.Data.Search;
using Butler.Intelligence.Embeddings;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;

namespace Butler.Classifier.Search;

/// <summary>
/// The bus is a hint: sends IndexMails for mails that wait for their index without a message, and EmbedMails for those whose vectors another
/// model made. At most one message of each kind and account at a time, so a new model does not fill the queue.
/// </summary>
internal sealed partial class SearchSweeper(Database database, Schema schema, EmbeddingModels models, WakeUps wakeUps, TimeProvider time, IOptions<SearchOptions> options, ILogger<SearchSweeper> logger)
    : BackgroundService
{
    private const int MaxAccounts = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Value.Sweep, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (Faults.IsOurs(e))
            {
                LogPostponed(e.GetType().Name);
            }
        }
    }

    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        var messages = await database.TransactAsync(async connection =>
        {
            var sent = new List<OutgoingMessage>();
            foreach (var lost in await SearchIndex.LostAsync(connection, nameof(IndexMails), options.Value.SweepAfter, MaxAccounts, options.Value.BatchMails * 10, cancellationToken))
            {
                sent.AddRange(lost.MailIds.Chunk(options.Value.BatchMails)
                    .Select(ids => MessageBus.Pack(new IndexMails(lost.ProviderUserId, Lane.Bulk, ids), Lane.Bulk, lost.ProviderUserId, Guid.CreateVersion7())));
            }

            foreach (var other in await SearchIndex.OtherModelAsync(connection, nameof(EmbedMails), models.Wanted, MaxAccounts, options.Value.BatchMails * 10, cancellationToken))
            {
                sent.AddRange(other.MailIds.Chunk(options.Value.BatchMails)
                    .Select(ids => MessageBus.Pack(new EmbedMails(other.ProviderUserId, ids), Lane.Model, other.ProviderUserId, Guid.CreateVersion7())));
            }

            await Outbox.AddAsync(connection, sent, cancellationToken);
            return sent;
        }, cancellationToken);
        if (messages.Count > 0)
        {
            LogSent(messages.Count);
            wakeUps.Sent(messages);
        }
    }

    [LoggerMessage(3101, LogLevel.Information, "Search index waits: {Reason}")]
    private partial void LogPostponed(string reason);

    [LoggerMessage(3102, LogLevel.Information, "Search index sent {Count} messages")]
    private partial void LogSent(int count);
}
