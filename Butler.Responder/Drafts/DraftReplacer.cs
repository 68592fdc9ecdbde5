using Butler.Data;
using Butler.Data.Responder;
using Butler.Mailboxes;
using Butler.Responder.Templates;

namespace Butler.Responder.Drafts;

/// <summary>
/// After a forced reprocessing: replaces a draft by what Butler would write now, but only while it is as Butler wrote it. Repeatable:
/// the same mail gives the same text, so a replacement whose answer was lost is recognised by its content.
/// </summary>
internal sealed class DraftReplacer(Database database, DraftComposer composer, DraftFinder finder, IFaultPoints faults)
{
    public async Task ReplaceAsync(IMailbox mailbox, DueMail mail, Reply reply, Guid correlationId, CancellationToken cancellationToken)
    {
        var account = mail.Account.Id;
        var written = ReplyTemplate.Write(mail);
        var draft = composer.Compose(mail, written.Text);
        if (reply is not { ContentHash: { } old, SendKey: { } key })
        {
            return;
        }

        var renewed = new NewReply(account, mail.Id, reply.ThreadId, written.Text, written.Intent, written.Language, ReplyTemplate.ModelName, correlationId);
        if (await finder.FindAsync(mailbox, mail, reply.ThreadId, old, cancellationToken) is not { } found)
        {
            await database.TransactAsync(c => Replies.RemovedAsync(c, account, mail.Id, key, cancellationToken), cancellationToken);
            return;
        }

        if (!found.IsOurs)
        {
            // Perhaps ours already in its new form; else the owner's.
            found = await finder.FindAsync(mailbox, mail, reply.ThreadId, draft.ContentHash, cancellationToken) ?? found;
            await database.TransactAsync(
                c => found.IsOurs
                    ? Replies.ReplacedAsync(c, renewed, old, draft.ContentHash, found.Draft.DraftId, found.Draft.MessageId, cancellationToken)
                    : Replies.LeftAloneAsync(c, account, mail.Id, Reasons.EditedByOwner, cancellationToken),
                cancellationToken);
            return;
        }

        var now = found.Draft;
        if (!old.AsSpan().SequenceEqual(draft.ContentHash))
        {
            await faults.ReachAsync("draft: before PUT");
            now = await mailbox.UpdateDraftAsync(found.Draft.DraftId, draft.Raw, reply.ThreadId, cancellationToken);
            await faults.ReachAsync("draft: after PUT");
        }

        await database.TransactAsync(c => Replies.ReplacedAsync(c, renewed, old, draft.ContentHash, now.DraftId, now.MessageId, cancellationToken), cancellationToken);
    }
}
