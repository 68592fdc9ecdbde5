using Butler.Intelligence.Model;
using Butler.Intelligence.Text;

namespace Butler.Intelligence.Training;

/// <summary>How a logistic model is trained.</summary>
internal sealed record TrainingOptions(string Name, int Bits)
{
    public int Epochs { get; init; } = 14;

    /// <summary>So many models are trained, each in an order of its own, and added: what one order happened to favour evens out.</summary>
    public int Runs { get; init; } = 1;

    public float Rate { get; init; } = 0.25f;

    public float Decay { get; init; } = 3e-4f;

    /// <summary>How loud hashed features are beside named ones: they are divided by the root of their number.</summary>
    public float Gain { get; init; } = 1;

    /// <summary>Named features that are always hidden (they would teach an artefact of the corpora).</summary>
    public Func<int, bool> Hidden { get; init; } = _ => false;

    /// <summary>
    /// Every n-th look at an example hides its words, so that the named features learn to decide alone: they must for
    /// languages and subjects that no corpus holds. 0 is never.
    /// </summary>
    public int HideWordsEvery { get; init; } = 2;

    /// <summary>Every n-th look hides how the mail is made, so that a stored mail without it is judged as well. 0: never looked at.</summary>
    public int HideShapeEvery { get; init; }

    /// <summary>Named features hidden in every second look at an example, so that no verdict hangs on them alone.</summary>
    public Func<int, bool> Dropped { get; init; } = _ => false;

    /// <summary>A corpus counts by the root of its size, so that the largest does not decide what mail looks like.</summary>
    public bool BalanceSources { get; init; }

    /// <summary>
    /// Trains a second model whose features are scaled by how unevenly they occur in the two classes (Wang and Manning 2012), and adds
    /// it to the first. Both are linear in the same features, so the sum is one table and costs nothing at judging.
    /// </summary>
    public bool Evidence { get; init; }

    /// <summary>The share of weights that are kept as they are; larger ones are cut (<see cref="Weights.Cut"/>).</summary>
    public double Kept { get; init; } = 1;
}

/// <summary>
/// Logistic regression by stochastic gradient descent with per-weight rates (AdaGrad), then Platt calibration on scores
/// of held-out folds, then int8 quantisation. Same examples and seed, same model, byte for byte.
/// </summary>
internal static class LogisticTrainer
{
    private const int CalibrationFolds = 3;
    private const float EvidenceRate = 0.1f;

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
        Weights? sum = null;
        for (var run = 0; run < options.Runs; run++)
        {
            var weights = Fit(examples, options, seed + run, null);
            if (options.Evidence)
            {
                weights.Plus(Fit(examples, options with { Rate = EvidenceRate }, seed + run, Evidence.Of(examples, options.Bits)));
            }

            weights.Cut(options.Kept);
            sum = sum?.Plus(weights) ?? weights;
        }

        return sum!;
    }

    private static Weights Fit(IReadOnlyList<Example> examples, TrainingOptions options, int seed, float[]? evidence)
    {
        var weights = new Weights(options, examples.Count > 0 ? examples[0].Named.Length : 0, evidence);
        var random = new Random(seed);
        var order = Enumerable.Range(0, examples.Count).ToArray();
        var hidden = Enumerable.Range(0, weights.Named.Length).Select(options.Hidden).ToArray();
        var dropped = Enumerable.Range(0, weights.Named.Length).Select(i => options.Hidden(i) || options.Dropped(i)).ToArray();
        var shares = Shares(examples, options);
        for (var epoch = 0; epoch < options.Epochs; epoch++)
        {
            random.Shuffle(order);
            foreach (var i in order)
            {
                var mask = random.Next(2) == 0 ? hidden : dropped;
                var words = options.HideWordsEvery == 0 || random.Next(options.HideWordsEvery) != 0;
                var shape = options.HideShapeEvery != 0 && random.Next(options.HideShapeEvery) != 0;
                weights.Step(examples[i], mask, words, shape, shares[i]);
            }
        }

        weights.Finish(hidden);
        return weights;
    }

    /// <summary>What each example counts. Both classes weigh the same in sum; calibration brings the true share back.</summary>
    private static float[] Shares(IReadOnlyList<Example> examples, TrainingOptions options)
    {
        var positives = examples.Where(e => e.Label).Sum(e => e.Weight);
        var total = examples.Sum(e => e.Weight);
        var (forYes, forNo) = (total / (2 * positives), total / (2 * (total - positives)));
        var shares = examples.Select(e => e.Weight * (e.Label ? forYes : forNo)).ToArray();
        if (options.BalanceSources && examples.Count > 0)
        {
            var sizes = examples.GroupBy(e => e.Source).ToDictionary(g => g.Key, g => 1 / MathF.Sqrt(g.Count()), StringComparer.Ordinal);
            var average = examples.Average(e => sizes[e.Source]);
            for (var i = 0; i < shares.Length; i++)
            {
                shares[i] *= sizes[examples[i].Source] / average;
            }
        }

        return shares;
    }
}
