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

    // In shares of the annotators' votes, as the ranker's scores are. They cost nothing on BC3 in folds, and carry requests, dates and sums elsewhere (docs/quality.md).
    private const double RequestFirst = 0.1;
    private const double NewRequest = 0.3;
    private const double NewSum = 0.6;
    private const double NewDate = 0.2;
    private const double Worth = 0.05;
    private const double Never = 2;
    private const string SumSigns = "$€£¥₹";
    private const int SumRoom = 20;

    /// <summary>The summary of a mail; its subject when the text holds no sentence; empty when both are empty.</summary>
    public static string Summarize(string subject, string newText)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(newText);
        return Summarize(SentenceScorer.Scan(subject, newText), subject, newText);
    }

    internal static string Summarize(TextScan scan, string subject, string newText) => Summarize(scan, subject, newText, SentenceRank.Shipped);

    internal static string Summarize(TextScan scan, string subject, string newText, SentenceRank rank)
    {
        var (first, second) = Choose(scan, newText, rank);
        if (first < 0)
        {
            var title = new Sentence { Start = 0, End = subject.Length };
            return Excerpt.Of(subject, title, MaxLength);
        }

        if (second < 0)
        {
            return Piece(newText, scan.Sentences[first], MaxLength);
        }

        var (a, b) = first < second ? (first, second) : (second, first);
        var head = Piece(newText, scan.Sentences[a], MaxSentence);
        var room = MaxLength - head.Length - 1;
        var tail = Piece(newText, scan.Sentences[b], Math.Min(MaxSentence, Math.Max(room, 60)));
        return head.Length + 1 + tail.Length <= MaxLength ? head + " " + tail : Excerpt.Of(newText, scan.Sentences[first], MaxLength);
    }

    /// <summary>
    /// The sentence that says most, and the one that says most beside it: a request, a date or a sum that the first does not carry counts
    /// extra. What tells how to unsubscribe is never taken.
    /// </summary>
    private static (int First, int Second) Choose(TextScan scan, string newText, SentenceRank rank)
    {
        Span<double> scores = stackalloc double[scan.Sentences.Length];
        rank.Score(scan, newText, scores);
        var first = -1;
        for (var i = 0; i < scores.Length; i++)
        {
            ref var s = ref scan.Sentences[i];
            scores[i] -= s.Has(Cue.Unsubscribe) ? Never : 0;
            if (SentenceRank.Stands(s) && (first < 0 || scores[i] + Asking(s) > scores[first] + Asking(scan.Sentences[first])))
            {
                first = i;
            }
        }

        if (first < 0)
        {
            return (-1, -1);
        }

        ref var taken = ref scan.Sentences[first];
        var (second, best) = (-1, Worth);
        for (var i = 0; i < scores.Length; i++)
        {
            ref var s = ref scan.Sentences[i];
            var score = scores[i] + (Asks(s) && !Asks(taken) ? NewRequest : 0) + (s.Money > 0 && taken.Money == 0 ? NewSum : 0) + (s.Dates > 0 && taken.Dates == 0 ? NewDate : 0);
            if (i != first && SentenceRank.Stands(s) && score > best)
            {
                (second, best) = (i, score);
            }
        }

        return (first, second);
    }

    /// <summary>A sentence cut to its length; where its sum stands behind the cut it begins before the sum.</summary>
    private static string Piece(string text, Sentence sentence, int max)
    {
        var span = text.AsSpan(sentence.Start, sentence.End - sentence.Start);
        if (sentence.Money > 0 && span.Length > max && span.IndexOfAny(SumSigns) is var sum && sum > max - SumRoom)
        {
            var from = span[..(sum - (max / 3))].LastIndexOf(' ') + 1;
            sentence.Start += from;
            return "…" + Excerpt.Of(text, sentence, max - 1);
        }

        return Excerpt.Of(text, sentence, max);
    }

    private static bool Asks(in Sentence s) => s.RequestScore >= 0.5;

    private static double Asking(in Sentence s) => Asks(s) ? RequestFirst : 0;
}
