namespace Butler.Intelligence;

/// <summary>The judgement of one mail.</summary>
/// <param name="Category">What the mail is.</param>
/// <param name="Confidence">Calibrated probability that the category is right, 0 to 1.</param>
/// <param name="Reasoning">The features that weighed most, in words; holds no words of the mail except
/// phrases of a closed public list ("could you", "unsubscribe").</param>
/// <param name="ModelUsed">The model and its version.</param>
public sealed record Verdict(Category Category, double Confidence, string Reasoning, string ModelUsed)
{
    /// <summary>What weighed most for the category, heaviest first, at most six; the first three are the reasoning. Empty
    /// where a chat model judged: it does not say what weighed.</summary>
    public IReadOnlyList<VerdictFeature> Features { get; init; } = [];
}

/// <summary>One feature of a verdict, as the record of the verdict keeps it.</summary>
/// <param name="Name">The feature in words; no words of the mail except phrases of the closed public list.</param>
/// <param name="Weight">What it added to the log-odds of the category, in nats.</param>
public readonly record struct VerdictFeature(string Name, double Weight);
