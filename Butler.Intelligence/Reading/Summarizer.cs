using Butler.Intelligence.Text;

namespace Butler.Intelligence;

/// <summary>
/// An extractive summary: one or two of the sender's own sentences, chosen for the request, date and amount they carry.
/// Never longer than the text, never from quoted history.
/// </summary>
public static class Summarizer
{
    /// <summary>The longest summary in characters.</summary>
    public const int MaxLength = 280;

    private const int MaxSentence = 180;

    /// <summary>The summary of a mail; its subject when the text holds no sentence; empty when both are empty.</summary>
    public static string Summarize(string subject, string newText)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(newText);
        return Summarize(SentenceScorer.Scan(subject, newText), subject, newText);
    }

    internal static string Summarize(TextScan scan, string subject, string newText)
    {
        var (first, second) = (-1, -1);
        var (firstScore, secondScore) = (double.MinValue, 0.9);
        var position = 0;
        for (var i = 0; i < scan.Sentences.Length; i++)
        {
            ref var s = ref scan.Sentences[i];
            if (s.InSubject || s.Words < 3)
            {
                continue;
            }

            var score = Score(s, position++);
            if (score > firstScore)
            {
                (second, secondScore) = firstScore > secondScore ? (first, firstScore) : (second, secondScore);
                (first, firstScore) = (i, score);
            }
            else if (score > secondScore)
            {
                (second, secondScore) = (i, score);
            }
        }

        if (first < 0)
        {
            var title = new Sentence { Start = 0, End = subject.Length };
            return Excerpt.Of(subject, title, MaxLength);
        }

        if (second < 0)
        {
            return Excerpt.Of(newText, scan.Sentences[first], MaxLength);
        }

        var (a, b) = first < second ? (first, second) : (second, first);
        var head = Excerpt.Of(newText, scan.Sentences[a], MaxSentence);
        var room = MaxLength - head.Length - 1;
        var tail = Excerpt.Of(newText, scan.Sentences[b], Math.Min(MaxSentence, Math.Max(room, 60)));
        return head.Length + 1 + tail.Length <= MaxLength ? head + " " + tail : Excerpt.Of(newText, scan.Sentences[first], MaxLength);
    }

    private static double Score(in Sentence s, int position)
    {
        var score = (1.2 * s.RequestScore) + (s.IsQuestion ? 0.4 : 0) + (0.7 * Math.Min((int)s.Money, 2))
            + (0.5 * Math.Min((int)s.Dates, 2)) + (s.Numbers > 0 ? 0.2 : 0) + (s.Has(Cue.Deadline) ? 0.4 : 0)
            + (s.Has(Cue.Confirmation) || s.Has(Cue.Shipping) || s.Has(Cue.Receipt) ? 0.3 : 0)
            // What a mail is about stands first: BC3's annotators chose early sentences (docs/quality.md).
            + (2.4 / (1 + (0.4 * position)));
        score -= s.Has(Cue.Unsubscribe) ? 2 : 0;
        score -= s.Has(Cue.Newsletter) ? 0.5 : 0;
        score -= s.Words < 5 ? 0.7 : 0;
        score -= s.Words > 45 ? 0.5 : 0;
        score -= (s.Has(Cue.Greeting) || s.Has(Cue.Closing)) && s.Words < 7 ? 1.5 : 0;
        return score;
    }
}
