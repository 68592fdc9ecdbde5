using Butler.Messaging;
using StackExchange.Redis;

namespace Butler.Progress.Streams;

/// <summary>Listens on <see cref="ProgressPublisher.Channel"/>. Without Redis the 2 s read carries everything.</summary>
internal sealed partial class RedisHints(IServiceProvider services, ProgressHub hub, TimeProvider time, ILogger<RedisHints> logger) : BackgroundService
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // Off this thread: making the connection blocks while Redis is away, and a service starts without it.
                var redis = await Task.Run(services.GetService<IConnectionMultiplexer>, stoppingToken);
                if (redis is null)
                {
                    return;
                }

                if (redis.IsConnected)
                {
                    // The client renews the subscription itself after a reconnect.
                    await redis.GetSubscriber().SubscribeAsync(ProgressPublisher.Channel, Heard).WaitAsync(s_patience, time, stoppingToken);
                    LogListening();
                    return;
                }
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException)
            {
                LogAway(exception.GetType().Name);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(s_again, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Heard(RedisChannel channel, RedisValue payload)
    {
        if (Guid.TryParse((string?)payload, out var syncId))
        {
            hub.Hint(syncId);
        }
    }

    [LoggerMessage(6002, LogLevel.Information, "Listening for progress hints on Redis")]
    private partial void LogListening();

    [LoggerMessage(6003, LogLevel.Information, "Redis is away, progress is read every 2 s: {Reason}")]
    private partial void LogAway(string reason);
}
