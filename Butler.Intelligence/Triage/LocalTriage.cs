using Butler.Intelligence.Model;
using Butler.Intelligence.Text;
using Butler.Intelligence.Triage;

namespace Butler.Intelligence;

/// <summary>
/// Judges a mail on this machine in well under a millisecond: trained linear models over words, phrases, sender and
/// addressing, plus documented priors for what the corpora cannot teach. Safe to call from many threads.
/// </summary>
public static class LocalTriage
{
    /// <summary>
    /// A mail is spam from this calibrated probability on. Far above one half: on kinds of mail that the corpora do not hold the
    /// probability is too sure of itself (docs/quality.md), and a lost mail costs more than a seen one.
    /// </summary>
    public const double SpamThreshold = 0.9;

    /// <summary>A mail needs a reply from this calibrated probability on.</summary>
    public const double ReplyThreshold = 0.5;

    [ThreadStatic]
    private static FeatureVector? _vector;

    /// <summary>The name and version of the shipped model, as stored with each verdict.</summary>
    public static string ModelName => TriageModel.Shipped.Version;

    /// <summary>The verdict on a mail.</summary>
    public static Verdict Judge(MailFeatures mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        return Judge(mail, SentenceScorer.Scan(mail.Subject, mail.NewText), TriageModel.Shipped);
    }

    /// <summary>Verdict, summary, tags, language and intent from one reading; what a batch should call.</summary>
    public static Understanding Understand(MailFeatures mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        var scan = SentenceScorer.Scan(mail.Subject, mail.NewText);
        return new Understanding(
            Judge(mail, scan, TriageModel.Shipped),
            Summarizer.Summarize(scan, mail.Subject, mail.NewText),
            Tagger.Tag(mail, scan),
            scan.Language,
            IntentGuess.Of(scan, mail.NewText));
    }

    internal static Verdict Judge(MailFeatures mail, TextScan scan, TriageModel model)
    {
        var (reply, spam) = Odds(mail, scan, model, out var vector, out var replyWords, out var spamWords);
        var (pReply, pSpam) = (Sigmoid.Of(reply), Sigmoid.Of(spam));
        var category = Decide(pReply, pSpam);
        var confidence = category switch
        {
            Category.Spam => pSpam,
            Category.NeedsReply => pReply * (1 - pSpam),
            _ => (1 - pReply) * (1 - pSpam),
        };
        var features = Reasons.Of(category, mail, scan, vector, model, replyWords, spamWords);
        return new Verdict(category, Math.Clamp(confidence, 0.01, 0.99), Reasons.InWords(features), model.Version) { Features = features };
    }

    internal static Category Decide(double reply, double spam) =>
        spam >= SpamThreshold ? Category.Spam : reply >= ReplyThreshold ? Category.NeedsReply : Category.Informational;

    /// <summary>Calibrated log-odds, priors included.</summary>
    internal static (double Reply, double Spam) Odds(
        MailFeatures mail, TextScan scan, TriageModel model, out FeatureVector vector, out double replyWords, out double spamWords)
    {
        vector = _vector ??= new FeatureVector(NamedLayout.Count);
        FeatureExtractor.Mail(mail, scan, vector);
        var reply = model.Reply.LogOdds(vector, scan.WordShare, out replyWords);
        var spam = model.Spam.LogOdds(vector, scan.SpamShare, out spamWords);
        foreach (var prior in Priors.All)
        {
            if (prior.When(mail))
            {
                reply += prior.Reply;
                spam += prior.Spam;
            }
        }

        return (reply, spam);
    }
}

/// <summary>Everything local reading finds in a mail.</summary>
/// <param name="Verdict">The category with its reason.</param>
/// <param name="Summary">One or two of the sender's sentences.</param>
/// <param name="Tags">Tags of the closed set, strongest first.</param>
/// <param name="Language">ISO 639-1 code or "und".</param>
/// <param name="Intent">What an answer must speak to.</param>
public sealed record Understanding(Verdict Verdict, string Summary, IReadOnlyList<string> Tags, string Language, IntentResult Intent);
