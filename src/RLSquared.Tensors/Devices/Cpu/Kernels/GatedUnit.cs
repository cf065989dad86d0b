using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

/// <summary>y = a σ(a) b, the gated unit of feed-forward networks (SwiGLU, Shazeer 2020).</summary>
internal readonly struct GatedFunction : IBinaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector a, TVector b)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> =>
        TSimd.Multiply(TSimd.Multiply(a, VectorMath.Sigmoid<TVector, TSimd>(a)), b);
}

/// <summary>Its gradients: db = g a σ(a), da = g b σ(a) (1 + a (1 − σ(a))). One exponential per number.</summary>
internal static unsafe class GatedUnit
{
    public static void Backward(float* a, float* b, float* g, float* da, float* db, nint count)
    {
        nint done = Vector512.IsHardwareAccelerated
            ? Backward<Vector512<float>, Simd512>(a, b, g, da, db, 0, count)
            : Vector256.IsHardwareAccelerated
                ? Backward<Vector256<float>, Simd256>(a, b, g, da, db, 0, count)
                : Backward<Vector128<float>, Simd128>(a, b, g, da, db, 0, count);
        Backward<float, SimdScalar>(a, b, g, da, db, done, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static nint Backward<TVector, TSimd>(
        float* a, float* b, float* g, float* da, float* db, nint start, nint count)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        nint i = start;
        TVector one = TSimd.Broadcast(1);
        for (; i <= count - TSimd.Width; i += TSimd.Width)
        {
            TVector x = TSimd.Load(a + i), slope = TSimd.Load(g + i), up = TSimd.Load(b + i);
            TVector sigma = VectorMath.Sigmoid<TVector, TSimd>(x), rest = TSimd.Subtract(one, sigma);
            TSimd.Store(TSimd.Multiply(slope, TSimd.Multiply(x, sigma)), db + i);
            TVector inner = TSimd.Multiply(sigma, TSimd.FusedMultiplyAdd(x, rest, one));
            TSimd.Store(TSimd.Multiply(TSimd.Multiply(slope, up), inner), da + i);
        }
        return i;
    }
}
