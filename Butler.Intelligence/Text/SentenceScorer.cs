using Butler.Intelligence.Model;

namespace Butler.Intelligence.Text;

/// <summary>Scans a mail and gives each sentence the probability that it asks somebody to do or say something.</summary>
internal static class SentenceScorer
{
    private const int MaxScored = 60;

    [ThreadStatic]
    private static FeatureVector? _vector;

    public static TextScan Scan(string subject, string text) => Scan(subject, text, TriageModel.Shipped.Request);

    public static TextScan Scan(string subject, string text, LinearModel request)
    {
        var scan = TextScan.Of(subject, text);
        scan.Language = LanguageGuess.Of(text) is var code && code != LanguageGuess.Unknown ? code : LanguageGuess.Of(subject);
        var vector = _vector ??= new FeatureVector(FeatureExtractor.SentenceNamed);
        var sentences = scan.Sentences;
        for (var i = 0; i < sentences.Length && i < MaxScored; i++)
        {
            ref var s = ref sentences[i];
            FeatureExtractor.Sentence(scan, s, vector);
            s.RequestScore = Sigmoid.Of(request.LogOdds(vector, scan.WordShare, out _));
        }

        return scan;
    }
}

/// <summary>The logistic function.</summary>
internal static class Sigmoid
{
    public static double Of(double x) => 1 / (1 + Math.Exp(-x));
}
