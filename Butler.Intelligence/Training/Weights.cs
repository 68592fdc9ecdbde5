using Butler.Intelligence.Model;
using Butler.Intelligence.Text;

namespace Butler.Intelligence.Training;

/// <summary>Weights in training, with the sums of squared gradients that set each weight's own rate.</summary>
internal sealed class Weights(TrainingOptions options, int named, float[]? evidence)
{
    private readonly float[] _hashed = new float[1 << options.Bits];
    private readonly float[] _hashedSquares = new float[1 << options.Bits];
    private readonly float[] _namedSquares = new float[named];
    private readonly int _mask = (1 << options.Bits) - 1;
    private float[]? _evidence = evidence;
    private float _gain = options.Gain;
    private float _bias;
    private float _biasSquares;

    public float[] Named { get; } = new float[named];

    public double Score(Example example) => Score(example, null, words: true, shape: options.HideShapeEvery != 0);

    public void Step(Example example, bool[] mask, bool words, bool shape, float weight)
    {
        var gradient = (float)(Sigmoid.Of(Score(example, mask, words, shape)) - (example.Label ? 1 : 0)) * weight;
        if (words)
        {
            StepHashed(example.Words, gradient);
            StepHashed(example.Chars, gradient);
        }

        if (shape)
        {
            StepHashed(example.Shape, gradient);
        }

        for (var i = 0; i < Named.Length; i++)
        {
            if (example.Named[i] != 0 && !mask[i])
            {
                Update(ref Named[i], ref _namedSquares[i], gradient * example.Named[i], options.Rate * 0.4f, options.Decay);
            }
        }

        Update(ref _bias, ref _biasSquares, gradient, options.Rate * 0.4f, 0);
    }

    /// <summary>After the last step: scaling goes into the weights, hidden features out of them.</summary>
    public void Finish(bool[] hidden)
    {
        for (var i = 0; i < _hashed.Length; i++)
        {
            _hashed[i] *= _gain * (_evidence?[i] ?? 1);
        }

        (_evidence, _gain) = (null, 1);
        for (var i = 0; i < hidden.Length; i++)
        {
            Named[i] = hidden[i] ? 0 : Named[i];
        }
    }

    /// <summary>Adds the weights of another finished model.</summary>
    public Weights Plus(Weights other)
    {
        for (var i = 0; i < _hashed.Length; i++)
        {
            _hashed[i] += other._hashed[i];
        }

        for (var i = 0; i < Named.Length; i++)
        {
            Named[i] += other.Named[i];
        }

        _bias += other._bias;
        return this;
    }

    /// <summary>
    /// Cuts the largest weights to that of the given share of all. No single word then decides, and the steps of the table are fine for the rest.
    /// </summary>
    public void Cut(double share)
    {
        var sizes = _hashed.Where(w => w != 0).Select(MathF.Abs).Order().ToArray();
        if (sizes.Length > 0)
        {
            var most = sizes[(int)((sizes.Length - 1) * share)];
            for (var i = 0; i < _hashed.Length; i++)
            {
                _hashed[i] = Math.Clamp(_hashed[i], -most, most);
            }
        }
    }

    public LinearModel Quantise(string name, double slope, double offset)
    {
        var scale = Math.Max(1e-6f, _hashed.Max(MathF.Abs)) / sbyte.MaxValue;
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

    private double Score(Example example, bool[]? mask, bool words, bool shape)
    {
        double score = _bias + (words ? Sum(example.Words) + Sum(example.Chars) : 0) + (shape ? Sum(example.Shape) : 0);
        for (var i = 0; i < Named.Length; i++)
        {
            score += mask is not null && mask[i] ? 0 : example.Named[i] * Named[i];
        }

        return score;
    }

    private double Sum(int[] indices)
    {
        var sum = 0.0;
        if (_evidence is { } evidence)
        {
            foreach (var i in indices)
            {
                sum += _hashed[i & _mask] * evidence[i & _mask];
            }
        }
        else
        {
            foreach (var i in indices)
            {
                sum += _hashed[i & _mask];
            }
        }

        return indices.Length == 0 ? 0 : sum * _gain / Math.Sqrt(indices.Length);
    }

    private void StepHashed(int[] indices, float gradient)
    {
        if (indices.Length == 0)
        {
            return;
        }

        var share = gradient * _gain / MathF.Sqrt(indices.Length);
        foreach (var i in indices)
        {
            var at = i & _mask;
            Update(ref _hashed[at], ref _hashedSquares[at], _evidence is null ? share : share * _evidence[at], options.Rate, options.Decay);
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
