using Butler.Data;
using Butler.Data.Retention;
using Butler.Ingest.Schedules;
using Butler.Messaging;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Retention;

/// <summary>
/// Carries retention out (docs/retention.md): makes partitions ahead, moves what a changed retention moves, closes and erases what has
/// expired, drops the partitions of weeks that are over, and rewrites what rows were deleted from. Each step is one that can be done
/// again; a run that was cut off leaves the rest to the next.
/// </summary>
internal sealed class RetentionJob(
    RetentionStore store, Expiry expiry, PassedPartitions partitions, TableRewrites rewrites, RetentionMetrics metrics, ProgressPublisher progress, IFaultPoints faults, TimeProvider time,
    IOptions<RetentionOptions> options) : IScheduledJob
{
    public const string Name = "retention";

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    public async Task<string?> RunAsync(ScheduledRun run, CancellationToken cancellationToken)
    {
        await store.MakeAheadAsync(options.Value.WeeksAhead, cancellationToken);
        await faults.ReachAsync("retention: after partitions");
        var (moved, expired) = (0, 0);
        foreach (var (account, changedAt) in await store.ChangedAsync(cancellationToken))
        {
            var (looked, over) = await AllAsync((after, count) => expiry.MoveAsync(account, after, count, cancellationToken), cancellationToken);
            (moved, expired) = (moved + looked, expired + over);
            // False: changed again meanwhile; that asked for a run of its own.
            await store.SettleAsync(account, changedAt, cancellationToken);
        }

        await faults.ReachAsync("retention: after moving");
        expired += (await AllAsync((after, count) => expiry.ExpireAsync(after, count, cancellationToken), cancellationToken)).Expired;
        await faults.ReachAsync("retention: after expiring");
        foreach (var account in await store.LimitedAsync(cancellationToken))
        {
            expired += (await AllAsync((_, count) => expiry.ForgetAsync(account, count, cancellationToken), cancellationToken)).Expired;
        }

        foreach (var account in await store.ForgettingAsync(cancellationToken))
        {
            while (await expiry.ForgetTransactionsAsync(account, options.Value.BatchMails, cancellationToken) == options.Value.BatchMails)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        await faults.ReachAsync("retention: before dropping");
        var dropped = await partitions.DropAsync(cancellationToken);
        metrics.Dropped(dropped);
        await faults.ReachAsync("retention: before rewriting");
        var (rewritten, left) = await RewriteAsync(run.Forced ? options.Value.RewriteAtOnceBytes : long.MaxValue, cancellationToken);
        return $"{expired} mails expired, {moved} moved, {dropped} partitions dropped, {rewritten} tables rewritten{(left > 0 ? $", {left} left for the next run" : "")}";
    }

    private async Task<(int Looked, int Expired)> AllAsync(Func<Guid, int, Task<ExpiryBatch>> batch, CancellationToken cancellationToken)
    {
        var (looked, expired, after) = (0, 0, Guid.Empty);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var done = await batch(after, options.Value.BatchMails);
            metrics.Expired(done.Expired);
            progress.Changed(done.Versions);
            looked += done.Looked;
            expired += done.Expired;
            if (done.Looked < options.Value.BatchMails)
            {
                return (looked, expired);
            }

            after = done.Last;
        }
    }

    private async Task<(int Rewritten, int Left)> RewriteAsync(long maxBytes, CancellationToken cancellationToken)
    {
        var (started, rewritten) = (time.GetTimestamp(), 0);
        while (true)
        {
            var turn = await rewrites.RunAsync(maxBytes, cancellationToken);
            rewritten += turn.Rewritten;
            if (turn.Blocked == 0 || time.GetElapsedTime(started) > options.Value.RewriteWait)
            {
                return (rewritten, turn.Blocked + turn.TooLarge);
            }

            await Task.Delay(s_look, time, cancellationToken);
        }
    }
}
