namespace Butler.Intelligence.Model;

/// <summary>
/// A logistic model over hashed words, hashed character sequences and named features. Hashed weights are int8 with one
/// scale (a quarter of the size of floats, and the table stays in the second-level cache); named weights are exact.
/// </summary>
internal sealed class LinearModel
{
    public required string Name { get; init; }

    public required sbyte[] Hashed { get; init; }

    /// <summary>Whether it looks at how a mail is made. What the reply model learns from are records without headers.</summary>
    public bool UsesShape => Name == "spam";

    /// <summary>What one word of a mail's form adds, calibrated.</summary>
    public double ShapeWeight(int index, float norm) => Slope * Scale * norm * Hashed[index & (Hashed.Length - 1)];

    public required float Scale { get; init; }

    public required float[] Named { get; init; }

    public required float Bias { get; init; }

    /// <summary>Platt's calibration: probability = sigmoid(slope · score + offset).</summary>
    public required float Slope { get; init; }

    /// <summary>See <see cref="Slope"/>.</summary>
    public required float Offset { get; init; }

    /// <summary>The calibrated log-odds of a mail; <paramref name="words"/> is the share of the hashed
    /// features, which count <paramref name="wordShare"/> (1 where the language is one the model was trained on).</summary>
    public double LogOdds(FeatureVector features, double wordShare, out double words)
    {
        var sum = (Sum(features.Words) * features.WordNorm) + (Sum(features.Chars) * features.CharNorm);
        words = wordShare * Slope * sum * Scale;
        var shape = UsesShape ? Slope * Sum(features.Shape) * features.ShapeNorm * Scale : 0;
        double named = Bias;
        var values = features.Named;
        for (var i = 0; i < values.Length; i++)
        {
            named += values[i] * Named[i];
        }

        return words + shape + (Slope * named) + Offset;
    }

    private float Sum(ReadOnlySpan<int> indices)
    {
        var weights = Hashed;
        var mask = weights.Length - 1;
        var sum = 0;
        foreach (var index in indices)
        {
            sum += weights[index & mask];
        }

        return sum;
    }
}
