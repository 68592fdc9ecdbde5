using System.Globalization;
using Butler.Intelligence.Model;
using Butler.Intelligence.Text;
using Butler.Intelligence.Training;

namespace Butler.Intelligence.Evaluation;

/// <summary>
/// Summaries in two ways. Against the sentences that the annotators of the BC3 threads chose for theirs, in folds that leave threads out, with a
/// request model that knows no BC3 either: the votes of the sentences taken, as a share of the most votes that as many sentences of the same
/// mail have. And what they carry, on mails that taught the summaries nothing: of those with a request, a date or a sum in their new text the
/// share whose summary has one. Beside each the first two sentences.
/// </summary>
public static class SummaryEvaluation
{
    private const int Folds = 10;

    /// <summary>The rows; none where the folder has nothing of it.</summary>
    public static IReadOnlyList<EvaluationRow> Rows(string data) => [.. Votes(data), .. Carried("gaia and langchain", [.. Records(data)]), .. Carried("receipts and notices", [.. TransactionCorpus.Read(data).Select(m => m.Mail)])];

    private static IEnumerable<EvaluationRow> Votes(string data)
    {
        var mails = SummaryTrainer.Read(data).ToArray();
        var sentences = SentenceCorpus.Read(data).Where(s => s.Source != "bc3" && !s.IsTest).ToArray();
        if (mails.Length == 0 || !Array.Exists(sentences, s => s.Asks))
        {
            yield break;
        }

        var request = ModelTrainer.TrainRequest(sentences, ModelTrainer.DefaultSeed);
        var threads = mails.Select(m => m.Thread).Distinct().Order(StringComparer.Ordinal).ToArray();
        var scores = new List<(double Ours, double Lead, double Short, bool Holds, bool LeadHolds)>();
        for (var fold = 0; fold < Folds; fold++)
        {
            var held = threads.Where((_, i) => i % Folds == fold).ToHashSet(StringComparer.Ordinal);
            var rank = new SentenceRank(SummaryTrainer.Train(mails.Where(m => !held.Contains(m.Thread)), request));
            scores.AddRange(mails.Where(m => held.Contains(m.Thread)).Select(m => Score(m, request, rank)));
        }

        yield return new EvaluationRow("summaries", "BC3, threads left out, votes of the sentences taken, of the most there are") { Note = Mean([.. scores.Select(s => s.Ours)]) };
        yield return new EvaluationRow("summaries", "BC3, the first two sentences, for comparison") { Note = Mean([.. scores.Select(s => s.Lead)]) };
        yield return new EvaluationRow("summaries", "BC3, the first two sentences in a summary's length, for comparison") { Note = Mean([.. scores.Select(s => s.Short)]) };
        yield return new EvaluationRow("summaries", "BC3, difference to those of the same length, mail by mail") { Note = Mean([.. scores.Select(s => s.Ours - s.Short)], signed: true) };
        yield return new EvaluationRow("summaries", "BC3, threads left out, holds a sentence that most annotators chose") { Share = new Share(scores.Count(s => s.Holds), scores.Count) };
        yield return new EvaluationRow("summaries", "BC3, the first two sentences hold one") { Share = new Share(scores.Count(s => s.LeadHolds), scores.Count) };
    }

    private static (double Ours, double Lead, double Short, bool Holds, bool LeadHolds) Score(VotedMail mail, LinearModel request, SentenceRank rank)
    {
        var best = mail.Sentences.Select(s => s.Votes).OrderDescending().ToArray();
        var summary = SummaryTrainer.Squash(Summarizer.Summarize(SentenceScorer.Scan(mail.Subject, mail.Text, request), mail.Subject, mail.Text, rank));
        var taken = mail.Sentences.Where(s => SummaryTrainer.Holds(summary, s.Text)).Select(s => s.Votes).ToArray();
        var lead = mail.Sentences.Where(s => s.Text.Count(char.IsWhiteSpace) >= 2).Take(2).Select(s => s.Votes).ToArray();
        var cut = SummaryTrainer.Squash(Lead(mail.Text));
        var brief = mail.Sentences.Where(s => SummaryTrainer.Holds(cut, s.Text)).Select(s => s.Votes).ToArray();
        return (Share(taken, best), Share(lead, best), Share(brief, best), Array.Exists(taken, v => v * 2 > mail.People), Array.Exists(lead, v => v * 2 > mail.People));
    }

    private static IEnumerable<MailFeatures> Records(string data) => IntentCorpus.Read(data).Where(m => m.Source is "gaia" or "langchain").Select(m => m.Mail);

    private static IEnumerable<EvaluationRow> Carried(string set, MailFeatures[] mails)
    {
        foreach (var (what, has) in ((string, Func<string, bool>)[])[("request", HasRequest), ("date", HasDate), ("sum", HasSum)])
        {
            var with = Array.FindAll(mails, m => has(m.NewText));
            if (with.Length > 0)
            {
                yield return new EvaluationRow("summaries", $"carries a {what} where the mail has one, {set}") { Share = new Share(with.Count(m => has(Summarizer.Summarize(m.Subject, m.NewText))), with.Length) };
                yield return new EvaluationRow("summaries", $"the first two sentences carry a {what}, {set}") { Share = new Share(with.Count(m => has(Lead(m.NewText))), with.Length) };
            }
        }
    }

    // By phrases and signs, not by the model that chooses.
    private static bool HasRequest(string text) => TextScan.Of("", text) is var scan && (scan.Questions > 0 || scan.CueCount(Cue.Request) > 0);

    private static bool HasDate(string text)
    {
        foreach (ref var s in TextScan.Of("", text).Sentences)
        {
            if (s.Dates > 0)
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasSum(string text) => TextScan.Of("", text).Money > 0;

    /// <summary>The first two sentences in a summary's length.</summary>
    private static string Lead(string text)
    {
        var scan = TextScan.Of("", text);
        var lead = new List<string>();
        for (var i = 0; i < scan.Sentences.Length && lead.Count < 2; i++)
        {
            if (SentenceRank.Stands(scan.Sentences[i]))
            {
                lead.Add(Excerpt.Of(text, scan.Sentences[i], Summarizer.MaxLength / 2));
            }
        }

        return string.Join(' ', lead);
    }

    private static double Share(int[] taken, int[] best) => taken.Length == 0 ? 0 : (double)taken.Sum() / Math.Max(1, best.Take(taken.Length).Sum());

    private static string Mean(double[] values, bool signed = false)
    {
        var mean = values.Average();
        var half = 1.96 * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / Math.Max(1, values.Length - 1) / values.Length);
        return string.Create(CultureInfo.InvariantCulture, $"{mean:P1} ({(signed ? mean - half : Math.Max(0, mean - half)):P1}–{Math.Min(1, mean + half):P1}) over {values.Length} mails");
    }
}
