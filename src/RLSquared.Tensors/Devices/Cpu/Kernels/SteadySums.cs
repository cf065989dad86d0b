using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// Sums over a row whose order depends on the places in the row alone: not on where the row lies in memory, and not on
/// zeros behind its end. So a token has the same bits whichever tokens are computed with it, which the sums of
/// <see cref="System.Numerics.Tensors.TensorPrimitives"/> do not promise.
/// <para>Cost: one or two operations per number; one pass.</para>
/// </summary>
internal static unsafe class SteadySums
{
    /// <summary>Rows that are padded have a multiple of this length: two of the widest registers.</summary>
    public const int Group = 32;

    /// <summary>The length of a padded row.</summary>
    public static int Padded(int length) => (length + Group - 1) & -Group;

    /// <summary>Σ x².</summary>
    public static float OfSquares(float* x, int count) =>
        Vector512.IsHardwareAccelerated ? OfSquares<Vector512<float>, Simd512>(x, count)
        : Vector256.IsHardwareAccelerated ? OfSquares<Vector256<float>, Simd256>(x, count)
        : OfSquares<Vector128<float>, Simd128>(x, count);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float OfSquares<TVector, TSimd>(float* x, int count)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        int V = TSimd.Width, i = 0;
        TVector even = TSimd.Broadcast(0), odd = TSimd.Broadcast(0);
        for (; i <= count - 2 * V; i += 2 * V)
        {
            TVector left = TSimd.Load(x + i), right = TSimd.Load(x + i + V);
            even = TSimd.FusedMultiplyAdd(left, left, even);
            odd = TSimd.FusedMultiplyAdd(right, right, odd);
        }
        float sum = TSimd.Sum(TSimd.Add(even, odd));
        for (; i < count; i++)
            sum = MathF.FusedMultiplyAdd(x[i], x[i], sum);
        return sum;
    }

    /// <summary>
    /// x ← e^(scale · x − m) with m the largest of scale · x, over a padded row; gives m, the sum s of the results, and
    /// w = Σ e^(…) · (scale · x − m). What is to have no share holds <see cref="Nothing"/>.
    /// </summary>
    /// <param name="x">[padded].</param>
    /// <param name="padded">A multiple of <see cref="Group"/>.</param>
    /// <param name="scale">Above 0.</param>
    /// <param name="max">m.</param>
    /// <param name="weighted">w.</param>
    /// <returns>s.</returns>
    public static float Exponentials(float* x, int padded, float scale, out float max, out float weighted) =>
        Vector512.IsHardwareAccelerated
            ? Exponentials<Vector512<float>, Simd512>(x, padded, scale, out max, out weighted)
        : Vector256.IsHardwareAccelerated
            ? Exponentials<Vector256<float>, Simd256>(x, padded, scale, out max, out weighted)
        : Exponentials<Vector128<float>, Simd128>(x, padded, scale, out max, out weighted);

    /// <summary>A score whose exponential is 0; finite, so that 0 times it is no NaN.</summary>
    public const float Nothing = -1e30f;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float Exponentials<TVector, TSimd>(float* x, int padded, float scale, out float max, out float weighted)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        int V = TSimd.Width;
        TVector factor = TSimd.Broadcast(scale), most = TSimd.Broadcast(float.NegativeInfinity);
        for (int i = 0; i < padded; i += V)
        {
            TVector scaled = TSimd.Multiply(TSimd.Load(x + i), factor);
            TSimd.Store(scaled, x + i);
            most = TSimd.Max(most, scaled);
        }
        float* lanes = stackalloc float[16];
        TSimd.Store(most, lanes);
        max = lanes[0];
        for (int i = 1; i < V; i++)
            max = MathF.Max(max, lanes[i]);            // hands NaN on

        TVector shift = TSimd.Broadcast(max);
        TVector even = TSimd.Broadcast(0), odd = TSimd.Broadcast(0), product = TSimd.Broadcast(0);
        for (int i = 0; i < padded; i += 2 * V)
        {
            TVector left = TSimd.Subtract(TSimd.Load(x + i), shift);
            TVector right = TSimd.Subtract(TSimd.Load(x + i + V), shift);
            TVector a = VectorMath.Exp<TVector, TSimd>(left), b = VectorMath.Exp<TVector, TSimd>(right);
            TSimd.Store(a, x + i);
            TSimd.Store(b, x + i + V);
            even = TSimd.Add(even, a);
            odd = TSimd.Add(odd, b);
            product = TSimd.FusedMultiplyAdd(a, left, product);
            product = TSimd.FusedMultiplyAdd(b, right, product);
        }
        weighted = TSimd.Sum(product);
        return TSimd.Sum(TSimd.Add(even, odd));
    }

    /// <summary>x ← e^(scale · x − shift), over a padded row.</summary>
    public static void Exponentials(float* x, int padded, float scale, float shift)
    {
        if (Vector512.IsHardwareAccelerated)
            Exponentials<Vector512<float>, Simd512>(x, padded, scale, shift);
        else if (Vector256.IsHardwareAccelerated)
            Exponentials<Vector256<float>, Simd256>(x, padded, scale, shift);
        else
            Exponentials<Vector128<float>, Simd128>(x, padded, scale, shift);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Exponentials<TVector, TSimd>(float* x, int padded, float scale, float shift)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        TVector factor = TSimd.Broadcast(scale), by = TSimd.Broadcast(-shift);
        for (int i = 0; i < padded; i += TSimd.Width)
        {
            TSimd.Store(VectorMath.Exp<TVector, TSimd>(TSimd.FusedMultiplyAdd(TSimd.Load(x + i), factor, by)), x + i);
        }
    }
}
