using Butler.Data;
using Butler.Data.Classifier;
using Butler.Intelligence;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;

namespace Butler.Classifier.Tags;

/// <summary>
/// Mail that was here before an owner's tag was made, changed or deleted: page by page, each page's edits in one transaction with the
/// message of the next. Safe to do again; asks no model. A tag that nobody knows any more goes, whoever gave it; one whose rule does not fit
/// any more stays where a chat model gave it.
/// </summary>
internal sealed class TagMailsHandler(Database database, WakeUps wakeUps, OwnTagCache tags) : IHandler<TagMails>
{
    private const int PageMails = 200;

    public async Task<Outcome> HandleAsync(TagMails message, MessageContext context, CancellationToken cancellationToken)
    {
        var own = await tags.OfAsync(message.ProviderUserId, cancellationToken);
        if (own.Version.Newest > message.Version)
        {
            return Outcome.Done; // Changed since: that change sent a message of its own.
        }

        var mails = await MailTags.PageAsync(database.DataSource, message.ProviderUserId, message.Before, message.After, own.ReadsText ? OwnTags.MaxText : 0, PageMails, cancellationToken);
        var edits = mails.SelectMany(m => Edits(m, own)).ToList();
        List<OutgoingMessage> next = mails.Count < PageMails
            ? []
            : [MessageBus.Pack(message with { Before = mails[^1].ReceivedAt, After = mails[^1].Id }, Lane.Bulk, message.ProviderUserId, context.CorrelationId)];
        await database.TransactAsync(async connection =>
        {
            await MailTags.WriteAsync(connection, edits, cancellationToken);
            await Outbox.AddAsync(connection, next, cancellationToken);
        }, cancellationToken);
        if (next.Count == 0)
        {
            // Alone: the owner's books are taken before the ledger's rows everywhere.
            await database.TransactAsync(c => MailTags.CopyToTransactionsAsync(c, message.ProviderUserId, [.. own.Allowed], cancellationToken), cancellationToken);
        }

        wakeUps.Sent(next);
        return Outcome.Done;
    }

    private static IEnumerable<TagEdit> Edits(TaggedMail mail, OwnTags own)
    {
        var fit = own.Of(mail.Subject, mail.Text, mail.FromAddress, [.. mail.To, .. mail.Cc], mail.ListId);
        foreach (var tag in mail.Tags.Where(t => !Tagger.All.Contains(t) && !fit.Contains(t)))
        {
            yield return new(mail.Id, tag, Add: false, UnlessAnswered: own.Knows(tag));
        }

        foreach (var tag in fit.Where(t => !mail.Tags.Contains(t)))
        {
            yield return new(mail.Id, tag, Add: true, UnlessAnswered: false);
        }
    }
}
