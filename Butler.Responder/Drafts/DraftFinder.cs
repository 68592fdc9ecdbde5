using Butler.Data;
using Butler.Data.Responder;
using Butler.Mailboxes;

namespace Butler.Responder.Drafts;

/// <summary>A draft of a thread, and whether its content is as Butler wrote it.</summary>
internal sealed record FoundDraft(DraftRef Draft, bool IsOurs);

/// <summary>
/// Finds a mail's draft by its thread and content; ids change when drafts are saved. Drafts that are other mails' are passed over: two
/// mails of a thread may be answered in the same words.
/// </summary>
internal sealed class DraftFinder(Database database)
{
    // A thread with more drafts than this is not one that waits for Butler's.
    private const int MaxDrafts = 20;

    /// <summary>The draft of a thread that Butler wrote, else any; null: none.</summary>
    public async Task<FoundDraft?> FindAsync(IMailbox mailbox, DueMail mail, string threadId, byte[]? hash, CancellationToken cancellationToken)
    {
        FoundDraft? any = null;
        var others = (await Replies.OthersAsync(database.DataSource, mail.Account.Id, mail.Id, cancellationToken)).Select(o => o.DraftId).ToHashSet(StringComparer.Ordinal);
        foreach (var draft in (await mailbox.ListDraftsAsync(threadId, cancellationToken)).Where(d => !others.Contains(d.DraftId)).Take(MaxDrafts))
        {
            if (await mailbox.GetDraftAsync(draft.DraftId, cancellationToken) is not { } content)
            {
                continue; // Gone between the two calls.
            }

            if (hash is not null && DraftHash.Of(content.Raw).AsSpan().SequenceEqual(hash))
            {
                return new(content.Draft, IsOurs: true);
            }

            any ??= new(content.Draft, IsOurs: false);
        }

        return any;
    }
}
