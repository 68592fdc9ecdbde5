using Butler.Intelligence.Model;
using Butler.Intelligence.Text;
using Butler.Intelligence.Training;

namespace Butler.Intelligence.Evaluation;

/// <summary>Spam, scored by models trained anew for each split, next to another filter on the same split.</summary>
internal sealed class SpamEvaluation(ModelTrainer trainer, LinearModel request, int seed, ISpamPeer? peer)
{
    private const int Folds = TriageEvaluation.Folds;
    private const int Least = 20;

    /// <summary>All splits that the folder allows.</summary>
    public IEnumerable<EvaluationRow> Rows()
    {
        var core = trainer.Mails.Where(m => m.IsSpamCore).ToArray();
        if (core.Count(m => m.Spam == true) < Least || core.Count(m => m.Spam == false) < Least)
        {
            yield break;
        }

        foreach (var row in Folded())
        {
            yield return row;
        }

        foreach (var (name, trains) in Splits(core))
        {
            var (butler, same, other) = Split(trains);
            foreach (var row in Compare(name, butler, same, other))
            {
                yield return row;
            }
        }

        foreach (var source in core.Where(m => m.Spam == false).Select(m => m.Source).Append(MailCorpus.Office).Distinct().Order(StringComparer.Ordinal))
        {
            var model = Model(m => m.Source != source);
            var lost = trainer.Mails.Where(m => m.Source == source && m.Spam == false).Select(m => Score(m, model)).ToArray();
            if (lost.Length >= Least)
            {
                yield return new EvaluationRow("spam", $"ham of a kind never seen kept, {source}") { Share = new Share(lost.Count(s => !s.Yes), lost.Length) };
            }
        }
    }

    private IEnumerable<EvaluationRow> Folded()
    {
        var (butler, same, other) = (new List<Scored>(), new List<Scored>(), new List<Scored>());
        for (var fold = 0; fold < Folds; fold++)
        {
            var of = fold;
            var part = Split(m => FoldOf(m) != of);
            butler.AddRange(part.Butler);
            same.AddRange(part.Same);
            other.AddRange(part.Other);
        }

        return Compare($"{Folds} folds", butler, same, other);
    }

    private IEnumerable<(string Name, Func<LabelledMail, bool> Trains)> Splits(LabelledMail[] core)
    {
        var dated = core.Where(m => m.Date is not null).OrderBy(m => m.Date).ToArray();
        if (dated.Length >= 4 * Least)
        {
            var cut = dated[(int)(dated.Length * 0.7)].Date;
            var older = core.Where(m => m.Date is null || m.Date < cut).Select(m => m.Group).ToHashSet();
            yield return ("older 70 % → newer 30 %", m => !m.IsSpamCore || older.Contains(m.Group));
        }

        if (core.Any(IsCsdmc) && core.Any(m => !IsCsdmc(m) && m.Spam == true))
        {
            var known = core.Where(m => !IsCsdmc(m)).Select(m => m.Group).ToHashSet();
            yield return ("SpamAssassin + lists → CSDMC2010", m => !m.IsSpamCore || known.Contains(m.Group));
        }
    }

    private static bool IsCsdmc(LabelledMail mail) => mail.Source.EndsWith("csdmc2010", StringComparison.Ordinal);

    private IEnumerable<EvaluationRow> Compare(string split, IReadOnlyList<Scored> butler, IReadOnlyList<Scored> same, IReadOnlyList<Scored> other)
    {
        yield return new EvaluationRow("spam", $"{split}, Butler") { Figures = Figures.Of(split, butler) };
        if (same.Count > 0)
        {
            yield return new EvaluationRow("spam", $"{split}, Butler taught these mails only") { Figures = Figures.Of(split, same) };
        }

        if (other.Count > 0)
        {
            yield return new EvaluationRow("spam", $"{split}, {peer!.Name}") { Figures = Figures.Of(split, other) };
        }
    }

    private (List<Scored> Butler, List<Scored> Same, List<Scored> Other) Split(Func<LabelledMail, bool> trains)
    {
        var test = trainer.Mails.Where(m => m.IsSpamCore && !trains(m)).ToArray();
        var butler = test.Select(Scorer(Model(trains))).ToList();
        if (peer is null)
        {
            return (butler, [], []);
        }

        // The other filter learns raw mails of the spam corpora; so does this Butler, for a like comparison.
        var train = trainer.Mails.Where(m => m.IsSpamCore && trains(m)).ToArray();
        var same = test.Select(Scorer(Model(m => m.IsSpamCore && trains(m)))).ToList();
        var scores = peer.Score([.. train.Select(m => (m.Raw!, m.Spam!.Value))], [.. test.Select(m => m.Raw!)]);
        return (butler, same, [.. test.Zip(scores, (m, s) => new Scored(s, s >= peer.Threshold, m.Spam!.Value))]);
    }

    private TriageModel Model(Func<LabelledMail, bool> trains)
    {
        var spam = trainer.TrainSpam(trainer.Mails.Where(trains), request);
        return new TriageModel("split", request, spam, spam);
    }

    private int FoldOf(LabelledMail mail) => LogisticTrainer.FoldOf(mail.Group, Folds, seed + 1);

    private static Func<LabelledMail, Scored> Scorer(TriageModel model) => mail => Score(mail, model);

    /// <summary>One mail's spam score, as triage decides.</summary>
    internal static Scored Score(LabelledMail mail, TriageModel model)
    {
        var scan = SentenceScorer.Scan(mail.Mail.Subject, mail.Mail.NewText, model.Request);
        var (_, spam) = LocalTriage.Odds(mail.Mail, scan, model, out _, out _, out _);
        return new Scored(spam, Sigmoid.Of(spam) >= LocalTriage.SpamThreshold, mail.Spam!.Value);
    }
}
