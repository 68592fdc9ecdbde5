using System.Collections.Frozen;
using Butler.Intelligence.Text;

namespace Butler.Intelligence;

/// <summary>Tags of a closed set; what each means stands in <see cref="Meanings"/>.</summary>
public static class Tagger
{
    /// <summary>At most so many tags per mail, the strongest first.</summary>
    public const int MaxTags = 4;

    // Characters of the text whose words speak for a tag: what a mail is stands at its beginning.
    private const int Head = 2_000;
    private const double Own = 0.3;
    private const int FewWords = 50;
    private const double OwnInSubject = 0.4;

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

    private static readonly FrozenDictionary<string, int> Places = All.Select((t, i) => (t, i)).ToFrozenDictionary(t => t.t, t => t.i, StringComparer.Ordinal);

    /// <summary>The tags of a mail, strongest first; empty when nothing is clear.</summary>
    public static IReadOnlyList<string> Tag(MailFeatures mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        return Tag(mail, TextScan.Of(mail.Subject, mail.NewText));
    }

    internal static IReadOnlyList<string> Tag(MailFeatures mail, TextScan scan)
    {
        Span<int> subject = stackalloc int[Meanings.Count];
        Span<int> head = stackalloc int[Meanings.Count];
        subject.Clear();
        head.Clear();
        TagWords.Count(TagText.Fold(mail.Subject), subject);
        TagWords.Count(TagText.Fold(mail.NewText.Length > Head ? mail.NewText[..Head] : mail.NewText), head);
        var kind = new MailKind(mail, scan);
        Span<double> scores = stackalloc double[Meanings.Count];
        for (var i = 0; i < scores.Length; i++)
        {
            // In a notice of a few lines each word says more.
            scores[i] = ((scan.TokenCount < FewWords ? 2 : 1) * Own * Math.Min(head[i], 4)) + (OwnInSubject * Math.Min(subject[i], 2));
        }

        // Long texts mention everything once; a tag needs about one phrase in 80 words, of the whole or of its beginning.
        var length = 1 + (scan.TokenCount / 80.0);
        foreach (var (tag, cue) in ByCue)
        {
            scores[Place(tag)] += Math.Min(2, scan.CueCount(cue) / length) + (InSubject(scan, cue) ? 0.6 : 0);
        }

        kind.Weigh(scores);
        var given = new List<(double Score, string Tag)>(6);
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] >= 1)
            {
                given.Add((scores[i], All[i]));
            }
        }

        given.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : string.CompareOrdinal(a.Tag, b.Tag));
        return [.. given.Take(MaxTags).Select(s => s.Tag)];
    }

    internal static int Place(string tag) => Places[tag];

    private static bool InSubject(TextScan scan, Cue cue)
    {
        foreach (ref var s in scan.Sentences)
        {
            if (s.InSubject && s.Has(cue))
            {
                return true;
            }
        }

        return false;
    }
}
