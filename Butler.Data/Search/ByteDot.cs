using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Butler.Data.Search;

/// <summary>The product of two vectors of signed bytes, by SIMD where the machine has it. Exact: 3,072 × 127² fits 32 bits.</summary>
internal static class ByteDot
{
    public static int Of(ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b)
    {
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        var length = Math.Min(a.Length, b.Length);
        var i = 0;
        var sum = 0;
        if (Avx2.IsSupported)
        {
            var total = Vector256<int>.Zero;
            for (; i <= length - 16; i += 16)
            {
                var p = Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref x, (nuint)i));
                var q = Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref y, (nuint)i));
                total += Avx2.MultiplyAddAdjacent(p, q);
            }

            sum = Vector256.Sum(total);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            var total = Vector128<int>.Zero;
            for (; i <= length - 16; i += 16)
            {
                var (p0, p1) = Vector128.Widen(Vector128.LoadUnsafe(ref x, (nuint)i));
                var (q0, q1) = Vector128.Widen(Vector128.LoadUnsafe(ref y, (nuint)i));
                var (l0, h0) = Vector128.Widen(p0 * q0);
                var (l1, h1) = Vector128.Widen(p1 * q1);
                total += l0 + h0 + l1 + h1;
            }

            sum = Vector128.Sum(total);
        }

        for (; i < length; i++)
        {
            sum += Unsafe.Add(ref x, i) * Unsafe.Add(ref y, i);
        }

        return sum;
    }
}
