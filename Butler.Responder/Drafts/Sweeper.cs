using Butler.Data;
using Butler.Data.Responder;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Responder.Drafts;

/// <summary>Sends DraftReply again for open replies.</summary>
internal sealed class Sweeper(Database database, WakeUps wakeUps, TimeProvider time, IOptions<ResponderOptions> options, ILogger<Sweeper> logger)
    : MessageSweeper(database, wakeUps, options.Value.Sweep, time, logger)
{
    private const int MaxPerSweep = 200;

    protected override async Task<List<OutgoingMessage>> LostAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var lost = await Replies.LostAsync(connection, options.Value.SweepAfter, MaxPerSweep, cancellationToken);
        return [.. lost.Select(l => MessageBus.Pack(new DraftReply(l.MailId, l.ProviderUserId, null, false), Lane.Live, l.ProviderUserId, l.CorrelationId))];
    }
}
