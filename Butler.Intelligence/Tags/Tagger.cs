using Butler.Intelligence.Text;

namespace Butler.Intelligence;

/// <summary>Tags of a closed set; what each means stands in docs/models.md.</summary>
public static class Tagger
{
    /// <summary>At most so many tags per mail, the strongest first.</summary>
    public const int MaxTags = 4;

    private static readonly (string Tag, Cue Cue)[] ByCue =
    [
        ("work", Cue.Work), ("personal", Cue.Personal), ("finance", Cue.Money), ("receipt", Cue.Receipt),
        ("travel", Cue.Travel), ("shipping", Cue.Shipping), ("security", Cue.Security), ("social", Cue.Social),
        ("newsletter", Cue.Newsletter), ("promotion", Cue.Marketing), ("calendar", Cue.Calendar),
    ];

    /// <summary>What each tag means, in the order of <see cref="All"/>.</summary>
    public static IReadOnlyList<(string Tag, string Meaning)> Meanings { get; } =
    [
        ("work", "business of the owner's job or profession: colleagues, customers, projects, contracts"),
        ("personal", "written by one person to another about private life: family, friends, home"),
        ("finance", "invoices, bank and card notices, taxes, loans, pay, insurance, statements"),
        ("receipt", "confirms an order or a payment that was made"),
        ("travel", "flights, trains, hotels, bookings, itineraries"),
        ("shipping", "parcels on their way: sent, tracked, delivered"),
        ("security", "codes, sign-ins, passwords, security notices of accounts"),
        ("social", "notices of social networks and communities: contacts, comments, invitations to connect"),
        ("newsletter", "an issue of something the owner subscribed to: news, digests"),
        ("promotion", "advertising: offers, sales, discounts"),
        ("calendar", "meetings, appointments and events with a time"),
        ("mailing-list", "discussion or announcements on a mailing list"),
        ("automated", "written by a program, not by a person"),
        ("support", "help with a product or service: tickets, complaints, questions to customer service"),
        ("attachment", "carries files"),
    ];

    /// <summary>Every tag there is.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Meanings.Select(t => t.Tag)];

    /// <summary>The tags of a mail, strongest first; empty when nothing is clear.</summary>
    public static IReadOnlyList<string> Tag(MailFeatures mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        return Tag(mail, TextScan.Of(mail.Subject, mail.NewText));
    }

    internal static IReadOnlyList<string> Tag(MailFeatures mail, TextScan scan)
    {
        var scored = new List<(double Score, string Tag)>(6);
        // Long texts mention everything once; a tag needs about one phrase in 80 words.
        var length = 1 + (scan.TokenCount / 80.0);
        foreach (var (tag, cue) in ByCue)
        {
            var score = (scan.CueCount(cue) / length) + InSubject(scan, cue) + FromHeaders(mail, tag);
            if (score >= (tag is "work" or "personal" ? 1.3 : 1.0))
            {
                scored.Add((score, tag));
            }
        }

        Add(scored, mail.IsList && !mail.HasListUnsubscribe ? 1.5 : mail.IsList ? 0.9 : 0, "mailing-list");
        Add(scored, mail.IsAutoReply ? 3 : mail.IsNoReply ? 1.1 : 0, "automated");
        Add(scored, (scan.CueCount(Cue.Complaint) / length) + (SenderShape.Role(mail.From.Address) == SenderRole.Support ? 1 : 0), "support");
        Add(scored, mail.HasAttachments ? 0.91 : 0, "attachment");
        scored.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : string.CompareOrdinal(a.Tag, b.Tag));
        return [.. scored.Take(MaxTags).Select(s => s.Tag)];
    }

    private static void Add(List<(double, string)> scored, double score, string tag)
    {
        if (score >= 0.9)
        {
            scored.Add((score, tag));
        }
    }

    private static double InSubject(TextScan scan, Cue cue)
    {
        foreach (ref var s in scan.Sentences)
        {
            if (s.InSubject && s.Has(cue))
            {
                return 0.8;
            }
        }

        return 0;
    }

    private static double FromHeaders(MailFeatures mail, string tag) => tag switch
    {
        "newsletter" when mail.HasListUnsubscribe && mail.IsBulk => 0.9,
        "newsletter" when mail.HasListUnsubscribe => 0.5,
        "newsletter" or "promotion" when mail.Labels.Contains("CATEGORY_PROMOTIONS") => 0.8,
        "social" when mail.Labels.Contains("CATEGORY_SOCIAL") => 1.2,
        "calendar" when mail.HasCalendar => 2,
        "personal" when SenderShape.IsFreeMail(mail.From.Address) => 0.5,
        "work" when SenderShape.SharesDomainWithOwner(mail) => 0.8,
        _ => 0,
    };
}
