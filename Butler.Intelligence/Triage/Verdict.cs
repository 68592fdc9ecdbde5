namespace Butler.Intelligence;

/// <summary>The judgement of one mail.</summary>
/// <param name="Category">What the mail is.</param>
/// <param name="Confidence">Calibrated probability that the category is right, 0 to 1.</param>
/// <param name="Reasoning">The features that weighed most, in words; holds no words of the mail except
/// phrases of a closed public list ("could you", "unsubscribe").</param>
/// <param name="ModelUsed">The model and its version.</param>
public sealed record Verdict(Category Category, double Confidence, string Reasoning, string ModelUsed);
