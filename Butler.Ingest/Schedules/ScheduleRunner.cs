using Butler.Messaging;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Schedules;

/// <summary>Runs what is due, each schedule on one replica at a time; a slow one does not hold the others up.</summary>
internal sealed partial class ScheduleRunner(
    ScheduleStore store, IServiceScopeFactory scopes, TimeProvider time, IOptions<ScheduleOptions> options, ScheduleMetrics metrics, ILogger<ScheduleRunner> logger) : BackgroundService
{
    private readonly List<Task> _running = [];
    private bool _registered;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                // Whatever it is, it must not end the service, as an exception out of a BackgroundService does.
                LogPostponed(e.GetType().Name);
            }

            await Task.Delay(options.Value.Poll, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        if (!_registered)
        {
            await store.RegisterAsync(stoppingToken);
            _registered = true;
        }

        _running.RemoveAll(t => t.IsCompleted);
        while (await store.ClaimAsync(stoppingToken) is { } run)
        {
            _running.Add(Task.Run(() => RunAsync(run, stoppingToken), CancellationToken.None));
        }
    }

    private async Task RunAsync(ScheduledRun run, CancellationToken stoppingToken)
    {
        var started = time.GetTimestamp();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var renewing = RenewAsync(run, cancel);
        try
        {
            var (succeeded, note) = await WorkAsync(run, cancel.Token);
            if (stoppingToken.IsCancellationRequested && !succeeded)
            {
                await store.ReleaseAsync(run, CancellationToken.None);
                return;
            }

            await store.EndAsync(run, succeeded, note, CancellationToken.None);
            metrics.Ran(run.Name, succeeded, time.GetElapsedTime(started));
        }
        catch (Exception e)
        {
            // Ending it failed: the database is away. The claim runs out by itself, and the schedule is still due.
            LogPostponed(e.GetType().Name);
        }
        finally
        {
            await cancel.CancelAsync();
            await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<(bool Succeeded, string? Note)> WorkAsync(ScheduledRun run, CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var job = (IScheduledJob)scope.ServiceProvider.GetRequiredService(store.Schedules.First(s => s.Name == run.Name).Job);
            return (true, await job.RunAsync(run, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return (false, "stopped");
        }
        catch (Exception e)
        {
            // The funnel of all jobs: only what is known to be free of mail is kept.
            var reason = e is ScheduleLostException ? e.Message : $"{e.GetType().Name}: {Faults.SafeMessage(e)}";
            LogFailed(run.Name, reason);
            return (false, reason);
        }
    }

    /// <summary>Renews the claim while the job runs; without an answer it gives up by its own clock before the database does.</summary>
    private async Task RenewAsync(ScheduledRun run, CancellationTokenSource cancel)
    {
        var lease = options.Value.Lease;
        var renewed = time.GetTimestamp();
        while (!cancel.IsCancellationRequested)
        {
            await Task.Delay(lease / 4, time, cancel.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancel.IsCancellationRequested)
            {
                return;
            }

            var asked = time.GetTimestamp();
            try
            {
                if (await store.RenewAsync(run, cancel.Token))
                {
                    renewed = asked;
                    continue;
                }
            }
            catch (Exception e) when (Faults.IsOurs(e) && time.GetElapsedTime(renewed) < lease * 3 / 4)
            {
                continue;
            }

            LogLost(run.Name);
            await cancel.CancelAsync();
        }
    }

    [LoggerMessage(2501, LogLevel.Information, "Schedules wait: {Reason}")]
    private partial void LogPostponed(string reason);

    [LoggerMessage(2502, LogLevel.Warning, "Schedule {Name} failed: {Reason}")]
    private partial void LogFailed(string name, string reason);

    [LoggerMessage(2503, LogLevel.Warning, "The claim of schedule {Name} is lost; its run stops here")]
    private partial void LogLost(string name);
}
