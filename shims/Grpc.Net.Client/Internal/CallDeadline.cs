namespace Grpc.Net.Client.Internal;

/// <summary>Cancels a call at its deadline.</summary>
internal sealed class CallDeadline : IDisposable
{
    // Timers hold at most 2^32 - 2 ms; a longer deadline is waited for in steps.
    private static readonly TimeSpan LongestStep = TimeSpan.FromDays(49);

    private readonly DateTime? at;
    private readonly TimeProvider clock;
    private readonly Action reached;
    private readonly ITimer? timer;

    public CallDeadline(DateTime? at, TimeProvider clock, Action reached)
    {
        if (at is { } given && given != DateTime.MaxValue)
        {
            if (given.Kind != DateTimeKind.Utc && given != DateTime.MinValue)
            {
                throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
            }

            this.at = given;
        }

        this.clock = clock;
        this.reached = reached;
        if (this.at is not null)
        {
            timer = clock.CreateTimer(static state => ((CallDeadline)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Arm();
        }
    }

    /// <summary>The time left; null without a deadline.</summary>
    public TimeSpan? Remaining => at is { } end ? end - clock.GetUtcNow().UtcDateTime : null;

    public bool IsReached => Remaining <= TimeSpan.Zero;

    public void Dispose() => timer?.Dispose();

    private void Tick()
    {
        if (IsReached)
        {
            reached();
        }
        else
        {
            Arm();
        }
    }

    // A timer may fire a little early by the clock: never wait for less than a millisecond.
    private void Arm()
    {
        var wait = Remaining!.Value;
        timer!.Change(
            wait > LongestStep ? LongestStep : wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait,
            Timeout.InfiniteTimeSpan);
    }
}
