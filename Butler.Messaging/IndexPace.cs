using Butler.Data;

namespace Butler.Messaging;

/// <summary>
/// When bulk workers take the index lane. While bulk work runs, an import is what somebody watches: the index gets a share of one worker's
/// time, so that it neither holds the import up nor waits for its end. Without bulk work all workers take it, behind everything else.
/// </summary>
/// <param name="share">Of one worker's time, above 0 and at most 1.</param>
/// <param name="time">The clock.</param>
internal sealed class IndexPace(double share, TimeProvider time)
{
    /// <summary>The worker that takes the index lane while bulk work runs.</summary>
    public const int Worker = 0;

    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(10);
    private static readonly Lane[] s_liveFirst = [Lane.Live, Lane.Bulk];
    private static readonly Lane[] s_bulkFirst = [Lane.Bulk, Lane.Live];
    private static readonly Lane[] s_indexFirst = [Lane.Live, Lane.Index, Lane.Bulk];
    private static readonly Lane[] s_indexLast = [Lane.Live, Lane.Bulk, Lane.Index];
    private static readonly Lane[] s_bulkFirstIndexLast = [Lane.Bulk, Lane.Live, Lane.Index];
    private long _bulkAt;
    private long _due;

    private bool IsBusy => time.GetElapsedTime(Volatile.Read(ref _bulkAt)) < s_quiet;

    private bool IsDue => time.GetTimestamp() >= Volatile.Read(ref _due);

    /// <summary>What a worker looks for in this turn, in order; every fifth time bulk first (MECHANICS 5).</summary>
    public Lane[] Lanes(int worker, int turn) =>
        !IsBusy ? turn % 5 == 0 ? s_bulkFirstIndexLast : s_indexLast
        : turn % 5 == 0 ? s_bulkFirst
        : worker == Worker && IsDue ? s_indexFirst
        : s_liveFirst;

    /// <summary>How long a worker that found nothing may wait: not past the moment from which it may take more.</summary>
    public TimeSpan Wait(int worker, TimeSpan poll)
    {
        if (!IsBusy)
        {
            return poll;
        }

        var wait = worker != Worker ? s_quiet : time.GetElapsedTime(time.GetTimestamp(), Volatile.Read(ref _due));
        return TimeSpan.FromTicks(Math.Clamp(wait.Ticks, Math.Min(s_least.Ticks, poll.Ticks), Math.Min(s_quiet.Ticks, poll.Ticks)));
    }

    /// <summary>Notes a message that ran.</summary>
    /// <param name="lane">Its lane.</param>
    /// <param name="started">When it was taken.</param>
    public void Ran(Lane lane, long started)
    {
        var now = time.GetTimestamp();
        if (lane == Lane.Bulk)
        {
            Volatile.Write(ref _bulkAt, now);
        }
        else if (lane == Lane.Index)
        {
            Volatile.Write(ref _due, now + (long)((now - started) * ((1 / share) - 1)));
        }
    }

    /// <summary>Notes that bulk work begins.</summary>
    public void Begins(Lane lane)
    {
        if (lane == Lane.Bulk)
        {
            Volatile.Write(ref _bulkAt, time.GetTimestamp());
        }
    }
}
