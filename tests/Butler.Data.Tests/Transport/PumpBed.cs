using System.Collections.Concurrent;
using Butler.Data.Tests.Support;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Butler.Data.Tests.Transport;

/// <summary>A host with the pump on a database of its own, and one handler whose work each test gives.</summary>
internal sealed class PumpBed : IAsyncDisposable
{
    private readonly IHost _host;

    private PumpBed(TestDb database, IHost host)
    {
        Database = database;
        _host = host;
    }

    public TestDb Database { get; }

    public Work Handler => _host.Services.GetRequiredService<Work>();

    public static async Task<PumpBed> StartAsync(Func<Guid, MessageContext, CancellationToken, Task<Outcome>> work, Action<MessagingOptions>? options = null, TimeProvider? time = null)
    {
        var database = await TestDb.CreateAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(database.Source);
        builder.Services.AddSingleton(new Work(work));
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.AddMessaging();
        builder.AddHandlers(Queues.Ingest).Handle<CancelImport, Handles>();
        builder.Services.PostConfigure<MessagingOptions>(o =>
        {
            o.LivePoll = TimeSpan.FromMilliseconds(20);
            o.BulkPoll = TimeSpan.FromMilliseconds(20);
            o.BulkWorkers = 2;
            o.DelayScale = 0.0001;
            options?.Invoke(o);
        });
        var host = builder.Build();
        await host.StartAsync();
        return new PumpBed(database, host);
    }

    public async Task<Guid> SendAsync(Lane lane, int attempts = 0)
    {
        var name = Guid.CreateVersion7();
        var message = MessageBus.Pack(new CancelImport(name), lane, null, Guid.CreateVersion7());
        await Database.TransactAsync(async c =>
        {
            await Outbox.AddAsync(c, [message], default);
            if (attempts > 0)
            {
                await using var command = new Npgsql.NpgsqlCommand("UPDATE outbox SET attempts = $1", c) { Parameters = { new() { Value = attempts } } };
                await command.ExecuteNonQueryAsync();
            }
        });
        _host.Services.GetRequiredService<WakeUps>().Sent([message]);
        return name;
    }

    public Task UntilEmptyAsync() => Database.UntilAsync("SELECT NOT EXISTS (SELECT FROM outbox)", "the outbox is empty");

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await Database.DisposeAsync();
    }

    internal sealed class Work(Func<Guid, MessageContext, CancellationToken, Task<Outcome>> run)
    {
        public ConcurrentQueue<(Guid Name, MessageContext Context)> Calls { get; } = [];

        public Task<Outcome> RunAsync(Guid name, MessageContext context, CancellationToken cancellationToken)
        {
            Calls.Enqueue((name, context));
            return run(name, context, cancellationToken);
        }
    }

    internal sealed class Handles(Work work) : IHandler<CancelImport>
    {
        public Task<Outcome> HandleAsync(CancelImport message, MessageContext context, CancellationToken cancellationToken) => work.RunAsync(message.SyncId, context, cancellationToken);
    }
}

/// <summary>Real time, but a timer of exactly <paramref name="frozen"/> never fires.</summary>
internal sealed class FrozenTimer(TimeSpan frozen) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime == frozen ? Timeout.InfiniteTimeSpan : dueTime, period);
}

/// <summary>A signal that a test waits for with a bound that only ends a hopeless wait.</summary>
internal sealed class Signal
{
    private readonly TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsSet => _source.Task.IsCompleted;

    public void Set() => _source.TrySetResult();

    public Task WaitAsync(CancellationToken cancellationToken = default) => _source.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
}
