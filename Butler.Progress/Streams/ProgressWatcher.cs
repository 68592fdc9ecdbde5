using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Butler.Progress.Streams;

/// <summary>
/// One stream's view: keeps only the newest snapshot of each sync, so a slow reader costs one snapshot per sync and never
/// sees an older version after a newer one.
/// </summary>
internal sealed class ProgressWatcher : IDisposable
{
    private readonly Dictionary<Guid, SyncSnapshot> _waiting = [];
    private readonly Dictionary<Guid, long> _seen = [];
    // One token is enough: it means "something waits".
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Action<ProgressWatcher> _leave;
    private bool _ended;

    internal ProgressWatcher(Guid? syncId, Guid? userId, long afterVersion, Action<ProgressWatcher> leave)
    {
        SyncId = syncId;
        UserId = userId;
        AfterVersion = afterVersion;
        _leave = leave;
    }

    public Guid? SyncId { get; }

    public Guid? UserId { get; }

    private long AfterVersion { get; }

    /// <summary>Takes a snapshot unless this version, or a later one, was taken already.</summary>
    public void Offer(SyncSnapshot snapshot)
    {
        lock (_waiting)
        {
            var last = _seen.TryGetValue(snapshot.SyncId, out var seen) ? seen : AfterVersion;
            // A stream that resumes after the final version has nothing to say, and ends.
            _ended |= SyncId is not null && snapshot.IsFinal;
            if (snapshot.Version > last)
            {
                _seen[snapshot.SyncId] = snapshot.Version;
                _waiting[snapshot.SyncId] = snapshot;
            }
            else if (!_ended)
            {
                return;
            }
        }

        _signal.Writer.TryWrite(true);
    }

    /// <summary>What was taken, each sync's newest; ends after the watched sync's final state.</summary>
    public async IAsyncEnumerable<SyncSnapshot> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await _signal.Reader.ReadAsync(cancellationToken);
            SyncSnapshot[] batch;
            bool ended;
            lock (_waiting)
            {
                ended = _ended;
                batch = [.. _waiting.Values.OrderBy(s => s.CreatedAt)];
                _waiting.Clear();
            }

            foreach (var snapshot in batch)
            {
                yield return snapshot;
            }

            if (ended)
            {
                yield break;
            }
        }
    }

    public void Dispose() => _leave(this);
}
