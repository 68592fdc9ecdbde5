using Butler.Data;
using Butler.Data.Responder;
using Butler.Mailboxes;
using Microsoft.Extensions.Options;

namespace Butler.Responder.Drafts;

/// <summary>
/// From <c>intended</c> to the one POST (MECHANICS 7). Whoever commits <c>sending</c> holds its key and is the only one who may send,
/// once, within the window; nothing here waits or repeats.
/// </summary>
internal sealed class DraftSender(
    Database database, DraftComposer composer, DraftFinder finder, IFaultPoints faults, TimeProvider time, IOptions<ResponderOptions> options)
{
    /// <summary>Ends with the row in another state, or with an exception. The caller reads the row again.</summary>
    public async Task SendAsync(IMailbox mailbox, DueMail mail, Reply reply, CancellationToken cancellationToken)
    {
        var (account, thread) = (mail.Account.Id, reply.ThreadId);

        // The id first, then the thread: a draft that appears in between is seen by the one or the other.
        var profile = await mailbox.GetProfileAsync(cancellationToken);
        if (DueRules.Refuse(mail, await ReadThreadAsync(mailbox, thread, cancellationToken)) is { } reason)
        {
            await NotDueAsync(mailbox, mail, reply, reason, cancellationToken);
            return;
        }

        var draft = composer.Compose(mail, reply.GeneratedReply);
        var key = Guid.NewGuid();
        await faults.ReachAsync("draft: before sending");
        var window = new SendWindow(time, options.Value.SendWindow);
        if (!await database.TransactAsync(c => Replies.BeginSendAsync(c, account, mail.Id, key, profile.HistoryId, options.Value.SendWindow, draft.ContentHash, cancellationToken), cancellationToken))
        {
            return; // Another handler was first.
        }

        await faults.ReachAsync("draft: after sending");
        if (await PostAsync(mailbox, window, draft.Raw, thread, () => NotSentAsync(account, mail.Id, key, cancellationToken), cancellationToken) is not { } created)
        {
            return;
        }

        await faults.ReachAsync("draft: after POST");
        await database.TransactAsync(c => Replies.CreatedAsync(c, account, mail.Id, key, created.DraftId, created.MessageId, cancellationToken), cancellationToken);
        await faults.ReachAsync("draft: after created");
    }

    /// <summary>Null: it is certain that nothing was sent, or the outcome is open; the row's state tells which.</summary>
    private async Task<DraftRef?> PostAsync(IMailbox mailbox, SendWindow window, byte[] raw, string thread, Func<Task> notSent, CancellationToken cancellationToken)
    {
        var left = window.Left;
        if (left <= TimeSpan.Zero)
        {
            await notSent();
            return null;
        }

        // Also a request that has gone out ends with the window: what the account's log says after it is final.
        using var end = new CancellationTokenSource(left, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        SendWindow.Current.Value = window;
        try
        {
            return await mailbox.CreateDraftAsync(raw, thread, either.Token);
        }
        catch (MailboxException e) when (window.Passed && e.OutcomeUnknown)
        {
            return null;
        }
        catch (OperationCanceledException) when (window.Passed && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) when (e is SendWindowClosedException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            await notSent();
            return null;
        }
        catch (MailboxException)
        {
            await notSent();
            throw;
        }
        finally
        {
            SendWindow.Current.Value = null;
        }
    }

    private Task NotSentAsync(Guid account, Guid mail, Guid key, CancellationToken cancellationToken) =>
        database.TransactAsync(c => Replies.NotSentAsync(c, account, mail, key, counted: false, cancellationToken), cancellationToken);

    private async Task NotDueAsync(IMailbox mailbox, DueMail mail, Reply reply, string reason, CancellationToken cancellationToken)
    {
        // An earlier sending of ours that showed later than it could is ours all the same.
        if (reason == Reasons.DraftExists && reply is { Sends: > 0, SendKey: { } key, ContentHash: { } hash }
            && await finder.FindAsync(mailbox, mail, reply.ThreadId, hash, cancellationToken) is { IsOurs: true } found)
        {
            await database.TransactAsync(c => Replies.AdoptAsync(c, mail.Account.Id, mail.Id, key, found.Draft.DraftId, found.Draft.MessageId, cancellationToken), cancellationToken);
            return;
        }

        await database.TransactAsync(c => Replies.SuppressAsync(c, mail.Account.Id, mail.Id, reason, cancellationToken), cancellationToken);
    }

    private static async Task<IReadOnlyList<ThreadMail>> ReadThreadAsync(IMailbox mailbox, string threadId, CancellationToken cancellationToken)
    {
        try
        {
            return await mailbox.GetThreadAsync(threadId, cancellationToken);
        }
        catch (MailboxException e) when (e.Fault == MailboxFault.NotFound)
        {
            return []; // Deleted since: the rules say that the mail is gone.
        }
    }
}
