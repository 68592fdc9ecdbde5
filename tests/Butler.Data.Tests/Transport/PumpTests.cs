using System.Collections.Concurrent;
using Butler.Messaging;
using Npgsql;

namespace Butler.Data.Tests.Transport;

/// <summary>What the pump promises on any transport: lanes, the one retry layer, leases kept and given up.</summary>
public sealed class PumpTests
{
    [Fact]
    public async Task Live_WhileAllBulkWorkersAreBusy_Runs()
    {
        using var busy = new CountdownEvent(2);
        var release = new Signal();
        await using var bed = await PumpBed.StartAsync(async (_, _, cancel) =>
        {
            busy.Signal();
            await release.WaitAsync(cancel);
            return Outcome.Done;
        });
        await bed.SendAsync(Lane.Bulk);
        await bed.SendAsync(Lane.Bulk);
        await bed.Database.UntilAsync("SELECT count(*) FILTER (WHERE lease IS NOT NULL) = 2 FROM outbox", "both bulk workers are busy");
        Assert.True(busy.Wait(TimeSpan.FromSeconds(60)));
        busy.Reset(1);
        var name = await bed.SendAsync(Lane.Live);
        Assert.True(busy.Wait(TimeSpan.FromSeconds(60)));
        Assert.Equal(name, bed.Handler.Calls.Last().Name);
        release.Set();
        await bed.UntilEmptyAsync();
    }

    // There was one live worker: a provider that answered one account slowly held up the new mail of all.
    [Fact]
    public async Task Live_WhileAnotherLiveHandlerAndAllBulkWorkersWait_Runs()
    {
        using var busy = new CountdownEvent(3);
        var release = new Signal();
        await using var bed = await PumpBed.StartAsync(async (_, _, cancel) =>
        {
            busy.Signal();
            await release.WaitAsync(cancel);
            return Outcome.Done;
        });
        await bed.SendAsync(Lane.Bulk);
        await bed.SendAsync(Lane.Bulk);
        await bed.Database.UntilAsync("SELECT count(*) FILTER (WHERE lease IS NOT NULL) = 2 FROM outbox", "both bulk workers are busy");
        await bed.SendAsync(Lane.Live);
        Assert.True(busy.Wait(TimeSpan.FromSeconds(60)));
        busy.Reset(1);
        var name = await bed.SendAsync(Lane.Live);
        Assert.True(busy.Wait(TimeSpan.FromSeconds(60)));
        Assert.Equal(name, bed.Handler.Calls.Last().Name);
        release.Set();
        await bed.UntilEmptyAsync();
    }

    [Fact]
    public async Task Yield_WhileLiveWorkRuns_WaitsForItsEnd()
    {
        // The yield's own bound of one second never passes here, so that only the live work's end can let it go.
        var order = new ConcurrentQueue<string>();
        var (inBulk, inLive, endLive) = (new Signal(), new Signal(), new Signal());
        await using var bed = await PumpBed.StartAsync(async (_, context, cancel) =>
        {
            if (!inBulk.IsSet)
            {
                inBulk.Set();
                await inLive.WaitAsync(cancel);
                var yielding = context.YieldToLiveAsync();
                Assert.False(yielding.IsCompleted);
                endLive.Set();
                await yielding;
                order.Enqueue("bulk goes on");
                return Outcome.Done;
            }

            inLive.Set();
            await endLive.WaitAsync(cancel);
            order.Enqueue("live ends");
            return Outcome.Done;
        }, time: new FrozenTimer(TimeSpan.FromSeconds(1)));
        await bed.SendAsync(Lane.Bulk);
        await inBulk.WaitAsync();
        await bed.SendAsync(Lane.Live);
        await bed.UntilEmptyAsync();
        Assert.Equal(["live ends", "bulk goes on"], order);
        Assert.Equal(0, await bed.Database.CountAsync("SELECT count(*) FROM failed_tasks"));
    }

    // It counted itself as live work: each new mail's index took a second, and all new mail behind it waited.
    [Fact]
    public async Task Yield_OfLiveWork_DoesNotWaitForItself()
    {
        var yielded = new ConcurrentQueue<bool>();
        await using var bed = await PumpBed.StartAsync(async (_, context, _) =>
        {
            var yielding = context.YieldToLiveAsync();
            yielded.Enqueue(yielding.IsCompleted);
            await yielding;
            return Outcome.Done;
        });
        await bed.SendAsync(Lane.Live);
        await bed.UntilEmptyAsync();
        Assert.Equal([true], yielded);
    }

    [Fact]
    public async Task Handler_ThrowsAlways_IsTriedByTheTableThenDead()
    {
        await using var bed = await PumpBed.StartAsync((_, _, _) => throw new MessageException("no way"));
        await bed.SendAsync(Lane.Live);
        await bed.UntilEmptyAsync();
        Assert.Equal([1, 2, 3, 4, 5], bed.Handler.Calls.Select(c => c.Context.Attempts));
        Assert.Equal([0, 1, 2, 3, 4], bed.Handler.Calls.Select(c => c.Context.Failures));
        Assert.Equal("MessageException: no way", await bed.Database.ScalarAsync("SELECT error FROM failed_tasks"));
    }

