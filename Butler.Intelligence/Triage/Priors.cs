using Butler.Intelligence.Text;

namespace Butler.Intelligence.Triage;

/// <summary>
/// What is known but cannot be learnt from the corpora: they hold no owner's own mail, no provider labels, few
/// authentication results. Log-odds added to the trained score, each listed in docs/models.md.
/// </summary>
internal static class Priors
{
    public static readonly (Func<MailFeatures, bool> When, float Reply, float Spam, string Words)[] All =
    [
        (m => m.IsFromOwner, -8f, -6f, "written by the owner"),
        (m => m.AnsweredInThread, -6f, -1f, "already answered by the owner"),
        (m => m.IsAutoReply, -4f, -1f, "an automatic answer"),
        (m => m.IsNoReply, -1.5f, 0f, "sent from an address that takes no answers"),
        (m => m.IsBulk, -1.5f, 0f, "bulk mail by its headers"),
        (m => m.HasListUnsubscribe, -1.5f, 0f, "offers to unsubscribe"),
        (m => m.IsList, -1.2f, 0f, "came through a mailing list"),
        (m => Has(m, "SPAM"), -4f, 5f, "the provider filed it as spam"),
        (m => Has(m, "CATEGORY_PROMOTIONS"), -2f, 0.3f, "the provider filed it as promotion"),
        (m => Has(m, "CATEGORY_SOCIAL") || Has(m, "CATEGORY_FORUMS"), -2f, -0.5f, "the provider filed it as social or forum"),
        (m => Has(m, "IMPORTANT") || Has(m, "STARRED"), 0.3f, -1f, "the provider or the owner marked it"),
        (m => m.HasCalendar, 0.5f, -1f, "carries a calendar event"),
        (m => Is(m.Dmarc, "fail"), -0.3f, 1.2f, "fails DMARC"),
        (m => Is(m.Spf, "fail"), 0f, 0.7f, "fails SPF"),
        (m => Is(m.Dkim, "fail"), 0f, 0.5f, "fails DKIM"),
        (m => Is(m.Dmarc, "pass"), 0f, -0.4f, "passes DMARC"),
        (m => Is(m.Spf, "softfail"), 0f, 0.4f, "fails SPF softly"),
        (IsUnvouched, 0f, 1f, "nothing shows who sent it"),
        (m => SenderShape.IsGivenAway(m.From.Address), 0f, 0.8f, "sent from a domain that anybody gets for nothing"),
        (m => SenderShape.BorrowsBrand(m.From), -1f, 2.5f, "the sender's name is a company's that its address does not name"),
        (m => SenderShape.IsDisguised(m.From), -1f, 2f, "the sender's name is written in letters that look like others"),
        (m => Disguise.In(m.Subject), 0f, 0.8f, "the subject is written in letters that look like others"),
        (m => SenderShape.HasNoDomain(m.From.Address), 0f, 1f, "the sender's address has no domain"),
        (m => SenderShape.IsCheap(SenderShape.Domain(m.From.Address)), 0f, 0.6f, "sent from a kind of domain that costs next to nothing"),
        (LinksToCheap, 0f, 0.8f, "links to a kind of domain that costs next to nothing"),
        (m => m.From.Name.AsSpan().IndexOfAny('\u2122', '\u00AE') >= 0, 0f, 0.5f, "the sender's name carries a trade mark sign"),
        (SubjectNamesReceiver, 0f, 0.7f, "the subject holds the receiver's address"),
    ];

    // Big providers take no mail any more for which neither SPF nor DKIM speaks. What comes through a list is the list's to vouch for.
    private static bool IsUnvouched(MailFeatures mail) =>
        mail.Spf is not null && !mail.IsList && !Is(mail.Spf, "pass") && !Is(mail.Dkim, "pass") && !Is(mail.Dmarc, "pass");

    private static bool LinksToCheap(MailFeatures mail)
    {
        const string Kind = "url:tld=";
        for (var i = 0; i < mail.Shape.Count; i++)
        {
            var word = mail.Shape[i];
            if (word.StartsWith(Kind, StringComparison.Ordinal) && SenderShape.IsCheap(word.AsSpan(Kind.Length)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool SubjectNamesReceiver(MailFeatures mail)
    {
        if (!mail.Subject.Contains('@', StringComparison.Ordinal))
        {
            return false;
        }

        for (var i = 0; i < mail.To.Count; i++)
        {
            if (mail.To[i].Length > 5 && mail.Subject.Contains(mail.To[i], StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Has(MailFeatures mail, string label)
    {
        for (var i = 0; i < mail.Labels.Count; i++)
        {
            if (mail.Labels[i] == label)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Is(string? result, string value) => string.Equals(result, value, StringComparison.OrdinalIgnoreCase);
}
