using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

/// <summary>The numbers of one step of <see cref="AdamUpdate"/>.</summary>
/// <param name="Beta1">β₁.</param>
/// <param name="Beta2">β₂.</param>
/// <param name="Step">a = rate / (1 − β₁ᵗ).</param>
/// <param name="Correction">b = 1 / √(1 − β₂ᵗ).</param>
/// <param name="Epsilon">ε.</param>
/// <param name="Keep">k = 1 − rate · weight decay.</param>
internal readonly record struct AdamConstants(
    float Beta1, float Beta2, float Step, float Correction, float Epsilon, float Keep);

/// <summary>
/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← k w − a m / (b √v + ε), all vectors of one length, in one pass
/// that reads 16 bytes and writes 12 per number. Every width computes the same bits.
/// </summary>
internal static unsafe class AdamUpdate
{
    /// <summary>One step with the widest vectors that the processor has.</summary>
    public static void Apply(
        in AdamConstants constants, ReadOnlySpan<float> g, Span<float> m, Span<float> v, Span<float> w)
    {
        fixed (float* gradient = &MemoryMarshal.GetReference(g), first = &MemoryMarshal.GetReference(m),
            second = &MemoryMarshal.GetReference(v), weight = &MemoryMarshal.GetReference(w))
        {
            int done = Vector512.IsHardwareAccelerated
                ? Apply<Vector512<float>, Simd512>(in constants, gradient, first, second, weight, 0, g.Length)
                : Vector256.IsHardwareAccelerated
                    ? Apply<Vector256<float>, Simd256>(in constants, gradient, first, second, weight, 0, g.Length)
                    : Apply<Vector128<float>, Simd128>(in constants, gradient, first, second, weight, 0, g.Length);
            Apply<float, SimdScalar>(in constants, gradient, first, second, weight, done, g.Length);
        }
    }

    /// <summary>
    /// From <paramref name="start"/> on as far as whole vectors go; with one number per vector, the specification.
    /// </summary>
    /// <returns>Where it stopped.</returns>
    internal static int Apply<TVector, TSimd>(
        in AdamConstants constants, float* g, float* m, float* v, float* w, int start, int count)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        TVector beta1 = TSimd.Broadcast(constants.Beta1), other1 = TSimd.Broadcast(1 - constants.Beta1);
        TVector beta2 = TSimd.Broadcast(constants.Beta2), other2 = TSimd.Broadcast(1 - constants.Beta2);
        TVector step = TSimd.Broadcast(constants.Step), correction = TSimd.Broadcast(constants.Correction);
        TVector epsilon = TSimd.Broadcast(constants.Epsilon), keep = TSimd.Broadcast(constants.Keep);
        int i = start;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
        {
            TVector gradient = TSimd.Load(g + i);
            TVector first = TSimd.FusedMultiplyAdd(
                beta1, TSimd.Load(m + i), TSimd.Multiply(other1, gradient));
            TVector second = TSimd.FusedMultiplyAdd(
                beta2, TSimd.Load(v + i), TSimd.Multiply(TSimd.Multiply(other2, gradient), gradient));
            TVector size = TSimd.FusedMultiplyAdd(correction, TSimd.SquareRoot(second), epsilon);
            TVector change = TSimd.Divide(TSimd.Multiply(step, first), size);
            TSimd.Store(first, m + i);
            TSimd.Store(second, v + i);
            TSimd.Store(TSimd.Subtract(TSimd.Multiply(keep, TSimd.Load(w + i)), change), w + i);
        }
        return i;
    }
}
