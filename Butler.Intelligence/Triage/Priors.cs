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
        (m => Is(m.Spf, "none") && Is(m.Dkim, "none") && Is(m.Dmarc, "none"), 0f, 0.6f, "shows nothing of who sent it"),
        (m => SenderShape.IsGivenAway(m.From.Address), 0f, 0.8f, "sent from a domain that anybody gets for nothing"),
        (m => SenderShape.BorrowsBrand(m.From), -1f, 2.5f, "the sender's name is a company's that its address does not name"),
    ];

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
