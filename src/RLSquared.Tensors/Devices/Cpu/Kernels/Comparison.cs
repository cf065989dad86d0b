using System.Numerics;
using System.Runtime.InteropServices;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// Masks: y[i] = 1 where a[i] ≤ b[i], else 0; b may be one number for all. A NaN on either side is not 'at most'.
/// </summary>
internal static unsafe class Comparison
{
    /// <summary>The specification; <paramref name="b"/> has one number per a, or one alone.</summary>
    public static void Reference(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
    {
        for (int i = 0; i < a.Length; i++)
            y[i] = a[i] <= b[b.Length == 1 ? 0 : i] ? 1 : 0;
    }

    /// <summary>1 where a ≤ b.</summary>
    public static void IsAtMost(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
    {
        fixed (float* left = &MemoryMarshal.GetReference(a), right = &MemoryMarshal.GetReference(b),
            to = &MemoryMarshal.GetReference(y))
        {
            int width = Vector<float>.Count, i = 0;
            for (; i <= a.Length - width; i += width)
                Mask(Vector.Load(left + i), Vector.Load(right + i)).Store(to + i);
            for (; i < a.Length; i++)
                to[i] = left[i] <= right[i] ? 1 : 0;
        }
    }

    /// <summary>1 where a is at most the one number b.</summary>
    public static void IsAtMost(ReadOnlySpan<float> a, float b, Span<float> y)
    {
        fixed (float* left = &MemoryMarshal.GetReference(a), to = &MemoryMarshal.GetReference(y))
        {
            int width = Vector<float>.Count, i = 0;
            Vector<float> right = Vector.Create(b);
            for (; i <= a.Length - width; i += width)
                Mask(Vector.Load(left + i), right).Store(to + i);
            for (; i < a.Length; i++)
                to[i] = left[i] <= b ? 1 : 0;
        }
    }

    static Vector<float> Mask(Vector<float> a, Vector<float> b) =>
        Vector.BitwiseAnd(Vector.LessThanOrEqual(a, b).As<int, float>(), Vector<float>.One);
}
