using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Butler.Sandbox.Faults;
using Butler.Sandbox.Quota;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Push;

/// <summary>
/// Publishes every change of a watched mailbox and delivers it at least once: pushed with a signed token until it is acknowledged, or
/// kept for a pull. Order is not promised, and faults make it worse.
/// </summary>
public sealed partial class PubSub : BackgroundService
{
    private static readonly int[] s_acknowledged = [102, 200, 201, 202, 204];

    private readonly Channel<(string Address, ulong HistoryId)> _changes = Channel.CreateUnbounded<(string, ulong)>();
    private readonly ConcurrentDictionary<string, long> _lastNotice = new(StringComparer.OrdinalIgnoreCase);
    private readonly LinkedList<PubSubMessage> _waiting = new();
    private readonly Lock _gate = new();
    private readonly SandboxOptions _options;
    private readonly PushKeys _keys;
    private readonly SandboxFaults _faults;
    private readonly NastyBehaviour _nasty;
    private readonly SandboxStats _stats;
    private readonly TimeProvider _clock;
    private readonly ILogger<PubSub> _log;
    private readonly HttpClient _http;
    private readonly SemaphoreSlim _slots;
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PubSubMessage? _held;
    private ulong _messages;
    private ulong _acks;
    private (string Token, DateTimeOffset Until)? _token;

