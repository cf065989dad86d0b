using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Kernels;

/// <summary>A function of one number, written for vectors of any width.</summary>
internal interface IUnaryFunction
{
    /// <summary>f in every place.</summary>
    static abstract TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>;
}

/// <summary>
/// y[i] = f(x[i]): the loop and its tail, once for all functions. Reads and writes 4 bytes per number each; y may be x.
/// </summary>
internal static unsafe class Elementwise
{
    /// <summary>The plain loop: the specification.</summary>
    public static void Reference<TFunction>(ReadOnlySpan<float> x, Span<float> y)
        where TFunction : struct, IUnaryFunction
    {
        for (int i = 0; i < x.Length; i++)
            y[i] = TFunction.Apply<float, SimdScalar>(x[i]);
    }

    /// <summary>The same bits with the widest vectors that the processor has.</summary>
    public static void Map<TFunction>(ReadOnlySpan<float> x, Span<float> y)
        where TFunction : struct, IUnaryFunction
    {
        if (y.Length < x.Length)
            throw new ArgumentException($"{x.Length} results do not fit into {y.Length} places");
        fixed (float* from = &MemoryMarshal.GetReference(x), to = &MemoryMarshal.GetReference(y))
        {
            if (Vector512.IsHardwareAccelerated)
                Map<TFunction, Vector512<float>, Simd512>(from, to, x.Length);
            else if (Vector256.IsHardwareAccelerated)
                Map<TFunction, Vector256<float>, Simd256>(from, to, x.Length);
            else
                Map<TFunction, Vector128<float>, Simd128>(from, to, x.Length);
        }
    }

    internal static void Map<TFunction, TVector, TSimd>(float* x, float* y, int count)
        where TFunction : struct, IUnaryFunction
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        int i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
            TSimd.Store(TFunction.Apply<TVector, TSimd>(TSimd.Load(x + i)), y + i);
        if (i == count)
            return;

        // The tail goes through one more vector, padded with zeros.
        float* padded = stackalloc float[TSimd.Width];
        int left = count - i;
        new ReadOnlySpan<float>(x + i, left).CopyTo(new Span<float>(padded, TSimd.Width));
        TSimd.Store(TFunction.Apply<TVector, TSimd>(TSimd.Load(padded)), padded);
        new ReadOnlySpan<float>(padded, left).CopyTo(new Span<float>(y + i, left));
    }
}

/// <summary>eˣ.</summary>
internal readonly struct ExpFunction : IUnaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> => VectorMath.Exp<TVector, TSimd>(x);
}

/// <summary>ln x.</summary>
internal readonly struct LogFunction : IUnaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> => VectorMath.Log<TVector, TSimd>(x);
}

/// <summary>tanh x.</summary>
internal readonly struct TanhFunction : IUnaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> => VectorMath.Tanh<TVector, TSimd>(x);
}

/// <summary>1 / (1 + e⁻ˣ).</summary>
internal readonly struct SigmoidFunction : IUnaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> => VectorMath.Sigmoid<TVector, TSimd>(x);
}

/// <summary>1 where x > 0, else 0; 0 for NaN.</summary>
internal readonly struct IsPositiveFunction : IUnaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> =>
        TSimd.Select(TSimd.LessThan(TSimd.Broadcast(0f), x), TSimd.Broadcast(1f), TSimd.Broadcast(0f));
}
