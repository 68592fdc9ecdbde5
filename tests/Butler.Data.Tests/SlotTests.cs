using Butler.Data.Tests.Support;

namespace Butler.Data.Tests;

/// <summary>One batch in flight per account and lane, and no lost wake-up (MECHANICS 3).</summary>
public sealed class SlotTests : IAsyncLifetime
{
    private TestDb _db = null!;
    private Guid _account;

    public async Task InitializeAsync()
    {
        _db = await TestDb.CreateAsync();
        _account = await _db.AddAccountAsync();
    }

    public async Task DisposeAsync() => await _db.DisposeAsync();

    [Fact]
    public async Task Wake_PendingSlot_SendsNoSecondMessage()
    {
        Assert.Equal(1, await WakeAsync());
        Assert.Null(await WakeAsync());
        Assert.Equal(2, await AdvanceAsync(1));
        Assert.Null(await WakeAsync());
        await _db.TransactAsync(c => Slots.IdleAsync(c, _account, Lane.Bulk, default));
        Assert.Equal(3, await WakeAsync());
    }

    [Fact]
    public async Task Advance_WithAnotherNumber_IsADuplicate()
    {
        var seq = (await WakeAsync())!.Value;
        Assert.Null(await AdvanceAsync(seq + 1));
        Assert.NotNull(await AdvanceAsync(seq));
        Assert.Null(await AdvanceAsync(seq));
    }

    [Fact]
    public async Task Advance_IdleSlot_IsADuplicate()
    {
        var seq = (await WakeAsync())!.Value;
        var next = (await AdvanceAsync(seq))!.Value;
        await _db.TransactAsync(c => Slots.IdleAsync(c, _account, Lane.Bulk, default));
        Assert.Null(await AdvanceAsync(next));
    }

    [Fact]
    public async Task Lanes_OfOneAccount_AreApart()
    {
        Assert.NotNull(await WakeAsync());
        Assert.NotNull(await _db.TransactAsync(c => Slots.WakeAsync(c, _account, Lane.Live, default)));
    }

    /// <summary>
    /// Producers list mails and wake; each message is delivered at least once, some twice and at the same time. When no message is left,
    /// no mail may be left either, and no mail may have been taken twice.
    /// </summary>
    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public async Task Wake_ConcurrentProducersAndRedeliveries_LosesNoMailAndForksNoChain(int seed)
    {
        const int Producers = 4;
        const int Rounds = 15;
        var stored = new System.Collections.Concurrent.ConcurrentBag<Guid>();
        var messages = new System.Collections.Concurrent.ConcurrentQueue<long>();
        var producing = Producers;

        async Task ProduceAsync(int producer)
        {
            var random = new Random((seed * 100) + producer);
            for (var round = 0; round < Rounds; round++)
            {
                var ids = Enumerable.Range(0, random.Next(1, 4)).Select(i => $"{producer}-{round}-{i}").ToList();
                var seq = await _db.TransactAsync(async c =>
                {
                    var woken = await Slots.WakeAsync(c, _account, Lane.Bulk, default);
                    await Ledger.ListAsync(c, _account, null, Guid.Empty, Lane.Bulk, ids, round, default);
                    return woken;
                });
                if (seq is { } number)
                {
                    messages.Enqueue(number);
                }

                for (var pause = random.Next(3); pause > 0; pause--)
                {
                    await _db.ScalarAsync("SELECT 1");
                }
            }

            Interlocked.Decrement(ref producing);
        }

        async Task ConsumeAsync(Random random)
        {
            while (Volatile.Read(ref producing) > 0 || !messages.IsEmpty)
            {
                if (!messages.TryDequeue(out var seq))
                {
                    await Task.Yield();
                    continue;
                }

                var deliveries = random.Next(3) == 0 ? 2 : 1;
                await Task.WhenAll(Enumerable.Range(0, deliveries).Select(_ => Task.Run(() => HandleAsync(seq))));
            }
        }

        async Task HandleAsync(long seq)
        {
            List<OpenMail> open;
            await using (var connection = await _db.Source.OpenConnectionAsync())
            {
                open = await Ledger.NextAsync(connection, _account, Lane.Bulk, 3, default);
            }

            var (moved, next) = await _db.TransactAsync(async c =>
            {
                if (await Slots.AdvanceAsync(c, _account, Lane.Bulk, seq, default) is not { } number)
                {
                    return ([], null);
                }

                var done = await Ledger.StoreAsync(c, [.. open.Select(o => o.Id)], [.. open.Select(_ => DateTimeOffset.UnixEpoch)], default);
                if (await Ledger.NextWaitAsync(c, _account, Lane.Bulk, default) is not null)
                {
                    return (done, (long?)number);
                }

                await Slots.IdleAsync(c, _account, Lane.Bulk, default);
                return (done, null);
            });
            foreach (var mail in moved)
            {
                stored.Add(mail.Id);
            }

            if (next is { } message)
            {
                messages.Enqueue(message);
            }
        }

        var consumers = Task.WhenAll(Enumerable.Range(0, 2).Select(i => Task.Run(() => ConsumeAsync(new Random(seed + i)))));
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(i => Task.Run(() => ProduceAsync(i))));
        await consumers;

        // A consumer may have gone while another still held the last message.
        while (messages.TryDequeue(out var rest))
        {
            await HandleAsync(rest);
        }

        Assert.Equal(0, await _db.CountAsync("SELECT count(*) FROM ledger WHERE state = 'listed'"));
        Assert.Equal(await _db.CountAsync("SELECT count(*) FROM ledger"), stored.Count);
        Assert.Equal(stored.Count, stored.Distinct().Count());
        Assert.Equal("idle", await _db.ScalarAsync("SELECT state FROM slots"));
    }

    private Task<long?> WakeAsync() => _db.TransactAsync(c => Slots.WakeAsync(c, _account, Lane.Bulk, default));

    private Task<long?> AdvanceAsync(long seq) => _db.TransactAsync(c => Slots.AdvanceAsync(c, _account, Lane.Bulk, seq, default));
}
