using System.Globalization;
using System.Text;
using Butler.Intelligence.Model;
using Butler.Intelligence.Text;
using Butler.Intelligence.Training;

namespace Butler.Intelligence.Evaluation;

/// <summary>
/// Scores the training method on a labelled corpus so that nothing trained on is scored: folds by thread and campaign,
/// one corpus against another, older mail against newer. The shipped model saw all of it, so it is never scored here.
/// </summary>
public sealed class TriageEvaluation
{
    /// <summary>Folds of the cross-validation.</summary>
    public const int Folds = 5;

    private readonly ModelTrainer _trainer;
    private readonly int _seed;
    private LinearModel? _request;

    /// <summary>Reads the corpus in <paramref name="data"/>.</summary>
    public TriageEvaluation(string data, int seed = ModelTrainer.DefaultSeed)
    {
        _seed = seed;
        _trainer = new ModelTrainer(data, seed);
    }

    // The request model learns from sentences only; none of them is in a mail that is scored.
    private LinearModel Request => _request ??= _trainer.TrainRequest(_trainer.Sentences);

    /// <summary>needs_reply on the gaia and langchain records, held-out folds, as the whole of triage decides (spam first).</summary>
    public IReadOnlyList<Figures> NeedsReply()
    {
        var scored = new List<(LabelledMail Mail, Scored Scored)>();
        var core = _trainer.Mails.Where(m => m.IsReplyCore).ToArray();
        for (var fold = 0; fold < Folds; fold++)
        {
            var test = core.Where(m => FoldOf(m) == fold).ToArray();
            var train = _trainer.Mails.Where(m => FoldOf(m) != fold).ToArray();
            var model = new TriageModel("fold", Request, _trainer.TrainReply(train, Request), _trainer.TrainSpam(train, Request));
            scored.AddRange(test.Select(m => (m, Score(m, model, spam: false))));
        }

        return
        [
            Figures.Of("needs_reply, gaia + langchain", [.. scored.Select(s => s.Scored)]),
            Figures.Of("needs_reply, gaia", [.. scored.Where(s => s.Mail.Source == "gaia").Select(s => s.Scored)]),
            Figures.Of("needs_reply, langchain", [.. scored.Where(s => s.Mail.Source == "langchain").Select(s => s.Scored)]),
        ];
    }

    /// <summary>What a word list alone would do: yes where a phrase that asks or a question mark stands in the new text.</summary>
    public Figures NeedsReplyByWordList() => Figures.Of("needs_reply by word list (for comparison)",
        [.. _trainer.Mails.Where(m => m.IsReplyCore).Select(m =>
        {
            var scan = TextScan.Of(m.Mail.Subject, m.Mail.NewText);
            var asks = scan.Questions + scan.CueCount(Cue.Request) + scan.CueCount(Cue.Question);
            return new Scored(asks, asks > 0, m.Reply!.Value);
        })]);

    /// <summary>Spam in held-out folds of spam-ham.</summary>
    public Figures Spam()
    {
        var scored = new List<Scored>();
        for (var fold = 0; fold < Folds; fold++)
        {
            scored.AddRange(SpamSplit(m => FoldOf(m) != fold));
        }

        return Figures.Of($"spam, {Folds} folds", scored);
    }

    /// <summary>Office mail taken for spam: once as held-out threads of a mailbox that is known, once with none of it known.</summary>
    public IReadOnlyList<Figures> OfficeMailLost()
    {
        var known = new List<Scored>();
        for (var fold = 0; fold < Folds; fold++)
        {
            known.AddRange(Split(m => FoldOf(m) != fold, m => m.Source == MailCorpus.Office));
        }

        return
        [
            Figures.Of("office mail as spam, mailbox known", known),
            Figures.Of("office mail as spam, mailbox unknown", [.. Split(m => m.Source != MailCorpus.Office, m => m.Source == MailCorpus.Office)]),
        ];
    }

