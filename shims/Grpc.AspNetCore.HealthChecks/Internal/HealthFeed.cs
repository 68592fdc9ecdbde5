using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Grpc.AspNetCore.HealthChecks.Internal;

/// <summary>The last published report, and who waits for the next.</summary>
internal sealed class HealthFeed
{
    private readonly ConcurrentDictionary<Channel<HealthReport>, byte> watchers = new();
    private volatile HealthReport? last;

    public HealthReport? Last => last;

    public void Publish(HealthReport report)
    {
        last = report;
        foreach (var watcher in watchers.Keys)
        {
            watcher.Writer.TryWrite(report);
        }
    }

    /// <summary>Reports from now on; a slow reader sees only the newest.</summary>
    public Channel<HealthReport> Subscribe()
    {
        var watcher = Channel.CreateBounded<HealthReport>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        watchers.TryAdd(watcher, 0);
        return watcher;
    }

    public void Unsubscribe(Channel<HealthReport> watcher) => watchers.TryRemove(watcher, out _);
}

/// <summary>Takes the reports that ASP.NET Core publishes every half minute (HealthCheckPublisherOptions).</summary>
internal sealed class HealthFeedPublisher(HealthFeed feed) : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        feed.Publish(report);
        return Task.CompletedTask;
    }
}
