using System.Globalization;
using System.Net;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Butler.Intelligence.Model;
using Butler.Intelligence.Text;

namespace Butler.Intelligence.Training;

/// <summary>A mail of BC3 with how many annotators chose each of its sentences for their summary.</summary>
/// <param name="Thread">Its thread: mails of one are never in both halves of a split.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Sentences">Its sentences as BC3 cuts them, without quoted ones.</param>
/// <param name="People">The thread's annotators.</param>
internal sealed record VotedMail(string Thread, string Subject, IReadOnlyList<(string Text, int Votes)> Sentences, int People)
{
    /// <summary>Its text, one sentence a line.</summary>
    public string Text { get; } = string.Join('\n', Sentences.Select(s => s.Text));
}

/// <summary>Trains the weights of <see cref="SentenceRank"/>: least squares with a small penalty, which has one solution and needs no seed.</summary>
internal static class SummaryTrainer
{
    private const double Penalty = 0.3;
    private const int Least = 4;

    /// <summary>The mails of the BC3 threads with at least four sentences, one of which somebody chose.</summary>
    public static IEnumerable<VotedMail> Read(string data)
    {
        var files = CorpusFolder.Read(data, "intent");
        foreach (var (name, bytes) in files)
        {
            if (name.EndsWith(".corpus.xml", StringComparison.Ordinal) && files.TryGetValue(name.Replace(".corpus.", ".annotation.", StringComparison.Ordinal), out var notes))
            {
                foreach (var mail in Thread(name, bytes, notes))
                {
                    yield return mail;
                }
            }
        }
    }

    /// <summary>The weights learnt from these mails.</summary>
    public static double[] Train(IEnumerable<VotedMail> mails, LinearModel request)
    {
        var n = SentenceRank.Names.Length;
        var (a, b) = (new double[n, n], new double[n]);
        var features = new double[n];
        foreach (var mail in mails)
        {
            var scan = SentenceScorer.Scan(mail.Subject, mail.Text, request);
            var count = SentenceRank.Prepare(scan);
            var most = mail.Sentences.Max(s => s.Votes);
            var weight = 1 / Math.Sqrt(Math.Max(1, count));
            var place = 0;
            for (var i = 0; i < scan.Sentences.Length; i++)
            {
                var sentence = scan.Sentences[i];
                if (!SentenceRank.Stands(sentence))
                {
                    continue;
                }

                SentenceRank.Features(scan, mail.Text, sentence, place++, count, features);
                // The scanner joins short lines: it gets the mean of what stands in it.
                var text = Squash(mail.Text[sentence.Start..sentence.End]);
                var votes = mail.Sentences.Where(s => Holds(text, s.Text)).Select(s => s.Votes).DefaultIfEmpty(0).Average() / most;
                for (var r = 0; r < n; r++)
                {
                    b[r] += weight * features[r] * votes;
                    for (var c = 0; c < n; c++)
                    {
                        a[r, c] += weight * features[r] * features[c];
                    }
                }
            }
        }

        for (var i = 0; i < n; i++)
        {
            a[i, i] += i == 0 ? 1e-9 : Penalty;
        }

        return Solve(a, b);
    }

    /// <summary>The weights file.</summary>
    public static string Write(double[] weights, int mails) =>
        $"# Made by ./butler train from {mails} mails of BC3: what each feature of a sentence counts for its place in a summary.\n"
        + string.Concat(SentenceRank.Names.Select((name, i) => string.Create(CultureInfo.InvariantCulture, $"{name}\t{weights[i]:F4}\n")));

    /// <summary>Letters and digits.</summary>
    public static string Squash(string text) => string.Concat(text.Where(char.IsLetterOrDigit));

    /// <summary>Whether squashed text holds a sentence; a long one may be shortened, so its beginning must be there.</summary>
    public static bool Holds(string squashed, string sentence) => Squash(sentence) is { Length: > 7 } text && squashed.Contains(text[..Math.Min(text.Length, 40)], StringComparison.Ordinal);

    private static IEnumerable<VotedMail> Thread(string name, byte[] corpus, byte[] annotation)
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
            if (sentences.Length >= Least && sentences.Max(s => s.Votes) > 0)
            {
                yield return new(name, (string?)mail.Element("Subject") ?? "", sentences, people);
            }
        }
    }

    /// <summary>Gauss and Jordan, with pivots.</summary>
    private static double[] Solve(double[,] a, double[] b)
    {
        var n = b.Length;
        for (var i = 0; i < n; i++)
        {
            var pivot = i;
            for (var r = i + 1; r < n; r++)
            {
                pivot = Math.Abs(a[r, i]) > Math.Abs(a[pivot, i]) ? r : pivot;
            }

            for (var c = 0; c < n; c++)
            {
                (a[i, c], a[pivot, c]) = (a[pivot, c], a[i, c]);
            }

            (b[i], b[pivot]) = (b[pivot], b[i]);
            for (var r = 0; r < n; r++)
            {
                if (r != i && a[r, i] / a[i, i] is not 0 and var factor)
                {
                    for (var c = i; c < n; c++)
                    {
                        a[r, c] -= factor * a[i, c];
                    }

                    b[r] -= factor * b[i];
                }
            }
        }

        return [.. b.Select((value, i) => value / a[i, i])];
    }
}
