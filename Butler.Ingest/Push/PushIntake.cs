using System.Diagnostics.Metrics;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;

namespace Butler.Ingest.Push;

/// <summary>What pushes and pulls share: the notification is committed, and only then may it be acknowledged.</summary>
internal sealed class PushIntake : IDisposable
{
    private readonly Database _database;
    private readonly WakeUps _wakeUps;
    private readonly Meter _meter = new("Butler.Ingest.Push");
    private readonly Counter<long> _notices;

    public PushIntake(Database database, WakeUps wakeUps)
    {
        (_database, _wakeUps) = (database, wakeUps);
        _notices = _meter.CreateCounter<long>("gmail_push_total", null, "Notifications by outcome: sent, waiting (one stands for several), duplicate, unknown, malformed, refused, limited.");
    }

    /// <summary>Records one notification; after it has returned the change cannot be lost.</summary>
    public async Task AcceptAsync(PushNotice notice, Guid correlationId, CancellationToken cancellationToken)
    {
        var receipt = await PushInbox.ReceiveAsync(
            _database.DataSource, notice.MessageId, notice.Address, account => MessageBus.Pack(new MailboxChanged(account), Lane.Live, account, correlationId), cancellationToken);
        if (receipt.Sent)
        {
            _wakeUps.Sent(Queues.Ingest, Lane.Live);
        }

        Count(!receipt.New ? "duplicate" : !receipt.Known ? "unknown" : receipt.Sent ? "sent" : "waiting");
    }

    public void Count(string outcome) => _notices.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Dispose() => _meter.Dispose();
}
