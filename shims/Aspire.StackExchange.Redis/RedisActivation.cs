using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>
/// Connects when the host starts, beside the start rather than in it: the client's connect blocks for
/// its whole timeout while Redis is away, and a service must start without Redis.
/// </summary>
internal sealed class RedisActivation(IServiceProvider services, ILogger<RedisActivation> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(Connect, stoppingToken);

    private void Connect()
    {
        try
        {
            services.GetRequiredService<IConnectionMultiplexer>();
        }
        catch (Exception exception) when (exception is RedisException or ObjectDisposedException)
        {
            logger.LogWarning(exception, "Redis could not be reached at the start; the client keeps trying.");
        }
    }
}
