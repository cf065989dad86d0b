using System.Numerics.Tensors;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// y[t] = x[t] + factor[t] · y[t ∓ 1] over the first axis of [T, N]. All N chains go side by side, so the vectors lie
/// along N. Cost: 2·T·N operations, 16 bytes read and written per number.
/// </summary>
internal static class Recurrence
{
    public static void Run(
        bool backwards, int T, ReadOnlySpan<float> x, ReadOnlySpan<float> factor, Span<float> y)
    {
        int N = T == 0 ? 0 : x.Length / T;
        for (int i = 0; i < T; i++)
        {
            int t = backwards ? T - 1 - i : i, before = backwards ? t + 1 : t - 1;
            ReadOnlySpan<float> own = x.Slice(t * N, N);
            Span<float> to = y.Slice(t * N, N);
            if (i == 0)
                own.CopyTo(to);
            else
                TensorPrimitives.MultiplyAdd(factor.Slice(t * N, N), y.Slice(before * N, N), own, to);
        }
    }
}