    /// <summary>Spam, trained on the older 70 % of the real mails and scored on the newer rest, no thread in both.</summary>
    public Figures SpamInTimeOrder()
    {
        var dated = _trainer.Mails.Where(m => m.IsSpamCore && m.Date is not null).OrderBy(m => m.Date).ToArray();
        var cut = dated[(int)(dated.Length * 0.7)].Date;
        var older = _trainer.Mails.Where(m => m.IsSpamCore && (m.Date is null || m.Date < cut)).Select(m => m.Group).ToHashSet();
        return Figures.Of("spam, older 70 % -> newer 30 %", [.. SpamSplit(m => !m.IsSpamCore || older.Contains(m.Group))]);
    }

    /// <summary>Spam, trained on SpamAssassin and the lists, scored on CSDMC2010: other years, other owners.</summary>
    public Figures SpamAcrossCorpora()
    {
        var known = _trainer.Mails.Where(m => m.IsSpamCore && !m.Source.EndsWith("csdmc2010", StringComparison.Ordinal)).Select(m => m.Group).ToHashSet();
        return Figures.Of("spam, SpamAssassin + lists -> CSDMC2010",
            [.. SpamSplit(m => !m.IsSpamCore || known.Contains(m.Group))]);
    }

    /// <summary>Sentences that ask: ParakweetLabs' own test set, trained on its training set and BC3.</summary>
    public Figures Requests()
    {
        var model = _trainer.TrainRequest(_trainer.Sentences.Where(s => !s.IsTest));
        var vector = new FeatureVector(FeatureExtractor.SentenceNamed);
        var scored = new List<Scored>();
        foreach (var sentence in _trainer.Sentences.Where(s => s.IsTest))
        {
            var score = ModelTrainer.Vector(sentence.Text, vector) ? Sigmoid.Of(model.LogOdds(vector, 1, out _)) : 0;
            scored.Add(new Scored(score, score >= 0.5, sentence.Asks));
        }

        return Figures.Of("requests by sentence, ParakweetLabs test set", scored);
    }

    /// <summary>All figures.</summary>
    public IReadOnlyList<Figures> All() => [Spam(), SpamInTimeOrder(), SpamAcrossCorpora(), .. OfficeMailLost(), .. NeedsReply(), NeedsReplyByWordList(), Requests()];

    /// <summary>The figures as a Markdown table.</summary>
    public static string Table(IEnumerable<Figures> figures)
    {
        var text = new StringBuilder("| measured | yes | no | precision (95 %) | recall (95 %) | F1 | ROC area | loss at 98 % caught |\n|---|---:|---:|---|---|---:|---:|---:|\n");
        foreach (var f in figures)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {f.Name} | {f.TruePositives + f.FalseNegatives} | {f.FalsePositives + f.TrueNegatives} | {f.Precision:F3} ({f.PrecisionInterval.Low:F2}–{f.PrecisionInterval.High:F2}) | {f.Recall:F3} ({f.RecallInterval.Low:F2}–{f.RecallInterval.High:F2}) | {f.F1:F3} | {f.RocArea:F4} | {f.LossAt98:P1} |\n");
        }

        return text.ToString();
    }

    private IEnumerable<Scored> SpamSplit(Func<LabelledMail, bool> trains) => Split(trains, m => m.IsSpamCore);

    private IEnumerable<Scored> Split(Func<LabelledMail, bool> trains, Func<LabelledMail, bool> tests)
    {
        var spam = _trainer.TrainSpam(_trainer.Mails.Where(trains), Request);
        var model = new TriageModel("split", Request, spam, spam);
        return _trainer.Mails.Where(m => tests(m) && !trains(m)).Select(m => Score(m, model, spam: true));
    }

    private int FoldOf(LabelledMail mail) => LogisticTrainer.FoldOf(mail.Group, Folds, _seed + 1);

    private static Scored Score(LabelledMail mail, TriageModel model, bool spam)
    {
        var scan = SentenceScorer.Scan(mail.Mail.Subject, mail.Mail.NewText, model.Request);
        var (replyOdds, spamOdds) = LocalTriage.Odds(mail.Mail, scan, model, out _, out _, out _);
        if (spam)
        {
            return new Scored(spamOdds, Sigmoid.Of(spamOdds) >= LocalTriage.SpamThreshold, mail.Spam!.Value);
        }

        var category = LocalTriage.Decide(Sigmoid.Of(replyOdds), Sigmoid.Of(spamOdds));
        return new Scored(replyOdds, category == Category.NeedsReply, mail.Reply!.Value);
    }
}