    [Fact]
    public async Task Handler_ThrowsForeignException_ItsTextIsNotKept()
    {
        await using var bed = await PumpBed.StartAsync((_, _, _) => throw new FormatException("quotes somebody@example.org"));
        await bed.SendAsync(Lane.Live);
        await bed.UntilEmptyAsync();
        Assert.DoesNotContain("example.org", (string)(await bed.Database.ScalarAsync("SELECT error || coalesce(stack_trace, '') || message::text FROM failed_tasks"))!);
    }

    [Fact]
    public async Task Handler_AnswersDead_IsNotTriedAgain()
    {
        await using var bed = await PumpBed.StartAsync((_, _, _) => Task.FromResult(Outcome.Dead("hopeless")));
        await bed.SendAsync(Lane.Bulk);
        await bed.UntilEmptyAsync();
        Assert.Single(bed.Handler.Calls);
        Assert.Equal(1, await bed.Database.CountAsync("SELECT count(*) FROM failed_tasks WHERE error = 'hopeless' AND task = 'CancelImport'"));
    }

    [Fact]
    public async Task Handler_MeetsFaultsOfOurs_IsNeverDead()
    {
        var calls = 0;
        await using var bed = await PumpBed.StartAsync((_, _, _) => Interlocked.Increment(ref calls) <= 8 ? throw new NpgsqlException("away") : Task.FromResult(Outcome.Done));
        await bed.SendAsync(Lane.Live);
        while (await bed.Database.CountAsync("SELECT count(*) FROM outbox") > 0)
        {
            // The pause after a fault of ours is over at once.
            await bed.Database.ExecuteAsync("UPDATE outbox SET due_at = now() WHERE lease IS NULL");
        }

        Assert.Equal(9, calls);
        Assert.All(bed.Handler.Calls, c => Assert.Equal((1, 0), (c.Context.Attempts, c.Context.Failures)));
        Assert.Equal(0, await bed.Database.CountAsync("SELECT count(*) FROM failed_tasks"));
    }

    [Fact]
    public async Task Delivery_WithoutAnswerTooOften_IsDeadUnseen()
    {
        await using var bed = await PumpBed.StartAsync((_, _, _) => Task.FromResult(Outcome.Done));
        await bed.SendAsync(Lane.Live, attempts: 12);
        await bed.UntilEmptyAsync();
        Assert.Empty(bed.Handler.Calls);
        Assert.StartsWith("Delivered 13 times", (string)(await bed.Database.ScalarAsync("SELECT error FROM failed_tasks"))!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delivery_UnknownKind_IsDead()
    {
        await using var bed = await PumpBed.StartAsync((_, _, _) => Task.FromResult(Outcome.Done));
        await bed.Database.TransactAsync(c => Outbox.AddAsync(c, [new("ingest", Lane.Live, "Nonsense", "{}", null, Guid.Empty)], default));
        await bed.UntilEmptyAsync();
        Assert.Equal(1, await bed.Database.CountAsync("SELECT count(*) FROM failed_tasks WHERE task = 'Nonsense'"));
    }

    [Fact]
    public async Task Handler_OutlivesItsLease_KeepsItByRenewal()
    {
        var (inside, release) = (new Signal(), new Signal());
        await using var bed = await PumpBed.StartAsync(async (_, _, cancel) =>
        {
            inside.Set();
            await release.WaitAsync(cancel);
            return Outcome.Done;
        }, o => (o.Lease, o.Renewal, o.GiveUp) = (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(4)));
        await bed.SendAsync(Lane.Bulk);
        await inside.WaitAsync();
        await bed.Database.ExecuteAsync("UPDATE outbox SET due_at = now() + interval '3 seconds'");
        await bed.Database.UntilAsync("SELECT due_at > created_at AND due_at > now() + interval '4 seconds' FROM outbox", "the lease is renewed");
        release.Set();
        await bed.UntilEmptyAsync();
        Assert.Single(bed.Handler.Calls);
    }

    [Fact]
    public async Task Handler_LeaseTakenByAnother_IsStoppedAndAnswersNothing()
    {
        var (inside, stopped) = (new Signal(), new Signal());
        await using var bed = await PumpBed.StartAsync(async (_, _, cancel) =>
        {
            inside.Set();
            try
            {
                await Task.Delay(Timeout.Infinite, cancel);
            }
            finally
            {
                stopped.Set();
            }

            return Outcome.Done;
        }, o => (o.Lease, o.Renewal, o.GiveUp) = (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(4)));
        await bed.SendAsync(Lane.Live);
        await inside.WaitAsync();
        await bed.Database.ExecuteAsync("UPDATE outbox SET lease = gen_random_uuid(), due_at = now() + interval '1 hour'");
        await stopped.WaitAsync();
        await bed.StopAsync();
        Assert.Equal(1, await bed.Database.CountAsync("SELECT count(*) FROM outbox WHERE lease IS NOT NULL AND due_at > now() + interval '50 minutes'"));
    }

    [Fact]
    public async Task Stop_WithAHandlerInFlight_ReturnsItsMessageAtOnce()
    {
        var inside = new Signal();
        await using var bed = await PumpBed.StartAsync(async (_, _, cancel) =>
        {
            inside.Set();
            await Task.Delay(Timeout.Infinite, cancel);
            return Outcome.Done;
        });
        await bed.SendAsync(Lane.Bulk);
        await inside.WaitAsync();
        await bed.StopAsync();
        Assert.Equal(1, await bed.Database.CountAsync("SELECT count(*) FROM outbox WHERE lease IS NULL AND due_at <= now() AND attempts = 0 AND failures = 0"));
    }
}
