using Butler.Intelligence.Model;
using Butler.Intelligence.Text;

namespace Butler.Intelligence.Training;

/// <summary>How a logistic model is trained.</summary>
internal sealed record TrainingOptions(string Name, int Bits)
{
    public int Epochs { get; init; } = 14;

    public float Rate { get; init; } = 0.25f;

    public float Decay { get; init; } = 3e-4f;

    /// <summary>Named features that are always hidden (they would teach an artefact of the corpora).</summary>
    public Func<int, bool> Hidden { get; init; } = _ => false;

    /// <summary>
    /// Every n-th look at an example hides its words, so that the named features learn to decide alone: they must for
    /// languages and subjects that no corpus holds. 0 is never.
    /// </summary>
    public int HideWordsEvery { get; init; } = 2;

    /// <summary>Named features hidden in every second look at an example, so that no verdict hangs on them alone.</summary>
    public Func<int, bool> Dropped { get; init; } = _ => false;
}

/// <summary>
/// Logistic regression by stochastic gradient descent with per-weight rates (AdaGrad), then Platt calibration on scores
/// of held-out folds, then int8 quantisation. Same examples and seed, same model, byte for byte.
/// </summary>
internal static class LogisticTrainer
{
    private const int CalibrationFolds = 3;

    public static LinearModel Train(IReadOnlyList<Example> examples, TrainingOptions options, int seed)
    {
        var scores = new List<(double Score, bool Label, float Weight)>();
        for (var fold = 0; fold < CalibrationFolds; fold++)
        {
            var model = Fit([.. examples.Where(e => FoldOf(e.Group, CalibrationFolds, seed) != fold)], options, seed);
            scores.AddRange(examples.Where(e => e.Calibrates && FoldOf(e.Group, CalibrationFolds, seed) == fold)
                .Select(e => (model.Score(e), e.Label, 1f)));
        }

        var (slope, offset) = Platt.Fit(scores);
        return Fit(examples, options, seed).Quantise(options.Name, slope, offset);
    }

    /// <summary>The fold of a group; depends on nothing but the group and the seed.</summary>
    public static int FoldOf(ulong group, int folds, int seed) => (int)(WordHash.Mix(group + ((ulong)seed * 0x9E3779B97F4A7C15UL)) % (ulong)folds);

    private static Weights Fit(IReadOnlyList<Example> examples, TrainingOptions options, int seed)
    {
        var weights = new Weights(options.Bits, examples.Count > 0 ? examples[0].Named.Length : 0);
        var random = new Random(seed);
        var order = Enumerable.Range(0, examples.Count).ToArray();
        var hidden = Enumerable.Range(0, weights.Named.Length).Select(options.Hidden).ToArray();
        var dropped = Enumerable.Range(0, weights.Named.Length).Select(i => options.Hidden(i) || options.Dropped(i)).ToArray();
        var positives = examples.Where(e => e.Label).Sum(e => e.Weight);
        var total = examples.Sum(e => e.Weight);
        // Both classes weigh the same in sum; calibration brings the true share back.
        var (forYes, forNo) = (total / (2 * positives), total / (2 * (total - positives)));
        for (var epoch = 0; epoch < options.Epochs; epoch++)
        {
            random.Shuffle(order);
            foreach (var i in order)
            {
                var example = examples[i];
                var mask = random.Next(2) == 0 ? hidden : dropped;
                var words = options.HideWordsEvery == 0 || random.Next(options.HideWordsEvery) != 0;
                weights.Step(example, mask, words, example.Weight * (example.Label ? forYes : forNo), options.Rate, options.Decay);
            }
        }

        for (var i = 0; i < hidden.Length; i++)
        {
            weights.Named[i] = hidden[i] ? 0 : weights.Named[i];
        }

        return weights;
    }
}
