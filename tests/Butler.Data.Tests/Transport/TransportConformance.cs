using System.Collections.Concurrent;
using Butler.Messaging;

namespace Butler.Data.Tests.Transport;

/// <summary>What every transport promises (DESIGN section 5, MECHANICS 5). A new transport derives and runs all of it.</summary>
public abstract class TransportConformance
{
    private const string Queue = "conformance";
    private static readonly Lane[] s_all = [Lane.Live, Lane.Bulk];
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    protected abstract Task<ITransportBed> CreateAsync();

    [Fact]
    public async Task Claim_SentMessage_DeliversAllOfIt()
    {
        await using var bed = await CreateAsync();
        var sent = Message("a") with { ProviderUserId = Guid.CreateVersion7() };
        await bed.SendAsync(sent);

        var delivery = await OneAsync(bed.There);

        Assert.Equal((Queue, Lane.Bulk, "Test"), (delivery.Queue, delivery.Lane, delivery.Kind));
        Assert.Equal((sent.ProviderUserId, sent.CorrelationId), (delivery.ProviderUserId, delivery.CorrelationId));
        Assert.Equal("a", NameOf(delivery));
        Assert.Equal((1, 0), (delivery.Attempts, delivery.Failures));
    }

    [Fact]
    public async Task Claim_RolledBackMessage_DeliversNothing()
    {
        await using var bed = await CreateAsync();
        await bed.SendAndRollBackAsync(Message("a"));
        Assert.Empty(await bed.Here.ClaimAsync(Queue, s_all, 10, default));
    }

