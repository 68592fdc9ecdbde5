using Butler.Data.Tests.Support;
using Butler.Messaging;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Butler.Data.Tests.Transport;

/// <summary>The embedded transport runs the suite; the database's clock is moved by moving the rows.</summary>
public sealed class PostgresTransportTests : TransportConformance
{
    protected override async Task<ITransportBed> CreateAsync() => await Bed.StartAsync();

    private sealed class Bed : ITransportBed
    {
        private readonly TestDb _database;
        private readonly WakeUps _here;
        private readonly WakeUps _there;

        private Bed(TestDb database)
        {
            _database = database;
            _here = new WakeUps(database.Source, TimeProvider.System, NullLogger<WakeUps>.Instance);
            _there = new WakeUps(database.Source, TimeProvider.System, NullLogger<WakeUps>.Instance);
            var options = Options.Create(new MessagingOptions { Lease = TimeSpan.FromSeconds(60) });
            Here = new PostgresTransport(database.Source, _here, options);
            There = new PostgresTransport(database.Source, _there, options);
        }

        public ITransport Here { get; }

        public ITransport There { get; }

        public static async Task<Bed> StartAsync()
        {
            var bed = new Bed(await TestDb.CreateAsync());
            await bed._here.StartAsync(default);
            await bed._there.StartAsync(default);
            return bed;
        }

        public async Task SendAsync(params OutgoingMessage[] messages)
        {
            // One transaction each, so that they are due one after the other.
            foreach (var chunk in messages.Length > 20 ? [messages] : messages.Select(m => new[] { m }))
            {
                await _database.TransactAsync(c => Outbox.AddAsync(c, chunk, default));
            }

            _here.Sent(messages);
        }

        public async Task SendAndRollBackAsync(OutgoingMessage message)
        {
            await using var connection = await _database.Source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await Outbox.AddAsync(connection, [message], default);
            await transaction.RollbackAsync();
        }

        public Task AdvanceAsync(TimeSpan time) => _database.ExecuteAsync("UPDATE outbox SET due_at = due_at - $1", time);

        public async Task<IReadOnlyList<string>> DeadAsync() => (string[])(await _database.ScalarAsync("SELECT coalesce(array_agg(error), '{}') FROM failed_tasks"))!;

        public Task UntilConnectedAsync() =>
            _database.UntilAsync("SELECT count(*) = 2 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'", "both processes listen");

        public async ValueTask DisposeAsync()
        {
            await _here.StopAsync(default);
            await _there.StopAsync(default);
            await _database.DisposeAsync();
        }
    }
}
