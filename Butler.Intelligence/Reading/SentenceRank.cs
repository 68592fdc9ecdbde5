using System.Globalization;
using Butler.Intelligence.Text;

namespace Butler.Intelligence;

/// <summary>
/// How much a sentence says of its mail: a linear ranker, learnt from the sentences that the annotators of BC3 chose (<c>Training/SummaryTrainer.cs</c>,
/// weights in <c>Model/summary.txt</c>). Place, length, request, date, sum, likeness to the subject and to the whole text, greetings, closings,
/// links and what quoting leaves behind.
/// </summary>
internal sealed class SentenceRank
{
    /// <summary>The features by name, in the order of the weights.</summary>
    public static readonly string[] Names =
    [
        "bias", "early", "first", "second", "place", "length", "short", "request", "dates", "money", "subject", "centre", "ended", "quoting", "announces", "item", "link", "greeting", "closing",
        "thanks", "meeting",
    ];

    private const int FewWords = 5;

    [ThreadStatic]
    private static Dictionary<ulong, int>? _counts;

    [ThreadStatic]
    private static HashSet<ulong>? _seen;

    private readonly double[] _weights;

    /// <summary>A ranker with these weights, in the order of <see cref="Names"/>.</summary>
    public SentenceRank(double[] weights) => _weights = weights;

    /// <summary>The one that ships.</summary>
    public static SentenceRank Shipped { get; } = Read();

    public IReadOnlyList<double> Weights => _weights;

    /// <summary>Whether a sentence can stand in a summary.</summary>
    public static bool Stands(in Sentence sentence) => !sentence.InSubject && sentence.Words >= 3;

    /// <summary>The scores of a mail's sentences; those that cannot stand in a summary have none (negative infinity).</summary>
    public void Score(TextScan scan, string text, Span<double> scores)
    {
        Span<double> features = stackalloc double[Names.Length];
        var count = Prepare(scan);
        var place = 0;
        for (var i = 0; i < scan.Sentences.Length; i++)
        {
            ref var sentence = ref scan.Sentences[i];
            if (!Stands(sentence))
            {
                scores[i] = double.NegativeInfinity;
                continue;
            }

            Features(scan, text, sentence, place++, count, features);
            var score = 0.0;
            for (var f = 0; f < features.Length; f++)
            {
                score += features[f] * _weights[f];
            }

            scores[i] = score;
        }
    }

    /// <summary>Counts the words of the mail for <see cref="Features"/>; answers how many sentences can stand in a summary.</summary>
    public static int Prepare(TextScan scan)
    {
        var counts = _counts ??= [];
        counts.Clear();
        foreach (var token in scan.Tokens)
        {
            counts[token] = counts.GetValueOrDefault(token) + 1;
        }

        var count = 0;
        foreach (ref var sentence in scan.Sentences)
        {
            count += Stands(sentence) ? 1 : 0;
        }

        return count;
    }

    /// <summary>The features of a sentence, after <see cref="Prepare"/> of its mail.</summary>
    public static void Features(TextScan scan, string text, in Sentence s, int place, int count, Span<double> features)
    {
        var span = text.AsSpan(s.Start, s.End - s.Start);
        var seen = _seen ??= [];
        seen.Clear();
        var counts = _counts!;
        var (often, shared) = (0.0, 0);
        var subject = scan.Tokens[..scan.SubjectTokens];
        foreach (var token in scan.Tokens[s.TokenFrom..s.TokenTo])
        {
            if (seen.Add(token))
            {
                often += Math.Log(Math.Max(1, counts.GetValueOrDefault(token)));
                shared += subject.Contains(token) ? 1 : 0;
            }
        }

        var last = span[^1];
        features[0] = 1;
        features[1] = 1.0 / (1 + place);
        features[2] = place == 0 ? 1 : 0;
        features[3] = place == 1 ? 1 : 0;
        features[4] = (double)place / Math.Max(1, count);
        features[5] = Math.Log(1 + s.Words);
        features[6] = s.Words < FewWords ? 1 : 0;
        features[7] = s.RequestScore;
        features[8] = Math.Min((int)s.Dates, 2);
        features[9] = s.Money > 0 ? 1 : 0;
        features[10] = (double)shared / Math.Max(1, subject.Length);
        features[11] = often / Math.Max(1, seen.Count);
        features[12] = last is '.' or '!' or '?' or ':' or '。' or '！' or '？' ? 1 : 0;
        features[13] = span.Contains("wrote:", StringComparison.OrdinalIgnoreCase) || span.StartsWith("On ", StringComparison.Ordinal) ? 1 : 0;
        features[14] = last == ':' ? 1 : 0;
        features[15] = span[0] is '-' or '*' or '•' or '–' ? 1 : 0;
        features[16] = span.Contains('@') || span.Contains("://", StringComparison.Ordinal) ? 1 : 0;
        features[17] = s.Has(Cue.Greeting) ? 1 : 0;
        features[18] = s.Has(Cue.Closing) ? 1 : 0;
        features[19] = s.Has(Cue.Thanks) ? 1 : 0;
        features[20] = s.Has(Cue.Meeting) ? 1 : 0;
    }

    private static SentenceRank Read()
    {
        using var reader = new StreamReader(typeof(SentenceRank).Assembly.GetManifestResourceStream("Butler.Intelligence.Model.summary.txt")!);
        var weights = new double[Names.Length];
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#' && line.Split('\t') is [var name, var weight] && Array.IndexOf(Names, name) is >= 0 and var at)
            {
                weights[at] = double.Parse(weight, CultureInfo.InvariantCulture);
            }
        }

        return new(weights);
    }
}
