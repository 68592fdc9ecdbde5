using System.Globalization;
using System.Net;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Butler.Intelligence.Training;

namespace Butler.Intelligence.Evaluation;

/// <summary>
/// Summaries against the sentences that the annotators of the BC3 threads chose for theirs: the votes of the sentences taken, as a share
/// of the most votes that as many sentences of the same mail have. Beside it the first two sentences.
/// </summary>
public static class SummaryEvaluation
{
    private const int Least = 4;

    /// <summary>One row each for the summaries and for the first two sentences; none where the folder has no BC3.</summary>
    public static IReadOnlyList<EvaluationRow> Rows(string data)
    {
        var files = CorpusFolder.Read(data, "intent");
        var scores = new List<(double Ours, double Lead, bool Holds, bool LeadHolds)>();
        foreach (var (name, bytes) in files)
        {
            if (name.EndsWith(".corpus.xml", StringComparison.Ordinal) && files.TryGetValue(name.Replace(".corpus.", ".annotation.", StringComparison.Ordinal), out var notes))
            {
                scores.AddRange(Score(bytes, notes));
            }
        }

        return scores.Count == 0 ? [] :
        [
            new EvaluationRow("summaries", "BC3, votes of the sentences taken, of the most there are") { Note = Mean([.. scores.Select(s => s.Ours)]) },
            new EvaluationRow("summaries", "BC3, the first two sentences, for comparison") { Note = Mean([.. scores.Select(s => s.Lead)]) },
            new EvaluationRow("summaries", "BC3, holds a sentence that most annotators chose") { Share = new Share(scores.Count(s => s.Holds), scores.Count) },
            new EvaluationRow("summaries", "BC3, the first two sentences hold one") { Share = new Share(scores.Count(s => s.LeadHolds), scores.Count) },
        ];
    }

    private static IEnumerable<(double Ours, double Lead, bool Holds, bool LeadHolds)> Score(byte[] corpus, byte[] annotation)
    {
        XElement thread;
        XElement notes;
        try
        {
            thread = XElement.Parse(Encoding.UTF8.GetString(corpus));
            notes = XElement.Parse(Encoding.UTF8.GetString(annotation));
        }
        catch (XmlException)
        {
            yield break; // Some elements of the copied corpus are not well-formed.
        }

        var votes = notes.Elements("annotation").SelectMany(a => a.Elements("sentences").Elements("sent").Select(s => (string?)s.Attribute("id") ?? "").Distinct())
            .GroupBy(id => id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        var people = notes.Elements("annotation").Count();
        foreach (var mail in thread.Elements("DOC"))
        {
            var sentences = mail.Descendants("Sent").Select(s => (Text: WebUtility.HtmlDecode(s.Value).Trim(), Votes: votes.GetValueOrDefault((string?)s.Attribute("id") ?? ""))).Where(s => s.Text.Length > 0 && s.Text[0] != '>').ToArray();
            var best = sentences.Select(s => s.Votes).OrderDescending().ToArray();
            if (sentences.Length < Least || best[0] == 0)
            {
                continue;
            }

            var summary = Squash(Summarizer.Summarize((string?)mail.Element("Subject") ?? "", string.Join('\n', sentences.Select(s => s.Text))));
            var taken = sentences.Where(s => Holds(summary, s.Text)).Select(s => s.Votes).ToArray();
            var lead = sentences.Where(s => s.Text.Count(char.IsWhiteSpace) >= 2).Take(2).Select(s => s.Votes).ToArray();
            yield return (Share(taken, best), Share(lead, best), Array.Exists(taken, v => v * 2 > people), Array.Exists(lead, v => v * 2 > people));
        }
    }

    private static double Share(int[] taken, int[] best) => taken.Length == 0 ? 0 : (double)taken.Sum() / Math.Max(1, best.Take(taken.Length).Sum());

    // A long sentence is shortened in a summary: its beginning must be there.
    private static bool Holds(string summary, string sentence) => Squash(sentence) is { Length: > 7 } text && summary.Contains(text[..Math.Min(text.Length, 40)], StringComparison.Ordinal);

    private static string Mean(double[] values)
    {
        var mean = values.Average();
        var half = 1.96 * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / Math.Max(1, values.Length - 1) / values.Length);
        return string.Create(CultureInfo.InvariantCulture, $"{mean:P1} ({Math.Max(0, mean - half):P1}–{Math.Min(1, mean + half):P1}) over {values.Length} mails");
    }

    private static string Squash(string text) => string.Concat(text.Where(char.IsLetterOrDigit));
}
