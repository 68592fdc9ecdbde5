using Butler.Mailboxes;

namespace Butler.Responder.Drafts;

/// <summary>A draft of a thread, and whether its content is as Butler wrote it.</summary>
internal sealed record FoundDraft(DraftRef Draft, bool IsOurs);

/// <summary>Finds a draft by its thread and content; ids change when drafts are saved.</summary>
internal sealed class DraftFinder
{
    // A thread with more drafts than this is not one that waits for Butler's.
    private const int MaxDrafts = 20;

    /// <summary>The draft of a thread that Butler wrote, else any; null: none.</summary>
    /// <param name="mailbox">The mailbox.</param>
    /// <param name="threadId">The thread.</param>
    /// <param name="hash">The hash of what Butler wrote.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="others">Draft ids that are other mails' and are passed over.</param>
    public async Task<FoundDraft?> FindAsync(IMailbox mailbox, string threadId, byte[]? hash, CancellationToken cancellationToken, IReadOnlySet<string>? others = null)
    {
        FoundDraft? any = null;
        foreach (var draft in (await mailbox.ListDraftsAsync(threadId, cancellationToken)).Where(d => others?.Contains(d.DraftId) != true).Take(MaxDrafts))
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