    [Fact]
    public async Task Claim_WhileLeased_DeliversNothing()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("a"));
        await OneAsync(bed.Here);
        Assert.Empty(await bed.There.ClaimAsync(Queue, s_all, 10, default));
    }

    [Fact]
    public async Task Complete_HeldMessage_IsGoneForGood()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("a"));
        Assert.True(await bed.Here.CompleteAsync(await OneAsync(bed.Here), default));
        await bed.AdvanceAsync(TimeSpan.FromHours(1));
        Assert.Empty(await bed.There.ClaimAsync(Queue, s_all, 10, default));
        Assert.Empty(await bed.DeadAsync());
    }

    [Fact]
    public async Task Claim_AfterTheLeaseRanOut_RedeliversAndCounts()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("a"));
        var first = await OneAsync(bed.Here);
        await bed.AdvanceAsync(TimeSpan.FromSeconds(61));

        var second = await OneAsync(bed.There);

        Assert.Equal(first.Id, second.Id);
        Assert.NotEqual(first.Lease, second.Lease);
        Assert.Equal((2, 0), (second.Attempts, second.Failures));
    }

    [Fact]
    public async Task Answer_AfterTheLeaseWasLost_ChangesNothing()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("a"));
        var lost = await OneAsync(bed.Here);
        await bed.AdvanceAsync(TimeSpan.FromSeconds(61));
        var held = await OneAsync(bed.There);

        Assert.False(await bed.Here.CompleteAsync(lost, default));
        Assert.False(await bed.Here.ReturnAsync(lost, TimeSpan.Zero, countFailure: true, default));
        Assert.False(await bed.Here.DeadAsync(lost, "too late", null, default));
        Assert.DoesNotContain(lost.Id, await bed.Here.RenewAsync([lost], default));

        Assert.Empty(await bed.DeadAsync());
        Assert.Empty(await bed.Here.ClaimAsync(Queue, s_all, 10, default));
        Assert.True(await bed.There.CompleteAsync(held, default));
    }

    [Fact]
    public async Task Renew_HeldMessage_KeepsItFromOthers()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("a"), Message("b"));
        var (a, b) = (await OneAsync(bed.Here), await OneAsync(bed.Here));
        for (var i = 0; i < 4; i++)
        {
            await bed.AdvanceAsync(TimeSpan.FromSeconds(45));
            Assert.Equal([a.Id], await bed.Here.RenewAsync([a], default));
        }

        Assert.Equal(b.Id, (await OneAsync(bed.There)).Id);
        Assert.Empty(await bed.There.ClaimAsync(Queue, s_all, 10, default));
        Assert.True(await bed.Here.CompleteAsync(a, default));
    }

    [Fact]
    public async Task Renew_LeaseRanOutUnclaimed_IsNotHeldAnyMore()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("a"));
        var lost = await OneAsync(bed.Here);
        await bed.AdvanceAsync(TimeSpan.FromSeconds(61));
        Assert.Empty(await bed.Here.RenewAsync([lost], default));
    }

    [Fact]
    public async Task Claim_LanesInOrder_TakesTheFirstThatHasSome()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("bulk"), Message("live", Lane.Live), Message("model", Lane.Model), Message("bulk2"), Message("live2", Lane.Live));

        Assert.Equal("live", NameOf(await OneAsync(bed.Here, Lane.Live, Lane.Bulk)));
        Assert.Equal("bulk", NameOf(await OneAsync(bed.Here, Lane.Bulk, Lane.Live)));
        Assert.Equal("live2", NameOf(await OneAsync(bed.Here, Lane.Live)));
        Assert.Equal("bulk2", NameOf(await OneAsync(bed.Here, Lane.Live, Lane.Bulk)));
        Assert.Empty(await bed.Here.ClaimAsync(Queue, s_all, 1, default));
        Assert.Equal("model", NameOf(await OneAsync(bed.Here, Lane.Model)));
    }

    [Fact]
    public async Task Claim_AnotherQueue_DeliversNothing()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("a"));
        Assert.Empty(await bed.Here.ClaimAsync("other", s_all, 10, default));
    }

    [Fact]
    public async Task Claim_DelayedMessage_OnlyWhenDue()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("later") with { Delay = TimeSpan.FromSeconds(100) }, Message("now"));
        Assert.Equal("now", NameOf(await OneAsync(bed.Here)));
        Assert.Empty(await bed.Here.ClaimAsync(Queue, s_all, 10, default));
        await bed.AdvanceAsync(TimeSpan.FromSeconds(50));
        Assert.Empty(await bed.Here.ClaimAsync(Queue, s_all, 10, default));
        await bed.AdvanceAsync(TimeSpan.FromSeconds(51));
        Assert.Contains("later", (await bed.Here.ClaimAsync(Queue, s_all, 10, default)).Select(NameOf));
    }

    [Fact]
    public async Task Return_AsRetry_WaitsAndCountsAFailure()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("a"));
        Assert.True(await bed.Here.ReturnAsync(await OneAsync(bed.Here), TimeSpan.FromSeconds(30), countFailure: true, default));
        Assert.Empty(await bed.Here.ClaimAsync(Queue, s_all, 10, default));
        await bed.AdvanceAsync(TimeSpan.FromSeconds(31));
        var again = await OneAsync(bed.There);
        Assert.Equal((2, 1), (again.Attempts, again.Failures));
    }

    [Fact]
    public async Task Return_AsSnooze_WaitsAndCountsNothing()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("a"));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await bed.Here.ReturnAsync(await OneAsync(bed.Here), TimeSpan.FromSeconds(30), countFailure: false, default));
            Assert.Empty(await bed.Here.ClaimAsync(Queue, s_all, 10, default));
            await bed.AdvanceAsync(TimeSpan.FromSeconds(31));
        }

        var again = await OneAsync(bed.There);
        Assert.Equal((1, 0), (again.Attempts, again.Failures));
    }

    [Fact]
    public async Task Dead_HeldMessage_BecomesADeadLetterOnce()
    {
        await using var bed = await CreateAsync();
        await bed.SendAsync(Message("a"));
        var delivery = await OneAsync(bed.Here);
        Assert.True(await bed.Here.DeadAsync(delivery, "hopeless\0", "at Somewhere()", default));
        Assert.False(await bed.Here.DeadAsync(delivery, "again", null, default));
        await bed.AdvanceAsync(TimeSpan.FromHours(1));
        Assert.Empty(await bed.Here.ClaimAsync(Queue, s_all, 10, default));
        Assert.Equal(["hopeless\uFFFD"], await bed.DeadAsync());
    }

    [Fact]
    public async Task Claim_ManyAtOnce_NeverTheSameMessageTwice()
    {
        const int Messages = 300;
        await using var bed = await CreateAsync();
        await bed.SendAsync([.. Enumerable.Range(0, Messages).Select(i => Message($"m{i}"))]);
        var seen = new ConcurrentBag<Guid>();

        async Task WorkAsync(ITransport transport, int batch)
        {
            while (true)
            {
                var claimed = await transport.ClaimAsync(Queue, s_all, batch, default);
                if (claimed.Count == 0)
                {
                    return;
                }

                foreach (var delivery in claimed)
                {
                    seen.Add(delivery.Id);
                    Assert.True(await transport.CompleteAsync(delivery, default));
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => WorkAsync(i % 2 == 0 ? bed.Here : bed.There, 1 + (i % 4)))));

        // A claimer may see nothing while others hold all: what is left is taken at the end.
        await WorkAsync(bed.Here, 10);
        Assert.Equal(Messages, seen.Count);
        Assert.Equal(Messages, seen.Distinct().Count());
    }

    [Fact]
    public async Task Wait_SentInThisProcess_EndsWithoutAPoll()
    {
        await using var bed = await CreateAsync();
        var wait = bed.Here.WaitAsync(Queue, s_all, TimeSpan.FromHours(1), default);
        Assert.False(wait.IsCompleted);
        await bed.SendAsync(Message("a", Lane.Live));
        await wait.WaitAsync(s_patience);
        await OneAsync(bed.Here);
    }

    [Fact]
    public async Task Wait_SentInAnotherProcess_EndsWithoutAPoll()
    {
        await using var bed = await CreateAsync();
        await bed.UntilConnectedAsync();
        var wait = bed.There.WaitAsync(Queue, s_all, TimeSpan.FromHours(1), default);
        await bed.SendAsync(Message("a"));
        await wait.WaitAsync(s_patience);
        await OneAsync(bed.There);
    }

    [Fact]
    public async Task Wait_NothingSent_EndsWithThePoll()
    {
        await using var bed = await CreateAsync();
        await bed.Here.WaitAsync(Queue, s_all, TimeSpan.FromMilliseconds(10), default).WaitAsync(s_patience);
    }

    private static OutgoingMessage Message(string name, Lane lane = Lane.Bulk) =>
        new(Queue, lane, "Test", $$"""{"name": "{{name}}"}""", null, Guid.CreateVersion7());

    private static string NameOf(Delivery delivery)
    {
        using var body = System.Text.Json.JsonDocument.Parse(delivery.Body);
        return body.RootElement.GetProperty("name").GetString()!;
    }

    private static async Task<Delivery> OneAsync(ITransport transport, params Lane[] lanes) =>
        Assert.Single(await transport.ClaimAsync(Queue, lanes.Length == 0 ? s_all : lanes, 1, default));
}
