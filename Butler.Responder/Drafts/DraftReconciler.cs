using Butler.Data;
using Butler.Data.Responder;
using Butler.Mailboxes;

namespace Butler.Responder.Drafts;

/// <summary>
/// Finds out what a sending without an outcome did (MECHANICS 7), once it can no longer be carried out: from the account's history
/// since before it, which is a log and so also shows a draft that was edited, sent or deleted since. A search would not do: it lags.
/// </summary>
internal sealed class DraftReconciler(Database database, DraftFinder finder, IFaultPoints faults)
{
    // More pages than this of 500 changes within two minutes is no account of a person.
    private const int MaxPages = 200;

    // Page tokens expire; more often than this within one run it is a failed try.
    private const int MaxRestarts = 5;

    // Drafts elsewhere are looked at one by one.
    private const int MaxElsewhere = 20;

    private const string Tell = "Butler could not find out whether it has put a reply draft into one of your threads, and will not try again. Please look into your Drafts.";

    /// <summary>Moves the row out of <c>sending</c>; the caller reads it again.</summary>
    public async Task ReconcileAsync(IMailbox mailbox, DueMail mail, Reply reply, CancellationToken cancellationToken)
    {
        var (account, key) = (mail.Account.Id, reply.SendKey!.Value);
        List<HistoryRecord> added;
        try
        {
            added = await ReadAddedDraftsAsync(mailbox, reply.StartHistoryId!.Value, cancellationToken);
        }
        catch (MailboxException e) when (e.Fault == MailboxFault.HistoryExpired)
        {
            await ExpiredAsync(mailbox, mail, reply, key, cancellationToken);
            return;
        }

        await faults.ReachAsync("draft: after history");

        // What is another mail's draft says nothing about this one.
        var others = (await Replies.OthersAsync(database.DataSource, account, mail.Id, cancellationToken)).Select(o => o.MessageId).ToHashSet(StringComparer.Ordinal);
        added.RemoveAll(r => others.Contains(r.MessageId));
        if (added.Exists(r => r.ThreadId == reply.ThreadId))
        {
            await AdoptAsync(mailbox, mail, reply, key, cancellationToken);
            return;
        }

        // Gmail puts a draft elsewhere when it does not accept it as an answer.
        foreach (var thread in added.Select(r => r.ThreadId).Distinct().Take(MaxElsewhere))
        {
            if (await finder.FindAsync(mailbox, mail, thread, reply.ContentHash, cancellationToken) is { IsOurs: true } found)
            {
                await database.TransactAsync(c => Replies.AdoptAsync(c, account, mail.Id, key, found.Draft.DraftId, found.Draft.MessageId, cancellationToken), cancellationToken);
                return;
            }
        }

        // Without a Message-ID to answer, ours was bound to stand elsewhere, and one that stood there may have been edited or sent since.
        if (added.Count > 0 && mail.MessageId is null)
        {
            await database.TransactAsync(c => Replies.UnknownAsync(c, account, mail.Id, key, Reasons.Undecidable, Tell, cancellationToken), cancellationToken);
            return;
        }

        // The log is complete and shows none: the sending created nothing.
        await faults.ReachAsync("draft: before sending again");
        await database.TransactAsync(c => Replies.NotSentAsync(c, account, mail.Id, key, counted: true, cancellationToken), cancellationToken);
    }

    private async Task AdoptAsync(IMailbox mailbox, DueMail mail, Reply reply, Guid key, CancellationToken cancellationToken)
    {
        var found = await finder.FindAsync(mailbox, mail, reply.ThreadId, reply.ContentHash, cancellationToken);
        await faults.ReachAsync("draft: before adopting");
        await database.TransactAsync(
            c => found is { Draft: var draft }
                ? Replies.AdoptAsync(c, mail.Account.Id, mail.Id, key, draft.DraftId, draft.MessageId, cancellationToken)
                : Replies.RemovedAsync(c, mail.Account.Id, mail.Id, key, cancellationToken),
            cancellationToken);
    }

    private async Task ExpiredAsync(IMailbox mailbox, DueMail mail, Reply reply, Guid key, CancellationToken cancellationToken)
    {
        // Only a draft that is there, with our content, is a proof.
        var found = await finder.FindAsync(mailbox, mail, reply.ThreadId, reply.ContentHash, cancellationToken);
        await database.TransactAsync(
            c => found is { IsOurs: true, Draft: var draft }
                ? Replies.AdoptAsync(c, mail.Account.Id, mail.Id, key, draft.DraftId, draft.MessageId, cancellationToken)
                : Replies.UnknownAsync(c, mail.Account.Id, mail.Id, key, Reasons.HistoryExpired, Tell, cancellationToken),
            cancellationToken);
    }

    private static async Task<List<HistoryRecord>> ReadAddedDraftsAsync(IMailbox mailbox, ulong start, CancellationToken cancellationToken)
    {
        List<HistoryRecord> added = [];
        string? pageToken = null;
        var restarts = 0;
        for (var page = 0; page < MaxPages; page++)
        {
            HistoryPage answer;
            try
            {
                answer = await mailbox.GetHistoryAsync(start, pageToken, cancellationToken);
            }
            catch (MailboxException e) when (e.Fault == MailboxFault.PageExpired && pageToken is not null && ++restarts <= MaxRestarts)
            {
                // From the first page again: only a log that is complete says that nothing was created.
                (pageToken, page) = (null, -1);
                added.Clear();
                continue;
            }

            // A record may lack its labels when the message is gone: then it may have been a draft, and in doubt it was.
            added.AddRange(answer.Records.Where(r => r.Kind == HistoryKind.Added && (r.Labels.Count == 0 || r.Labels.Contains("DRAFT"))));
            pageToken = answer.NextPageToken;
            if (pageToken is null)
            {
                return added;
            }
        }

        throw new MailboxException(MailboxFault.BadRequest, "The account's history since the sending is too long to read");
    }
}
