using System.Diagnostics.Metrics;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;

namespace Butler.Ingest.Push;

/// <summary>
/// What pushes and pulls share: the notification is committed, and only then may it be acknowledged. What arrives while a commit is on
/// its way goes together into the next one: at 500 a second one at a time, the commits alone kept a core busy.
/// </summary>
internal sealed class PushIntake : IDisposable
{
    private const int PerStatement = 200;

    private readonly Database _database;
    private readonly WakeUps _wakeUps;
    private readonly Meter _meter = new("Butler.Ingest.Push");
    private readonly Counter<long> _notices;
    private readonly Lock _lock = new();
    private List<Waiting> _waiting = [];
    private bool _writing;

    public PushIntake(Database database, WakeUps wakeUps)
    {
        (_database, _wakeUps) = (database, wakeUps);
        _notices = _meter.CreateCounter<long>("gmail_push_total", null, "Notifications by outcome: sent, waiting (one stands for several), duplicate, unknown, malformed, refused, limited.");
    }

    /// <summary>Records one notification; after it has returned the change cannot be lost.</summary>
    public Task AcceptAsync(PushNotice notice, Guid correlationId, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(new(notice.MessageId, notice.Address, correlationId));
        lock (_lock)
        {
            _waiting.Add(waiting);
            if (_writing)
            {
                return waiting.Written.Task.WaitAsync(cancellationToken);
            }

            _writing = true;
        }

        _ = WriteAsync();
        return waiting.Written.Task.WaitAsync(cancellationToken);
    }

    private async Task WriteAsync()
    {
        while (true)
        {
            List<Waiting> batch;
            lock (_lock)
            {
                if (_waiting.Count == 0)
                {
                    _writing = false;
                    return;
                }

                (batch, _waiting) = (_waiting, []);
            }

            foreach (var chunk in batch.Chunk(PerStatement))
            {
                await WriteAsync(chunk);
            }
        }
    }

    private async Task WriteAsync(Waiting[] batch)
    {
        try
        {
            // No request's token: what one caller no longer waits for, the others do.
            var receipts = await PushInbox.ReceiveAsync(
                _database.DataSource, [.. batch.Select(w => w.Arrival)], account => MessageBus.Pack(new MailboxChanged(account), Lane.Live, account, default), CancellationToken.None);
            if (receipts.Any(r => r.Sent))
            {
                _wakeUps.Sent(Queues.Ingest, Lane.Live);
            }

            foreach (var (waiting, receipt) in batch.Zip(receipts))
            {
                Count(!receipt.New ? "duplicate" : !receipt.Known ? "unknown" : receipt.Sent ? "sent" : "waiting");
                waiting.Written.SetResult();
            }
        }
        catch (Exception e)
        {
            // Every caller is told, and acknowledges nothing.
            foreach (var waiting in batch)
            {
                waiting.Written.TrySetException(e);
            }
        }
    }

    public void Count(string outcome) => _notices.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Dispose() => _meter.Dispose();

    private sealed record Waiting(PushArrival Arrival)
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
