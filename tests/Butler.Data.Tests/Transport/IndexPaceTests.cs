using Butler.Data.Tests.Search;
using Butler.Messaging;

namespace Butler.Data.Tests.Transport;

public sealed class IndexPaceTests
{
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(2);
    private readonly TestClock _clock = new();

    [Fact]
    public void Lanes_NoBulkWork_EveryWorkerTakesTheIndexLast()
    {
        var pace = new IndexPace(0.25, _clock);
        for (var turn = 1; turn <= 10; turn++)
        {
            Assert.Equal(Lane.Index, pace.Lanes(turn % 2, turn)[^1]);
        }

        Assert.Equal(s_poll, pace.Wait(1, s_poll));
    }

    [Fact]
    public void Lanes_WhileBulkWorkRuns_OneWorkerGivesItsShare()
    {
        var pace = new IndexPace(0.25, _clock);
        pace.Begins(Lane.Bulk);
        Assert.Equal([Lane.Live, Lane.Bulk], pace.Lanes(1, 1));
        Assert.Equal([Lane.Live, Lane.Index, Lane.Bulk], pace.Lanes(IndexPace.Worker, 1));

        // 100 ms of indexing are followed by 300 ms of other work.
        var started = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        pace.Ran(Lane.Index, started);
        Assert.Equal([Lane.Live, Lane.Bulk], pace.Lanes(IndexPace.Worker, 1));
        Assert.Equal(TimeSpan.FromMilliseconds(300), pace.Wait(IndexPace.Worker, s_poll));
        _clock.Advance(TimeSpan.FromMilliseconds(299));
        Assert.Equal([Lane.Live, Lane.Bulk], pace.Lanes(IndexPace.Worker, 1));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([Lane.Live, Lane.Index, Lane.Bulk], pace.Lanes(IndexPace.Worker, 1));
        Assert.Equal([Lane.Bulk, Lane.Live], pace.Lanes(IndexPace.Worker, 5));

        // Nothing came for a second: nobody imports.
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([Lane.Live, Lane.Bulk, Lane.Index], pace.Lanes(1, 1));
    }
}
