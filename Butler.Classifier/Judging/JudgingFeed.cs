using Butler.Data;
using Butler.Data.Classifier;
using Butler.Intelligence.Chat;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;

namespace Butler.Classifier.Judging;

/// <summary>
/// Sends for mail that waits its turn: the mail of imports, of past outages and of used-up budgets, and whose message was lost. New mail
/// first, accounts in turn, as much at once as the window takes. While no provider can be asked it sends nothing; while every breaker is
/// open, one mail at a time once a breaker's time is over: it is the probe. So a provider that returns is found without new mail.
/// </summary>
internal sealed partial class JudgingFeed(
    Database database, WakeUps wakeUps, ChatPipeline pipeline, JudgingMetrics metrics, IOptions<JudgingOptions> options, ILogger<JudgingFeed> logger) : BackgroundService
{
    private const int SettleBatch = 500;

    // Counting and looking for lost messages cost more than a look, and hurry less.
    private const int RareTurns = 10;

    private readonly Signal _changed = new(isSet: false);
    private bool _anyoneThere;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        pipeline.Changed += _changed.Set;
        try
        {
            for (var turn = 0; !stoppingToken.IsCancellationRequested; turn++)
            {
                try
                {
                    await LookAsync(turn % RareTurns == 0, stoppingToken);
                    if (!pipeline.Settings.IsOn)
                    {
                        return; // Settled: nothing can come to wait.
                    }
                }
                catch (Exception e) when (Faults.IsOurs(e))
                {
                    LogPostponed(e.GetType().Name);
                }

                await _changed.WaitAsync(options.Value.Look, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
        finally
        {
            pipeline.Changed -= _changed.Set;
        }
    }

    internal async Task LookAsync(bool rare, CancellationToken cancellationToken)
    {
        if (!pipeline.Settings.IsOn)
        {
            while (await database.TransactAsync(c => Judgings.SettleAsync(c, SettleBatch, cancellationToken), cancellationToken) > 0)
            {
            }

            return;
        }

        if (rare)
        {
            await database.TransactAsync(c => Judgings.RecoverAsync(c, options.Value.Recover, cancellationToken), cancellationToken);
            metrics.Open = await Judgings.CountAsync(database.DataSource, cancellationToken);
        }

        // Mail that was given back while all were away need not rest any longer.
        var anyoneThere = pipeline.Providers.Any(p => p is { Breaker: BreakerState.Closed, Blocked: null });
        if (anyoneThere && !_anyoneThere)
        {
            await database.TransactAsync(c => Judgings.WakeAsync(c, options.Value.Rest, cancellationToken), cancellationToken);
        }

        _anyoneThere = anyoneThere;
        if (pipeline.Wait is not { } wait || wait > TimeSpan.Zero)
        {
            return;
        }

        var underWay = await Judgings.UnderWayAsync(database.DataSource, Queues.Classifier, cancellationToken);
        var room = pipeline.IsOpen ? options.Value.Window - underWay : underWay == 0 ? 1 : 0;
        if (room <= 0)
        {
            return;
        }

        var messages = await database.TransactAsync(async connection =>
        {
            List<OutgoingMessage> sent = [.. (await Judgings.TakeAsync(connection, room, cancellationToken)).Select(JudgingRules.Pack)];
            await Outbox.AddAsync(connection, sent, cancellationToken);
            return sent;
        }, cancellationToken);
        wakeUps.Sent(messages);
    }

    [LoggerMessage(3211, LogLevel.Information, "The feed of judging waits: {Reason}")]
    private partial void LogPostponed(string reason);
}
