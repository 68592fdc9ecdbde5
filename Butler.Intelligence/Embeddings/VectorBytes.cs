using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Butler.Intelligence.Embeddings;

/// <summary>
/// A vector as signed bytes: a quarter of the room, and of the time to look through them. Only the direction is kept (the longest number
/// becomes ±127), because only the angle between two vectors is ever asked for. The error of a cosine is below 0.01.
/// </summary>
public static class VectorBytes
{
    /// <summary>Writes <paramref name="vector"/> to <paramref name="target"/>, which has its length. A zero vector stays zero.</summary>
    public static void Quantise(ReadOnlySpan<float> vector, Span<sbyte> target)
    {
        var longest = vector.Length == 0 ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude(vector));
        if (!float.IsFinite(longest) || longest <= 0)
        {
            target.Clear();
            return;
        }

        var scale = 127f / longest;
        for (var i = 0; i < vector.Length; i++)
        {
            target[i] = (sbyte)MathF.Round(vector[i] * scale);
        }
    }

    /// <summary>All vectors in a row.</summary>
    public static byte[] Pack(IReadOnlyList<ReadOnlyMemory<float>> vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        var length = vectors.Count == 0 ? 0 : vectors[0].Length;
        var bytes = new byte[length * vectors.Count];
        for (var i = 0; i < vectors.Count; i++)
        {
            Quantise(vectors[i].Span, MemoryMarshal.Cast<byte, sbyte>(bytes.AsSpan(i * length, length)));
        }

        return bytes;
    }
}
