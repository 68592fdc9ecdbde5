using Butler.Data;
using StackExchange.Redis;

namespace Butler.Messaging;

/// <summary>
/// Hints that a sync changed, on Redis channel <c>butler:progress</c>; the payload is the sync id. The truth is the row:
/// whoever hears the hint reads it (decision 0003), and a lost hint costs at most the reader's poll.
/// </summary>
public sealed class ProgressPublisher(IConnectionMultiplexer redis)
{
    /// <summary>The channel.</summary>
    public const string Channel = "butler:progress";

    /// <summary>Publishes after the commit; never waits, never fails.</summary>
    public void Changed(IEnumerable<SyncVersion?> versions)
    {
        foreach (var version in versions)
        {
            if (version is { } v && redis.IsConnected)
            {
                redis.GetSubscriber().Publish(Channel, v.SyncId.ToString(), CommandFlags.FireAndForget);
            }
        }
    }
}
