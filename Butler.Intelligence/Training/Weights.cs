using Butler.Intelligence.Model;
using Butler.Intelligence.Text;

namespace Butler.Intelligence.Training;

/// <summary>Weights in training, with the sums of squared gradients that set each weight's own rate.</summary>
internal sealed class Weights(int bits, int named)
{
    private readonly float[] _hashed = new float[1 << bits];
    private readonly float[] _hashedSquares = new float[1 << bits];
    private readonly float[] _namedSquares = new float[named];
    private float _bias;
    private float _biasSquares;

    public float[] Named { get; } = new float[named];

    public double Score(Example example) => Score(example, null, words: true);

    public void Step(Example example, bool[] mask, bool words, float weight, float rate, float decay)
    {
        var gradient = (float)(Sigmoid.Of(Score(example, mask, words)) - (example.Label ? 1 : 0)) * weight;
        if (words)
        {
            StepHashed(example.Words, gradient, rate, decay);
            StepHashed(example.Chars, gradient, rate, decay);
        }

        for (var i = 0; i < Named.Length; i++)
        {
            if (example.Named[i] != 0 && !mask[i])
            {
                Update(ref Named[i], ref _namedSquares[i], gradient * example.Named[i], rate * 0.4f, decay);
            }
        }

        Update(ref _bias, ref _biasSquares, gradient, rate * 0.4f, 0);
    }

    public LinearModel Quantise(string name, double slope, double offset)
    {
        var max = 1e-6f;
        foreach (var w in _hashed)
        {
            max = Math.Max(max, Math.Abs(w));
        }

        var scale = max / 127;
        var quantised = new sbyte[_hashed.Length];
        for (var i = 0; i < quantised.Length; i++)
        {
            quantised[i] = (sbyte)MathF.Round(_hashed[i] / scale);
        }

        return new LinearModel
        {
            Name = name,
            Hashed = quantised,
            Scale = scale,
            Named = Named,
            Bias = _bias,
            Slope = (float)slope,
            Offset = (float)offset,
        };
    }

    private double Score(Example example, bool[]? mask, bool words)
    {
        double score = _bias + (words ? Sum(example.Words) + Sum(example.Chars) : 0);
        for (var i = 0; i < Named.Length; i++)
        {
            score += mask is not null && mask[i] ? 0 : example.Named[i] * Named[i];
        }

        return score;
    }

    private double Sum(int[] indices)
    {
        var sum = 0.0;
        var mask = _hashed.Length - 1;
        foreach (var i in indices)
        {
            sum += _hashed[i & mask];
        }

        return indices.Length == 0 ? 0 : sum / Math.Sqrt(indices.Length);
    }

    private void StepHashed(int[] indices, float gradient, float rate, float decay)
    {
        if (indices.Length == 0)
        {
            return;
        }

        var share = gradient / MathF.Sqrt(indices.Length);
        var mask = _hashed.Length - 1;
        foreach (var i in indices)
        {
            Update(ref _hashed[i & mask], ref _hashedSquares[i & mask], share, rate, decay);
        }
    }

    private static void Update(ref float weight, ref float squares, float gradient, float rate, float decay)
    {
        gradient += decay * weight;
        squares += gradient * gradient;
        // The floor damps the first steps: without it AdaGrad gives every rare word a full step at once.
        weight -= rate * gradient / (0.1f + MathF.Sqrt(squares));
    }
}
