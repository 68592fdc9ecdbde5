using System.Text.Json;
using Butler.Progress.Reads;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace Butler.Progress.Streams;

/// <summary>
/// Server-sent events for the page: <c>event: sync</c> with the same body as one entry of the history. A stream ends at
/// the deployment's limit; the browser reconnects and gets the current snapshots, so there is no gap.
/// </summary>
internal static class EventsEndpoint
{
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(15);

    public static void MapEvents(this WebApplication app) =>
        app.MapGet("/events", StreamAsync)
            .WithTags("progress")
            .WithSummary("Server-sent events: every change of a user's syncs (?user=, default: your own).")
            .Produces<SyncBody>(200, "text/event-stream");

    private static async Task StreamAsync(
        HttpContext context, string? user, ProgressHub hub, SyncReader syncs, PeopleReader people, ReadGuard guard, StreamRights rights, SyncBodies bodies, IOptions<ProgressOptions> options, TimeProvider time,
        IHostApplicationLifetime lifetime)
    {
        var caller = Caller.Of(context);
        var owner = user is null ? caller.UserId : (await people.RequireReadableAsync(caller, ApiErrors.Id("user", user), context.RequestAborted)).Id;
        if (hub.IsFull)
        {
            throw new ApiException(ApiErrorCodes.TooManyRequests, "Too many streams are open; try again later.");
        }

        using var watcher = hub.WatchUser(owner);
        foreach (var snapshot in await syncs.LatestAsync(owner, context.RequestAborted))
        {
            watcher.Offer(snapshot);
        }

        using var right = rights.Hold(context, owner);
        using var limit = options.Value.StreamLimit is { } most ? new CancellationTokenSource(most, time) : new CancellationTokenSource();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted, lifetime.ApplicationStopping, right.Lost);
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            await context.Response.WriteAsync("retry: 1000\n\n", ending.Token);
            await context.Response.Body.FlushAsync(ending.Token);
            await WriteAsync(context.Response, watcher, snapshot => guard.StillReadsAsync(caller, snapshot.AppUserId, ending.Token), bodies, time, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The limit, the service's stop, a lost right, or the browser has gone: the next connection begins with the snapshot, or is refused.
        }
    }

    private static async Task WriteAsync(HttpResponse response, ProgressWatcher watcher, Func<SyncSnapshot, Task<bool>> stillReads, SyncBodies bodies, TimeProvider time, CancellationToken cancellationToken)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var snapshots = watcher.ReadAsync(reading.Token).GetAsyncEnumerator(reading.Token);
        var next = snapshots.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                // Proxies cut silent connections, and a vanished browser is only noticed by writing.
                using var tick = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var idle = Task.Delay(s_keepAlive, time, tick.Token);
                if (await Task.WhenAny(next, idle) == idle)
                {
                    await idle;
                    await response.WriteAsync(": still here\n\n", cancellationToken);
                }
                else
                {
                    await tick.CancelAsync();
                    // A right that was lost ends the stream; the browser's next connection is refused.
                    if (!await next || !await stillReads(snapshots.Current))
                    {
                        return;
                    }

                    var json = JsonSerializer.Serialize(bodies.Of(snapshots.Current), ApiJson.Options);
                    await response.WriteAsync($"event: sync\nid: {snapshots.Current.SyncId}:{snapshots.Current.Version}\ndata: {json}\n\n", cancellationToken);
                    next = snapshots.MoveNextAsync().AsTask();
                }

                await response.Body.FlushAsync(cancellationToken);
            }
        }
        finally
        {
            // An enumerator that is still asked must not be disposed: that would be a fault of ours, and cut the answer instead of ending it.
            await reading.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
