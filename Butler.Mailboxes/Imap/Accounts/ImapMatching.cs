namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>A mail seen in a place where none was known.</summary>
/// <param name="Place">Its place, with the id it has unless it is a known mail.</param>
/// <param name="MessageId">Its Message-ID; null when it has none or headers were not read.</param>
/// <param name="IsNamed">Whether the id is the server's, which says all about identity.</param>
internal sealed record FreshMail(ImapPlace Place, string? MessageId, bool IsNamed);

/// <summary>
/// Knows mails again that lie elsewhere now: by Message-ID, size and INTERNALDATE; where a server gave new dates (a restored backup) by
/// Message-ID and size; without a Message-ID by size and date. Each known mail is used once. What is not known again gets a new id, and
/// the hash of its bytes decides when it is stored.
/// </summary>
internal static class ImapMatching
{
    /// <param name="fresh">Mails in new places.</param>
    /// <param name="vanished">Places that are empty now, the first candidates.</param>
    /// <param name="stored">Message-IDs of vanished mails.</param>
    /// <param name="same">Stored mails with a Message-ID of a fresh one, wherever they lie: a copy, or a move seen half.</param>
    /// <returns>The id of a known mail for each fresh one that is one.</returns>
    public static Dictionary<FreshMail, string> Match(
        IReadOnlyList<FreshMail> fresh, IReadOnlyList<ImapPlace> vanished, IReadOnlyList<ImapIdentity> stored, IReadOnlyList<ImapIdentity> same)
    {
        var matches = new Dictionary<FreshMail, string>(ReferenceEqualityComparer.Instance);
        var messageIds = stored.GroupBy(s => s.Id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First().MessageId, StringComparer.Ordinal);
        var candidates = vanished.OrderBy(v => v.FolderId).ThenBy(v => v.Uid).ToList();
        var open = fresh.Where(f => !f.IsNamed).OrderBy(f => f.Place.FolderId).ThenBy(f => f.Place.Uid).ToList();

        // Size and date of a vanished mail that is not stored are all that is known of it.
        Pass(f => (f.MessageId, f.Place.Size, Second(f.Place.InternalDate)), v => messageIds.TryGetValue(v.Id, out var m) ? (m, v.Size, Second(v.InternalDate)) : null);
        Pass(f => f.MessageId is { } m ? (m, f.Place.Size, 0L) : null, v => messageIds.TryGetValue(v.Id, out var m) ? (m, v.Size, 0L) : null);
        Pass(f => (null, f.Place.Size, Second(f.Place.InternalDate)), v => messageIds.ContainsKey(v.Id) ? null : (null, v.Size, Second(v.InternalDate)));
        var known = same.GroupBy(s => ((string?)s.MessageId, s.Size, Second(s.InternalDate))).ToDictionary(g => g.Key, g => g.First().Id);
        foreach (var mail in open.Where(f => f.MessageId is not null))
        {
            if (known.TryGetValue((mail.MessageId, mail.Place.Size, Second(mail.Place.InternalDate)), out var id))
            {
                matches[mail] = id;
            }
        }

        return matches;

        void Pass(Func<FreshMail, (string?, long, long)?> ofFresh, Func<ImapPlace, (string?, long, long)?> ofVanished)
        {
            var byKey = new Dictionary<(string?, long, long), Queue<ImapPlace>>();
            foreach (var place in candidates)
            {
                if (ofVanished(place) is { } key)
                {
                    (byKey.TryGetValue(key, out var queue) ? queue : byKey[key] = new()).Enqueue(place);
                }
            }

            var used = new HashSet<ImapPlace>(ReferenceEqualityComparer.Instance);
            open.RemoveAll(f =>
            {
                if (ofFresh(f) is not { } key || !byKey.TryGetValue(key, out var queue) || !queue.TryDequeue(out var place))
                {
                    return false;
                }

                used.Add(place);
                matches[f] = place.Id;
                return true;
            });
            candidates.RemoveAll(used.Contains);
        }
    }

    private static long Second(DateTimeOffset time) => time.ToUnixTimeSeconds();
}
