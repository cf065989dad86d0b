using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

/// <summary>A function of one number, written for vectors of any width.</summary>
internal interface IUnaryFunction
{
    /// <summary>f in every place.</summary>
    static abstract TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>;
}

/// <summary>A function of two numbers, written for vectors of any width.</summary>
internal interface IBinaryFunction
{
    /// <summary>f in every place.</summary>
    static abstract TVector Apply<TVector, TSimd>(TVector a, TVector b)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>;
}

/// <summary>
/// y[i] = f(x[i]) and y[i] = f(a[i], b[i]): the loops and their tails, once for all functions. 4 bytes are read or
/// written per number and vector; y may be an operand.
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

    /// <summary>The plain loop of two operands: the specification.</summary>
    public static void Reference<TFunction>(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
        where TFunction : struct, IBinaryFunction
    {
        for (int i = 0; i < a.Length; i++)
            y[i] = TFunction.Apply<float, SimdScalar>(a[i], b[i]);
    }

    /// <summary>The same bits with the widest vectors that the processor has.</summary>
    public static void Zip<TFunction>(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
        where TFunction : struct, IBinaryFunction
    {
        if (b.Length < a.Length || y.Length < a.Length)
        {
            throw new ArgumentException(
                $"{a.Length} numbers need as many others and places, not {b.Length} and {y.Length}");
        }
        fixed (float* left = &MemoryMarshal.GetReference(a), right = &MemoryMarshal.GetReference(b),
            to = &MemoryMarshal.GetReference(y))
        {
            int done = Vector512.IsHardwareAccelerated
                ? Zip<TFunction, Vector512<float>, Simd512>(left, right, to, 0, a.Length)
                : Vector256.IsHardwareAccelerated
                    ? Zip<TFunction, Vector256<float>, Simd256>(left, right, to, 0, a.Length)
                    : Zip<TFunction, Vector128<float>, Simd128>(left, right, to, 0, a.Length);
            Zip<TFunction, float, SimdScalar>(left, right, to, done, a.Length);
        }
    }

    // From `start` as far as whole vectors go; returns where it stopped.
    static int Zip<TFunction, TVector, TSimd>(float* a, float* b, float* y, int start, int count)
        where TFunction : struct, IBinaryFunction
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        int i = start;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
            TSimd.Store(TFunction.Apply<TVector, TSimd>(TSimd.Load(a + i), TSimd.Load(b + i)), y + i);
        return i;
    }
}
