using Butler.Data;
using Butler.Data.Responder;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;

namespace Butler.Responder.Drafts;

/// <summary>The bus is a hint: sends DraftReply again for open replies that no message is on its way for. A doubled one is harmless.</summary>
internal sealed partial class Sweeper(Database database, WakeUps wakeUps, TimeProvider time, IOptions<ResponderOptions> options, ILogger<Sweeper> logger) : BackgroundService
{
    private const int MaxPerSweep = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
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
            var lost = await Replies.LostAsync(connection, options.Value.SweepAfter, MaxPerSweep, cancellationToken);
            List<OutgoingMessage> sent =
                [.. lost.Select(l => MessageBus.Pack(new DraftReply(l.MailId, l.ProviderUserId, null, false), Lane.Live, l.ProviderUserId, l.CorrelationId))];
            await Outbox.AddAsync(connection, sent, cancellationToken);
            return sent;
        }, cancellationToken);
        if (messages.Count > 0)
        {
            LogSent(messages.Count);
            wakeUps.Sent(messages);
        }
    }

    [LoggerMessage(4011, LogLevel.Information, "Sweep waits: {Reason}")]
    private partial void LogPostponed(string reason);

    [LoggerMessage(4012, LogLevel.Information, "Sweep sent {Count} replies on")]
    private partial void LogSent(int count);
}