    internal PubSub(SandboxOptions options, PushKeys keys, SandboxFaults faults, NastyBehaviour nasty, SandboxStats stats, TimeProvider clock, ILogger<PubSub> log)
    {
        (_options, _keys, _faults, _nasty, _stats, _clock, _log) = (options, keys, faults, nasty, stats, clock, log);
        _slots = new(Math.Max(1, options.Push.Concurrency));
        _http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = options.Push.AckDeadline };
        _messages = (ulong)clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000;
    }

    /// <summary>Messages that nobody has acknowledged yet.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    private int _outstanding;

    /// <summary>How long the receiver's answers took.</summary>
    public PushTimes Times { get; } = new();

    private PushOptions Options => _options.Push;

    /// <inheritdoc/>
    public override void Dispose()
    {
        _http.Dispose();
        _slots.Dispose();
        base.Dispose();
    }

    /// <summary>A mailbox changed. Called under the account's lock, so it only notes the fact.</summary>
    internal void Changed(string address, Watch? watch, ulong historyId)
    {
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (watch is null || watch.Expiration <= now || watch.Topic != Options.Topic)
        {
            return;
        }

        var interval = (long)Options.MinInterval.TotalMilliseconds;
        if (interval > 0)
        {
            if (_lastNotice.TryGetValue(address, out var last) && now - last < interval)
            {
                _stats.Count("push.excess", 0);
                return;
            }

            _lastNotice[address] = now;
        }

        _changes.Writer.TryWrite((address, historyId));
    }

    /// <summary>Takes messages for a pull; waits until one is there.</summary>
    internal async Task<IReadOnlyList<JsonObject>> PullAsync(int max, bool wait, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task arrived;
            TimeSpan hidden;
            lock (_gate)
            {
                var now = _clock.GetUtcNow();
                var taken = _waiting.Where(m => m.HiddenUntil <= now).Take(max).ToList();
                if (taken.Count > 0 || !wait)
                {
                    return taken.ConvertAll(m =>
                    {
                        m.Attempts++;
                        m.HiddenUntil = now + Options.AckDeadline;
                        m.AckId = $"ack-{m.Id}-{++_acks}";
                        return new JsonObject { ["ackId"] = m.AckId, ["message"] = m.Json(), ["deliveryAttempt"] = m.Attempts };
                    });
                }

                arrived = _arrived.Task;
                hidden = _waiting.Count > 0 ? _waiting.Min(m => m.HiddenUntil) - now : TimeSpan.FromSeconds(60);
            }

            try
            {
                await arrived.WaitAsync(hidden > TimeSpan.Zero ? hidden : TimeSpan.FromMilliseconds(1), _clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                if (_waiting.Count == 0)
                {
                    return [];
                }
            }
        }
    }

    /// <summary>Ends messages by what a pull called them; an id that is not current any more is ignored, as Pub/Sub does.</summary>
    internal void Acknowledge(IReadOnlyCollection<string> ackIds)
    {
        lock (_gate)
        {
            for (var node = _waiting.First; node is not null;)
            {
                var next = node.Next;
                if (ackIds.Contains(node.Value.AckId))
                {
                    _waiting.Remove(node);
                    Interlocked.Decrement(ref _outstanding);
                    _stats.Count("pull.acknowledged", 200);
                }

                node = next;
            }
        }
    }

    /// <summary>Moves the deadline of pulled messages; 0 seconds gives them back.</summary>
    internal void ModifyDeadline(IReadOnlyCollection<string> ackIds, int seconds)
    {
        lock (_gate)
        {
            foreach (var message in _waiting.Where(m => ackIds.Contains(m.AckId)))
            {
                message.HiddenUntil = _clock.GetUtcNow().AddSeconds(seconds);
            }

            Signal();
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await PublishAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The sandbox is disposed without being stopped, as tests do.
        }
    }

    private async Task PublishAsync(CancellationToken stoppingToken)
    {
        await foreach (var (address, historyId) in _changes.Reader.ReadAllAsync(stoppingToken))
        {
            Interlocked.Increment(ref _outstanding);
            var message = new PubSubMessage(++_messages, address, historyId, _clock.GetUtcNow());
            switch (_faults.Take(Methods.Push, address, null) ?? _nasty.PushFault(message.Number))
            {
                case FaultKind.Drop:
                    _stats.Count("push.dropped", 0);
                    Interlocked.Decrement(ref _outstanding);
                    break;
                case FaultKind.Duplicate:
                    Interlocked.Increment(ref _outstanding);
                    Begin(message, TimeSpan.Zero, stoppingToken);
                    Begin(new PubSubMessage(message.Number, address, historyId, message.PublishedAt), TimeSpan.Zero, stoppingToken);
                    break;
                case FaultKind.Delay:
                    Begin(message, _options.Faults.PushLateBy, stoppingToken);
                    break;
                case FaultKind.Reorder when _held is null:
                    // Waits for the next one, which overtakes it; should none come, it goes by itself.
                    _held = message;
                    _ = ReleaseAsync(message, stoppingToken);
                    break;
                default:
                    Begin(message, TimeSpan.Zero, stoppingToken);
                    break;
            }

            if (_held is { } held && held != message && Interlocked.CompareExchange(ref _held, null, held) == held)
            {
                Begin(held, TimeSpan.Zero, stoppingToken);
            }
        }
    }

    private async Task ReleaseAsync(PubSubMessage message, CancellationToken stoppingToken)
    {
        await Task.Delay(_options.Faults.PushLateBy, _clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Interlocked.CompareExchange(ref _held, null, message) == message && !stoppingToken.IsCancellationRequested)
        {
            Begin(message, TimeSpan.Zero, stoppingToken);
        }
    }

    private void Begin(PubSubMessage message, TimeSpan after, CancellationToken stoppingToken)
    {
        if (Options.Endpoint is { } endpoint)
        {
            _ = PushAsync(endpoint, message, after, stoppingToken);
            return;
        }

        lock (_gate)
        {
            message.HiddenUntil = after > TimeSpan.Zero ? _clock.GetUtcNow() + after : DateTimeOffset.MinValue;
            _waiting.AddLast(message);
            Signal();
        }
    }

    private void Signal()
    {
        _arrived.TrySetResult();
        _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private async Task PushAsync(Uri endpoint, PubSubMessage message, TimeSpan after, CancellationToken stoppingToken)
    {
        try
        {
            var wait = after;
            while (_clock.GetUtcNow() - message.PublishedAt < Options.Retention)
            {
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, _clock, stoppingToken);
                }

                // A subscription's endpoint may be changed while a message is tried again.
                if (await OnceAsync(Options.Endpoint ?? endpoint, message, stoppingToken))
                {
                    return;
                }

                var seconds = Options.RetryFirst.TotalSeconds * Math.Pow(2, Math.Min(20, message.Attempts - 1));
                wait = TimeSpan.FromSeconds(Math.Min(Options.RetryLast.TotalSeconds, seconds));
            }
        }
        catch (OperationCanceledException)
        {
            // The sandbox stops; what it had not delivered is lost, as if it had been dropped.
        }
        catch (Exception e)
        {
            LogFailed(e.GetType().Name);
        }
        finally
        {
            Interlocked.Decrement(ref _outstanding);
        }
    }

    private async Task<bool> OnceAsync(Uri endpoint, PubSubMessage message, CancellationToken stoppingToken)
    {
        await _slots.WaitAsync(stoppingToken);
        try
        {
            message.Attempts++;
            var envelope = new JsonObject { ["message"] = message.Json(), ["subscription"] = Options.Subscription };
            using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new StringContent(envelope.ToJsonString(), Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token());
            var started = _clock.GetTimestamp();
            using var response = await _http.SendAsync(request, stoppingToken);
            Times.Add(_clock.GetElapsedTime(started));
            _stats.Count(Methods.Push, (int)response.StatusCode);
            return s_acknowledged.Contains((int)response.StatusCode);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !stoppingToken.IsCancellationRequested)
        {
            _stats.Count(Methods.Push, 0);
            return false;
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>The token that pushes carry now.</summary>
    internal string Token()
    {
        var now = _clock.GetUtcNow();
        lock (_gate)
        {
            // Google reuses a token for most of its life, so a receiver must take one that is not new.
            if (_token is not { } known || known.Until <= now || _signedWith != _keys.CurrentId)
            {
                _token = known = (_keys.Sign(Claims(now)), now + (Options.TokenLife / 2));
                _signedWith = _keys.CurrentId;
            }

            return known.Token;
        }
    }

    private string? _signedWith;

    /// <summary>The claims of a push token (facts/gmail-api.md section 5).</summary>
    internal Dictionary<string, object> Claims(DateTimeOffset now) => new()
    {
        ["aud"] = Options.Audience ?? Options.Endpoint?.AbsoluteUri ?? "",
        ["azp"] = Number(Ids.Hash(Options.ServiceAccount)),
        ["email"] = Options.ServiceAccount,
        ["email_verified"] = true,
        ["exp"] = (now + Options.TokenLife).ToUnixTimeSeconds(),
        ["iat"] = now.ToUnixTimeSeconds(),
        ["iss"] = "https://accounts.google.com",
        ["sub"] = Number(Ids.Hash(Options.ServiceAccount)),
    };

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(9201, LogLevel.Error, "A push failed: {Kind}")]
    private partial void LogFailed(string kind);
}
