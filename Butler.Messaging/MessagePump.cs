using System.Collections.Concurrent;
using System.Diagnostics;
using Butler.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Butler.Messaging;

/// <summary>
/// Runs handlers: workers that take only live messages, and bulk workers that take live first, then bulk, and every
/// fifth time bulk first (MECHANICS 5); what is indexed of imports comes behind (<see cref="IndexPace"/>); calls of chat models have workers
/// of their own, so that nobody waits behind one. The one funnel for what handlers throw, and the one retry layer.
/// </summary>
internal sealed partial class MessagePump(
    ITransport transport, HandlerRegistry handlers, IServiceScopeFactory scopes, IOptions<MessagingOptions> options, TimeProvider time, Random random, MessagingMetrics metrics,
    ILogger<MessagePump> logger) : BackgroundService
{
    private static readonly Lane[] s_liveOnly = [Lane.Live];
    private static readonly Lane[] s_models = [Lane.Model];
    private static readonly Lane[] s_liveFirst = [Lane.Live, Lane.Bulk];
    private static readonly Lane[] s_bulkFirst = [Lane.Bulk, Lane.Live];
    private readonly TimeSpan _ourFault = TimeSpan.FromSeconds(2) * options.Value.DelayScale;

    // By lease, not by message: a message whose lease was lost may come back to this process while its first handler still ends.
    private readonly ConcurrentDictionary<(Guid Id, Guid Lease), Held> _held = new();
    private readonly MessagingOptions _options = options.Value;
    private readonly IndexPace? _index = handlers.HasIndex ? new(options.Value.IndexShare, time) : null;
    private int _liveRunning;
    private volatile TaskCompletionSource _liveIdle = Completed();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var live = Enumerable.Range(0, _options.LiveWorkers).Select(i => WorkAsync(s_liveOnly, i, i == 0 ? _options.LivePoll : _options.BulkPoll, stoppingToken));
        var workers = Enumerable.Range(0, _options.BulkWorkers).Select(i => WorkAsync(s_liveFirst, i, _options.BulkPoll, stoppingToken));
        var models = handlers.HasModels ? Enumerable.Range(0, _options.ModelWorkers).Select(i => WorkAsync(s_models, i, i == 0 ? _options.LivePoll : _options.BulkPoll, stoppingToken)) : [];
        await Task.WhenAll([RenewAsync(stoppingToken), .. live, .. workers, .. models]);
    }

    /// <summary>A wake-up wakes all; without one it is enough that one worker looks often.</summary>
    private async Task WorkAsync(Lane[] usual, int worker, TimeSpan poll, CancellationToken stoppingToken)
    {
        await Task.Yield();
        for (var turn = 1; !stoppingToken.IsCancellationRequested; turn++)
        {
            var index = usual == s_liveFirst ? _index : null;
            var lanes = index?.Lanes(worker, turn) ?? (usual == s_liveFirst && turn % 5 == 0 ? s_bulkFirst : usual);
            using var waitEnd = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);

            // Registered before the look, so that a message sent in between wakes us.
            var wait = transport.WaitAsync(handlers.Queue, lanes, index?.Wait(worker, poll) ?? poll, waitEnd.Token);
            try
            {
                var claimed = await transport.ClaimAsync(handlers.Queue, lanes, 1, stoppingToken);
                if (claimed.Count == 0)
                {
                    await wait;
                    continue;
                }

                foreach (var delivery in claimed)
                {
                    await RunAsync(delivery, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Claiming or answering failed: the database is away. The lease runs out by itself.
                LogQueueFault(e.GetType().Name);
                await Task.Delay(_ourFault, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            finally
            {
                await waitEnd.CancelAsync();
                await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RunAsync(Delivery delivery, CancellationToken stoppingToken)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var live = delivery.Lane == Lane.Live;
        _held[(delivery.Id, delivery.Lease)] = new(delivery, cancel, time.GetTimestamp());
        if (live && Interlocked.Increment(ref _liveRunning) == 1)
        {
            _liveIdle = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        var started = time.GetTimestamp();
        _index?.Begins(delivery.Lane);
        using var activity = MessagingMetrics.Source.StartActivity(delivery.Kind, ActivityKind.Consumer);
        activity?.SetTag("butler.correlation_id", delivery.CorrelationId);
        using var scope = logger.BeginScope(new Dictionary<string, object> { ["CorrelationId"] = delivery.CorrelationId });
        Outcome outcome;
        string? trace = null;
        try
        {
            outcome = delivery.Attempts - delivery.Failures > _options.MaxSilentDeliveries
                ? Outcome.Dead($"Delivered {delivery.Attempts} times, and each time its handler ended without an answer.")
                : await HandleAsync(delivery, cancel.Token);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            outcome = Outcome.Snooze(TimeSpan.Zero, "stopped");
        }
        catch (Exception e) when (Faults.IsOurs(e))
        {
            LogOurFault(delivery.Kind, e.GetType().Name);
            outcome = Outcome.Snooze(_ourFault, e.GetType().Name);
        }
        catch (Exception e)
        {
            // The funnel: whatever a handler throws is a failed try.
            trace = e.StackTrace;
            outcome = Outcome.Retry($"{e.GetType().Name}: {Faults.SafeMessage(e)}");
        }
        finally
        {
            _held.TryRemove((delivery.Id, delivery.Lease), out _);
            if (live && Interlocked.Decrement(ref _liveRunning) == 0)
            {
                _liveIdle.TrySetResult();
            }
        }

        _index?.Ran(delivery.Lane, started);
        metrics.Ran(delivery.Kind, outcome.Kind, time.GetElapsedTime(started));
        await AnswerAsync(delivery, outcome, trace);
    }

    private async Task<Outcome> HandleAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        await using var services = scopes.CreateAsyncScope();
        return await handlers.RunAsync(
            services.ServiceProvider, delivery, new(delivery.Id, delivery.CorrelationId, delivery.Attempts, delivery.Failures, delivery.Lane == Lane.Live ? LiveAsync : YieldToLiveAsync), cancellationToken);
    }

    private async Task AnswerAsync(Delivery delivery, Outcome outcome, string? trace)
    {
        // Not the stopping token: an answer that is known is given even while the service stops.
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10), time);
        var rule = RetryTable.For(delivery.Kind);
        var answered = outcome.Kind switch
        {
            OutcomeKind.Done => await transport.CompleteAsync(delivery, timeout.Token),
            OutcomeKind.Snooze => await transport.ReturnAsync(delivery, outcome.Delay ?? _ourFault, countFailure: false, timeout.Token),
            OutcomeKind.Retry when delivery.Failures + 1 < rule.Tries =>
                await transport.ReturnAsync(delivery, outcome.Delay ?? RetryTable.Delay(rule, delivery.Failures + 1, _options.DelayScale, random), countFailure: true, timeout.Token),
            _ => await transport.DeadAsync(delivery, outcome.Reason ?? "no reason given", trace, timeout.Token),
        };
        if (!answered)
        {
            LogLeaseLost(delivery.Kind, delivery.Id);
        }
        else if (outcome.Kind == OutcomeKind.Retry)
        {
            LogRetry(delivery.Kind, delivery.Failures + 1, rule.Tries, outcome.Reason ?? "");
            metrics.Retried(delivery.Kind);
        }
        else if (outcome.Kind == OutcomeKind.Dead)
        {
            LogDead(delivery.Kind, outcome.Reason ?? "");
        }
    }

    private async Task RenewAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_options.Renewal, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).AsTask().ContinueWith(t => t.IsCompletedSuccessfully && t.Result, TaskScheduler.Default))
        {
            var held = _held.Values.ToList();
            if (held.Count == 0)
            {
                continue;
            }

            IReadOnlySet<Guid>? renewed = null;
            try
            {
                renewed = await transport.RenewAsync([.. held.Select(h => h.Delivery)], stoppingToken).WaitAsync(_options.Renewal, time, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogQueueFault(e.GetType().Name);
            }

            foreach (var item in held)
            {
                if (renewed?.Contains(item.Delivery.Id) == true)
                {
                    item.RenewedAt = time.GetTimestamp();
                }
                else if (_held.ContainsKey((item.Delivery.Id, item.Delivery.Lease)) && (renewed is not null || time.GetElapsedTime(item.RenewedAt) > _options.GiveUp))
                {
                    // Lost, or not renewed for so long that somebody else may have it: stop before that happens.
                    LogLeaseLost(item.Delivery.Kind, item.Delivery.Id);
                    await item.CancelAsync();
                }
            }
        }
    }

    /// <summary>Live work waits for no live work: it would wait for itself.</summary>
    private static Task LiveAsync() => Task.CompletedTask;

    private async Task YieldToLiveAsync() => await _liveIdle.Task.WaitAsync(TimeSpan.FromSeconds(1), time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }

    [LoggerMessage(1110, LogLevel.Information, "Queue not reachable: {Reason}")]
    private partial void LogQueueFault(string reason);

    [LoggerMessage(1111, LogLevel.Information, "{Kind} waits for a service of ours: {Reason}")]
    private partial void LogOurFault(string kind, string reason);

    [LoggerMessage(1112, LogLevel.Information, "{Kind} failed, try {Try} of {Tries}: {Reason}")]
    private partial void LogRetry(string kind, int @try, int tries, string reason);

    [LoggerMessage(1113, LogLevel.Error, "{Kind} is dead: {Reason}")]
    private partial void LogDead(string kind, string reason);

    [LoggerMessage(1114, LogLevel.Information, "{Kind} {Id}: lease lost")]
    private partial void LogLeaseLost(string kind, Guid id);

    private sealed class Held(Delivery delivery, CancellationTokenSource cancel, long renewedAt)
    {
        public Delivery Delivery => delivery;

        public long RenewedAt { get; set; } = renewedAt;

        public async Task CancelAsync()
        {
            try
            {
                await cancel.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // It ended in this moment.
            }
        }
    }
}
