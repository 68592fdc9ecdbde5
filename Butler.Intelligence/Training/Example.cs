using Butler.Intelligence.Model;

namespace Butler.Intelligence.Training;

/// <summary>A labelled feature vector.</summary>
internal sealed class Example
{
    public required int[] Words { get; init; }

    public required int[] Chars { get; init; }

    public int[] Shape { get; init; } = [];

    public required float[] Named { get; init; }

    public required bool Label { get; init; }

    public required float Weight { get; init; }

    /// <summary>The corpus it is from.</summary>
    public string Source { get; init; } = "";

    /// <summary>Examples of one group (thread, campaign) are never on both sides of a split.</summary>
    public required ulong Group { get; init; }

    /// <summary>Whether calibration looks at it: only mail like that which is judged later.</summary>
    public required bool Calibrates { get; init; }

    public static Example Of(FeatureVector v, bool label, float weight, ulong group, bool calibrates, string source) => new()
    {
        Words = v.Words.ToArray(),
        Chars = v.Chars.ToArray(),
        Shape = v.Shape.ToArray(),
        Named = v.Named.ToArray(),
        Label = label,
        Weight = weight,
        Group = group,
        Source = source,
        Calibrates = calibrates,
    };
}
