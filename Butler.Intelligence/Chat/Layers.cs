using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Polly;
using Polly.CircuitBreaker;

namespace Butler.Intelligence.Chat;

/// <summary>
/// A layer around one provider. An answer that is bound to a type is of use only when it is whole, so a stream is the finished answer
/// in parts.
/// </summary>
internal abstract class ChatLayer(IChatClient inner) : DelegatingChatClient(inner)
{
    public sealed override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }
}

/// <summary>Ends a call that takes too long.</summary>
internal sealed class TimeoutChatClient(IChatClient inner, string provider, TimeSpan timeout, TimeProvider time) : ChatLayer(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var end = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            return await InnerClient.GetResponseAsync(messages, options, either.Token);
        }
        catch (Exception e) when (end.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ChatException(provider, ChatFault.Timeout, inner: e);
        }
    }
}

/// <summary>Keeps callers away until a limit is over that the provider named.</summary>
internal sealed class LimitedChatClient(IChatClient inner, ProviderState state) : ChatLayer(inner)
{
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        state.Refuse() is { } refusal ? Task.FromException<ChatResponse>(refusal) : InnerClient.GetResponseAsync(messages, options, cancellationToken);
}

/// <summary>
/// The circuit breaker of one provider: opens after so many consecutive failures of the service, lets one call probe when its time is
/// over, and waits twice as long after each probe that fails. Polly counts failures by ratio; what counts as failure here is only the
/// last of a row, so its ratio is out of the way (docs/decisions/0030).
/// </summary>
internal sealed class BreakerChatClient : ChatLayer
{
    private const double AnyFailure = 1e-9;

    private readonly ProviderState _state;
    private readonly ChatSettings _settings;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<ChatResponse> _pipeline;
    private int _failures;

    public BreakerChatClient(IChatClient inner, ProviderState state, ChatSettings settings, TimeProvider time)
        : base(inner)
    {
        (_state, _settings, _time) = (state, settings, time);
        _pipeline = new ResiliencePipelineBuilder<ChatResponse> { TimeProvider = time }.AddCircuitBreaker(new CircuitBreakerStrategyOptions<ChatResponse>
        {
            FailureRatio = AnyFailure,
            MinimumThroughput = 2,
            SamplingDuration = TimeSpan.FromDays(1),
            ShouldHandle = args => ValueTask.FromResult(Count(args.Outcome.Exception)),
            BreakDurationGenerator = args => ValueTask.FromResult(BreakFor(args.HalfOpenAttempts)),
            OnOpened = args => Moved(BreakerState.Open, args.BreakDuration),
            OnHalfOpened = _ => Moved(BreakerState.HalfOpen),
            OnClosed = _ => Moved(BreakerState.Closed),
        }).Build();
    }

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (call, token) => await call.Client.GetResponseAsync(call.Messages, call.Options, token), (Client: InnerClient, Messages: messages, Options: options), cancellationToken);
        }
        catch (BrokenCircuitException e)
        {
            throw new ChatException(_state.Name, ChatFault.BreakerOpen, retryAt: _time.GetUtcNow() + (e.RetryAfter ?? _settings.Break), inner: e);
        }
    }

    internal TimeSpan BreakFor(int probes)
    {
        var doubled = _settings.Break.TotalSeconds * Math.Pow(2, Math.Min(probes, 30));
        return TimeSpan.FromSeconds(Math.Min(doubled, _settings.MaxBreak.TotalSeconds));
    }

    /// <summary>Whether this outcome opens the breaker, or keeps it open.</summary>
    private bool Count(Exception? error)
    {
        switch (error)
        {
            case ChatException { Fault: var fault } when fault.IsOutage():
                return Interlocked.Increment(ref _failures) >= _settings.BreakAfter;
            case null or ChatException:
                Volatile.Write(ref _failures, 0); // It answers, whatever it says.
                return false;
            default:
                return false; // The caller went away.
        }
    }

    private ValueTask Moved(BreakerState state, TimeSpan? openFor = null)
    {
        _state.Broke(state, openFor);
        return ValueTask.CompletedTask;
    }
}
