using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Progress.Streams;

/// <summary>
/// The one place in a process that reads progress for all streams (MECHANICS 10): every watched running sync in one
/// query every 2 s, and the hinted ones at once, at most one read per 100 ms. Redis makes it quick; nothing depends on it.
/// </summary>
internal sealed partial class ProgressHub : BackgroundService
{
    private readonly ConcurrentDictionary<ProgressWatcher, byte> _watchers = new();
    private readonly ConcurrentDictionary<Guid, ConcurrentDictionary<ProgressWatcher, byte>> _bySync = new();
    private readonly ConcurrentDictionary<Guid, ConcurrentDictionary<ProgressWatcher, byte>> _byUser = new();
    // Syncs that ran at the last read of a user's: the read that finds them ended must name them.
    private readonly ConcurrentDictionary<Guid, Guid> _running = new();
    private readonly ConcurrentDictionary<Guid, byte> _hinted = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SyncReader _syncs;
    private readonly ProgressOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ProgressHub> _logger;
    private readonly Counter<long> _reads;
    private long _reading;

    public ProgressHub(SyncReader syncs, IOptions<ProgressOptions> options, TimeProvider time, IMeterFactory meters, ILogger<ProgressHub> logger)
    {
        _syncs = syncs;
        _options = options.Value;
        _time = time;
        _logger = logger;
        var meter = meters.Create("Butler.Progress");
        _reads = meter.CreateCounter<long>("butler_progress_reads_total", description: "Queries for all streams together.");
        meter.CreateObservableGauge("butler_progress_streams", () => (long)_watchers.Count, description: "Open streams.");
    }

    /// <summary>Queries so far, for tests and the bench.</summary>
    public long Reads => Interlocked.Read(ref _reading);

    public int Streams => _watchers.Count;

    /// <summary>Whether one more stream is taken.</summary>
    public bool IsFull => _watchers.Count >= _options.MaxStreams;

    /// <summary>Subscribes to one sync; read its snapshot and <see cref="ProgressWatcher.Offer"/> it afterwards.</summary>
    public ProgressWatcher WatchSync(Guid syncId, long afterVersion) => Join(new(syncId, null, afterVersion, Leave));

    /// <summary>Subscribes to all syncs of a user, also ones that start later.</summary>
    public ProgressWatcher WatchUser(Guid userId, long afterVersion = 0) => Join(new(null, userId, afterVersion, Leave));

    /// <summary>Something changed a sync: a Redis hint.</summary>
    public void Hint(Guid syncId)
    {
        // Which user an unknown sync belongs to is known only after reading it.
        if (_bySync.ContainsKey(syncId) || !_byUser.IsEmpty)
        {
            _hinted[syncId] = 0;
            _wake.Writer.TryWrite(true);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var nextFull = _time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WaitAsync(nextFull, stoppingToken);
                if (_time.GetTimestamp() >= nextFull)
                {
                    nextFull = _time.GetTimestamp() + (long)(_options.Poll.TotalSeconds * _time.TimestampFrequency);
                    _hinted.Clear();
                    await ReadAllAsync(stoppingToken);
                }
                else
                {
                    await ReadHintedAsync(stoppingToken);
                }

                await Task.Delay(_options.Coalesce, _time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or InvalidOperationException or OperationCanceledException)
            {
                // The database is away; streams stay open and go on when it is back.
                LogReadFailed(exception.GetType().Name);
                await Task.Delay(_options.Poll, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WaitAsync(long until, CancellationToken cancellationToken)
    {
        var left = TimeSpan.FromSeconds((until - _time.GetTimestamp()) / (double)_time.TimestampFrequency);
        if (left <= TimeSpan.Zero)
        {
            return;
        }

        using var limit = new CancellationTokenSource(left, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _wake.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Nothing was hinted: time for the full read.
        }
    }

    private async Task ReadAllAsync(CancellationToken cancellationToken)
    {
        if (_watchers.IsEmpty)
        {
            _running.Clear();
            return;
        }

        var users = _byUser.Keys.ToArray();
        Guid[] ids = [.. _bySync.Keys, .. _running.Where(r => _byUser.ContainsKey(r.Value)).Select(r => r.Key)];
        Dispatch(await CountAsync(_syncs.WatchedAsync(ids, users, cancellationToken)));
    }

    private async Task ReadHintedAsync(CancellationToken cancellationToken)
    {
        var ids = _hinted.Keys.ToArray();
        foreach (var id in ids)
        {
            _hinted.TryRemove(id, out _);
        }

        if (ids.Length > 0)
        {
            Dispatch(await CountAsync(_syncs.ManyAsync(ids, cancellationToken)));
        }
    }

    private async Task<List<SyncSnapshot>> CountAsync(Task<List<SyncSnapshot>> read)
    {
        _reads.Add(1);
        Interlocked.Increment(ref _reading);
        return await read;
    }

    private void Dispatch(List<SyncSnapshot> snapshots)
    {
        foreach (var snapshot in snapshots)
        {
            if (snapshot.IsFinal)
            {
                _running.TryRemove(snapshot.SyncId, out _);
            }
            else if (_byUser.ContainsKey(snapshot.AppUserId))
            {
                _running[snapshot.SyncId] = snapshot.AppUserId;
            }

            Offer(_bySync, snapshot.SyncId, snapshot);
            Offer(_byUser, snapshot.AppUserId, snapshot);
        }
    }

    private static void Offer(ConcurrentDictionary<Guid, ConcurrentDictionary<ProgressWatcher, byte>> index, Guid key, SyncSnapshot snapshot)
    {
        if (index.TryGetValue(key, out var watchers))
        {
            foreach (var (watcher, _) in watchers)
            {
                watcher.Offer(snapshot);
            }
        }
    }

    private ProgressWatcher Join(ProgressWatcher watcher)
    {
        _watchers[watcher] = 0;
        var (index, key) = Place(watcher);
        lock (index)
        {
            index.GetOrAdd(key, _ => new())[watcher] = 0;
        }

        return watcher;
    }

    private void Leave(ProgressWatcher watcher)
    {
        _watchers.TryRemove(watcher, out _);
        var (index, key) = Place(watcher);
        lock (index)
        {
            if (index.TryGetValue(key, out var watchers))
            {
                watchers.TryRemove(watcher, out _);
                if (watchers.IsEmpty)
                {
                    index.TryRemove(key, out _);
                }
            }
        }
    }

    private (ConcurrentDictionary<Guid, ConcurrentDictionary<ProgressWatcher, byte>> Index, Guid Key) Place(ProgressWatcher watcher) =>
        watcher.SyncId is { } sync ? (_bySync, sync) : (_byUser, watcher.UserId!.Value);

    [LoggerMessage(6001, LogLevel.Warning, "Progress could not be read, trying again: {Reason}")]
    private partial void LogReadFailed(string reason);
}
