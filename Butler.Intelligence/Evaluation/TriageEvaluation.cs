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

    /// <summary>What was read.</summary>
    internal ModelTrainer Trainer => _trainer;

    /// <summary>Reads the corpus in <paramref name="data"/>.</summary>
    public TriageEvaluation(string data, int seed = ModelTrainer.DefaultSeed)
    {
        _seed = seed;
        _trainer = new ModelTrainer(data, seed);
    }

    // The request model learns from sentences only; none of them is in a mail that is scored.
    private LinearModel Request => _request ??= _trainer.TrainRequest(_trainer.Sentences);

    /// <summary>needs_reply on the gaia and langchain records, held-out folds, as the whole of triage decides (spam first).</summary>
    public IReadOnlyList<EvaluationRow> NeedsReply()
    {
        var scored = new List<(LabelledMail Mail, Scored Scored)>();
        var core = _trainer.Mails.Where(m => m.IsReplyCore).ToArray();
        for (var fold = 0; fold < Folds; fold++)
        {
            var test = core.Where(m => FoldOf(m) == fold).ToArray();
            var train = _trainer.Mails.Where(m => FoldOf(m) != fold).ToArray();
            var model = new TriageModel("fold", Request, _trainer.TrainReply(train, Request), _trainer.TrainSpam(train, Request));
            scored.AddRange(test.Select(m => (m, Score(m, model))));
        }

        return scored.Count == 0 ? [] :
        [
            Row($"{Folds} folds", scored.Select(s => s.Scored)),
            .. scored.GroupBy(s => s.Mail.Source).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => Row($"{Folds} folds, {g.Key}", g.Select(s => s.Scored))),
            Row("by word list, for comparison", core.Select(WordList)),
        ];
    }

    /// <summary>What a word list alone would do: yes where a phrase that asks or a question mark stands in the new text.</summary>
    internal static Scored WordList(LabelledMail mail)
    {
        var scan = TextScan.Of(mail.Mail.Subject, mail.Mail.NewText);
        var asks = scan.Questions + scan.CueCount(Cue.Request) + scan.CueCount(Cue.Question);
        return new Scored(asks, asks > 0, mail.Reply!.Value);
    }

    private static EvaluationRow Row(string name, IEnumerable<Scored> scored) => new("needs_reply", name) { Figures = Figures.Of(name, [.. scored]) };

    /// <summary>Spam on every split that the folder allows; next to another filter where one is given.</summary>
    public IReadOnlyList<EvaluationRow> Spam(ISpamPeer? peer = null) => [.. new SpamEvaluation(_trainer, Request, _seed, peer).Rows()];

    /// <summary>Spam where only threads are kept apart: earlier issues and copies may have been seen, as in a mailbox in use.</summary>
    public IReadOnlyList<EvaluationRow> SpamByThread(ISpamPeer? peer = null) => [.. new SpamByThread(_trainer, Request, _seed, peer).Rows()];

    /// <summary>Sentences that ask: ParakweetLabs' own test set, trained on its training set and BC3.</summary>
    public EvaluationRow? Requests()
    {
        if (!_trainer.Sentences.Any(s => s.IsTest) || !_trainer.Sentences.Any(s => !s.IsTest && s.Asks))
        {
            return null;
        }

        var model = _trainer.TrainRequest(_trainer.Sentences.Where(s => !s.IsTest));
        var vector = new FeatureVector(FeatureExtractor.SentenceNamed);
        var scored = new List<Scored>();
        foreach (var sentence in _trainer.Sentences.Where(s => s.IsTest))
        {
            var score = ModelTrainer.Vector(sentence.Text, vector) ? Sigmoid.Of(model.LogOdds(vector, 1, out _)) : 0;
            scored.Add(new Scored(score, score >= 0.5, sentence.Asks));
        }

        return new EvaluationRow("requests by sentence", "ParakweetLabs test set") { Figures = Figures.Of("requests", scored) };
    }

    private int FoldOf(LabelledMail mail) => LogisticTrainer.FoldOf(mail.Group, Folds, _seed + 1);

    /// <summary>One mail's needs_reply score, as the whole of triage decides.</summary>
    internal static Scored Score(LabelledMail mail, TriageModel model)
    {
        var scan = SentenceScorer.Scan(mail.Mail.Subject, mail.Mail.NewText, model.Request);
        var (reply, spam) = LocalTriage.Odds(mail.Mail, scan, model, out _, out _, out _);
        var category = LocalTriage.Decide(Sigmoid.Of(reply), Sigmoid.Of(spam));
        return new Scored(reply, category == Category.NeedsReply, mail.Reply!.Value);
    }
}
