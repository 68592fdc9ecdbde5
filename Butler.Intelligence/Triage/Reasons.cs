using Butler.Intelligence.Model;
using Butler.Intelligence.Text;

namespace Butler.Intelligence.Triage;

/// <summary>Says in words which features weighed most for a verdict. Only public phrases, never words of the mail.</summary>
internal static class Reasons
{
    private const int Most = 6;
    private const double Least = 0.1;
    private static readonly int ShapeStart = NamedLayout.Count + 1 + Priors.All.Length;

    private static readonly string[] CueWords =
    [
        "asks for something", "asks a question", "is about meeting or calling", "invites", "thanks", "complains",
        "names a deadline", "says no answer is needed", "advertises", "is about money", "is a receipt or order",
        "is about travel", "is about a delivery", "is about signing in", "comes from a social network", "reads like a newsletter",
        "is personal", "is about work", "is a calendar notice", "uses phrases of fraud", "offers to unsubscribe",
        "confirms something", "promises to come back", "greets", "closes like a letter", "demands an action",
    ];

    private static readonly string[] SignWords =
    [
        "a question in the text", "several questions", "a question in the subject", "a sentence that asks for an answer or action",
        "several sentences that ask", "the request stands at the end", "the request is a question", "no links", "a link", "many links",
        "sums of money", "exclamation marks", "many exclamation marks", "mostly capital letters", "a short text", "a long text", "no text",
        "a free-mail sender", "an odd sender domain", "a sender of the owner's organisation", "a sender with a person's name",
        "a sender without a name", "addressed to the owner alone", "addressed to the owner", "the owner is only in copy",
        "not addressed to the owner", "many recipients", "greets the owner by name", "answers an earlier mail", "a forwarded mail",
        "mailing list headers", "bulk headers", "an automatic answer", "a no-reply sender", "part of a thread", "an unsubscribe header",
        "has attachments", "a calendar event",
    ];

    private static readonly string[] RoleWords =
    [
        "the sender's address is a person's", "the sender's address is automatic", "the sender's address is a marketing one",
        "the sender's address is a billing one", "the sender's address is a support desk", "the sender's address is a shared one",
        "the sender's address looks generated",
    ];

    public static VerdictFeature[] Of(
        Category category, MailFeatures mail, TextScan scan, FeatureVector vector, TriageModel model, double replyWords, double spamWords)
    {
        Span<(double Weight, int Feature)> top = stackalloc (double, int)[Most];
        top.Clear();
        var (reply, spam) = category switch
        {
            Category.Spam => (0f, 1f),
            Category.NeedsReply => (1f, -0.3f),
            _ => (-1f, -0.3f),
        };
        for (var i = 0; i < NamedLayout.Count; i++)
        {
            var value = vector.Named[i];
            if (value != 0)
            {
                var weight = value * ((reply * model.Reply.Slope * model.Reply.Named[i]) + (spam * model.Spam.Slope * model.Spam.Named[i]));
                Insert(top, weight, i);
            }
        }

        Insert(top, (reply * replyWords) + (spam * spamWords), NamedLayout.Count);
        for (var p = 0; p < Priors.All.Length; p++)
        {
            var prior = Priors.All[p];
            if (prior.When(mail))
            {
                Insert(top, (reply * prior.Reply) + (spam * prior.Spam), NamedLayout.Count + 1 + p);
            }
        }

        // Only whether it is spam hangs on how a mail is made.
        Span<double> shape = stackalloc double[ShapeGroups.Count];
        shape.Clear();
        foreach (var word in mail.Shape)
        {
            shape[ShapeGroups.Of(word)] += spam * model.Spam.ShapeWeight(FeatureVector.Index(FeatureExtractor.ShapeHash(word)), vector.ShapeNorm);
        }

        for (var group = 0; group < shape.Length; group++)
        {
            Insert(top, shape[group], ShapeStart + group);
        }

        var count = 0;
        while (count < Most && top[count].Weight >= Least)
        {
            count++;
        }

        var features = new VerdictFeature[count];
        for (var i = 0; i < count; i++)
        {
            features[i] = new(Words(top[i].Feature, scan, category), Math.Round(top[i].Weight, 3));
        }

        return features;
    }

    /// <summary>The first features as one line.</summary>
    public static string InWords(ReadOnlySpan<VerdictFeature> features) => features.Length switch
    {
        0 => "no single feature stands out",
        1 => features[0].Name,
        2 => $"{features[0].Name}; {features[1].Name}",
        _ => $"{features[0].Name}; {features[1].Name}; {features[2].Name}",
    };

    private static void Insert(Span<(double Weight, int Feature)> top, double weight, int feature)
    {
        for (var at = 0; at < top.Length; at++)
        {
            if (weight > top[at].Weight)
            {
                top[at..^1].CopyTo(top[(at + 1)..]);
                top[at] = (weight, feature);
                return;
            }
        }
    }

    private static string Words(int feature, TextScan scan, Category category)
    {
        if (feature < NamedLayout.RoleStart)
        {
            return SignWords[feature];
        }

        if (feature < NamedLayout.CueStart)
        {
            return RoleWords[feature - NamedLayout.RoleStart];
        }

        if (feature < NamedLayout.Count)
        {
            var inSubject = feature >= NamedLayout.SubjectCueStart;
            var cue = feature - (inSubject ? NamedLayout.SubjectCueStart : NamedLayout.CueStart);
            var phrase = scan.CuePhrase((Cue)cue);
            return inSubject ? $"the subject {CueWords[cue]}" : phrase is null ? CueWords[cue] : $"{CueWords[cue]} (\"{phrase}\")";
        }

        if (feature >= ShapeStart)
        {
            return ShapeGroups.Words(feature - ShapeStart, category == Category.Spam);
        }

        return feature > NamedLayout.Count ? Priors.All[feature - NamedLayout.Count - 1].Words : category switch
        {
            Category.Spam => "wording typical of spam",
            Category.NeedsReply => "wording typical of mail that waits for an answer",
            _ => "wording typical of mail that needs no answer",
        };
    }
}
