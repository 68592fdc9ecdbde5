using Butler.Intelligence.Model;
using Butler.Intelligence.Training;

namespace Butler.Intelligence.Evaluation;

/// <summary>
/// Spam with threads apart and nothing more: an earlier issue of a newsletter and an earlier copy of a campaign may be learnt from, as in a
/// mailbox that is in use. <see cref="SpamEvaluation"/> keeps those apart too and is the stricter reading.
/// </summary>
internal sealed class SpamByThread(ModelTrainer trainer, LinearModel request, int seed, ISpamPeer? peer)
{
    private const int Blocks = 5;
    private const int Least = 20;

    /// <summary>Folds, blocks in the order of time, and newer after older mail.</summary>
    public IEnumerable<EvaluationRow> Rows()
    {
        var core = trainer.Mails.Where(m => m.IsSpamCore).ToArray();
        if (core.Count(m => m.Spam == true) < Least || core.Count(m => m.Spam == false) < Least)
        {
            return [];
        }

        return
        [
            .. Row($"{Blocks} folds, only threads apart", Folds(core, seed)),
            .. Row($"time order kept, {Blocks - 1} blocks each after all older mail, only threads apart", InTime(core, Blocks)),
            .. Row("older 70 % → newer 30 %, only threads apart", Newer(core, 0.7, 1) is { } newest ? [newest] : []),
        ];
    }

    /// <summary>Each fifth of the threads once, after the others.</summary>
    internal static IEnumerable<(LabelledMail[] Train, LabelledMail[] Test)> Folds(LabelledMail[] mails, int seed) =>
        from fold in Enumerable.Range(0, Blocks)
        let parts = mails.ToLookup(m => LogisticTrainer.FoldOf(m.Thread, Blocks, seed + 1) == fold)
        select (parts[false].ToArray(), parts[true].ToArray());

    /// <summary>Each block but the first, after all that is older. Mails of a thread that began before it are not scored.</summary>
    internal static IEnumerable<(LabelledMail[] Train, LabelledMail[] Test)> InTime(LabelledMail[] mails, int blocks)
    {
        for (var block = 1; block < blocks; block++)
        {
            if (Newer(mails, (double)block / blocks, (block + 1.0) / blocks) is { } split)
            {
                yield return split;
            }
        }
    }

    private static (LabelledMail[] Train, LabelledMail[] Test)? Newer(LabelledMail[] mails, double from, double to)
    {
        var dated = mails.Where(m => m.Date is not null).OrderBy(m => m.Date).ToArray();
        if (dated.Length < 2 * Least)
        {
            return null;
        }

        var cut = dated[(int)(dated.Length * from)].Date;
        var end = to >= 1 ? DateTimeOffset.MaxValue : dated[(int)(dated.Length * to)].Date;
        var train = mails.Where(m => m.Date is null || m.Date < cut).ToArray();
        var begun = train.Select(m => m.Thread).ToHashSet();
        return (train, [.. dated.Where(m => m.Date >= cut && m.Date < end && !begun.Contains(m.Thread))]);
    }

    private IEnumerable<EvaluationRow> Row(string name, IEnumerable<(LabelledMail[] Train, LabelledMail[] Test)> splits)
    {
        var (butler, other) = (new List<Scored>(), new List<Scored>());
        foreach (var (train, test) in splits.Where(s => s.Test.Length > 0 && s.Train.Any(m => m.Spam == true) && s.Train.Any(m => m.Spam == false)))
        {
            // What else ships in the training is no mail of these corpora, and none of it is scored.
            var spam = trainer.TrainSpam([.. train, .. trainer.Mails.Where(m => !m.IsSpamCore)], request);
            butler.AddRange(test.Select(m => SpamEvaluation.Score(m, new TriageModel("split", request, spam, spam))));
            if (peer is not null)
            {
                var scores = peer.Score([.. train.Select(m => (m.Raw!, m.Spam!.Value))], [.. test.Select(m => m.Raw!)]);
                other.AddRange(test.Zip(scores, (m, s) => new Scored(s, s >= peer.Threshold, m.Spam!.Value)));
            }
        }

        if (butler.Count > 0)
        {
            yield return new EvaluationRow("spam", $"{name}, Butler") { Figures = Figures.Of(name, butler) };
        }

        if (other.Count > 0)
        {
            yield return new EvaluationRow("spam", $"{name}, {peer!.Name}") { Figures = Figures.Of(name, other) };
        }
    }
}
