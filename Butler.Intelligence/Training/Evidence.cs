namespace Butler.Intelligence.Training;

/// <summary>How unevenly each hashed feature occurs in the two classes: the size of the logarithm of its share's ratio.</summary>
internal static class Evidence
{
    private const float Smoothing = 0.5f;

    public static float[] Of(IReadOnlyList<Example> examples, int bits)
    {
        var mask = (1 << bits) - 1;
        var (yes, no) = (new float[mask + 1], new float[mask + 1]);
        foreach (var example in examples)
        {
            var counts = example.Label ? yes : no;
            Count(example.Words, counts, mask);
            Count(example.Chars, counts, mask);
            Count(example.Shape, counts, mask);
        }

        var positives = examples.Count(e => e.Label);
        var (ofYes, ofNo) = (positives + 2f, examples.Count - positives + 2f);
        for (var i = 0; i < yes.Length; i++)
        {
            yes[i] = MathF.Abs(MathF.Log((yes[i] + Smoothing) / ofYes / ((no[i] + Smoothing) / ofNo)));
        }

        return yes;
    }

    private static void Count(int[] indices, float[] counts, int mask)
    {
        foreach (var i in indices)
        {
            counts[i & mask]++;
        }
    }
}
