using Butler.Data;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Butler.Messaging;

/// <summary>
/// The bus is a hint: looks at a steady beat for open work that no message is on its way for, and sends for it again. A doubled message is
/// harmless, handlers are idempotent; a look that fails waits for the next beat.
/// </summary>
/// <param name="database">Where the work stands.</param>
/// <param name="wakeUps">Told after each commit.</param>
/// <param name="every">Time between two looks.</param>
/// <param name="time">The clock of the beat.</param>
/// <param name="logger">Told how many messages went, and why a look failed; nothing of their content.</param>
public abstract partial class MessageSweeper(Database database, WakeUps wakeUps, TimeSpan every, TimeProvider time, ILogger logger) : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(every, time);
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

    /// <summary>One look, in one transaction.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var messages = await database.TransactAsync(async connection =>
        {
            var lost = await LostAsync(connection, cancellationToken);
            await Outbox.AddAsync(connection, lost, cancellationToken);
            return lost;
        }, cancellationToken);
        if (messages.Count > 0)
        {
            LogSent(messages.Count);
            wakeUps.Sent(messages);
        }
    }

    /// <summary>The messages that are missing, at most a bounded number.</summary>
    protected abstract Task<List<OutgoingMessage>> LostAsync(NpgsqlConnection connection, CancellationToken cancellationToken);

    [LoggerMessage(1221, LogLevel.Information, "Sweep waits: {Reason}")]
    private partial void LogPostponed(string reason);

    [LoggerMessage(1222, LogLevel.Information, "Sweep sent {Count} messages again")]
    private partial void LogSent(int count);
}
