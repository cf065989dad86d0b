using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// The product of a single row: c[n] = Σ_k a[k] · B[k, n], as an agent makes it that acts alone. Nothing of B is used
/// twice, so the time is that of reading it once; the tiles of <see cref="MatrixProduct"/> would compute rows that are
/// not there. Eight sums of one register each run side by side, since one sum alone would wait for its own additions
/// (four cycles each) twice as long as for the memory.
/// <para>The chain of each sum is that of the matrix product, bit for bit.</para>
/// Cost: 2·N·K operations on 4·N·K bytes.
/// </summary>
internal static unsafe class RowProduct
{
    const int WidestPair = 32;                          // floats of two registers

    /// <summary>With B packed.</summary>
    /// <param name="a">[K].</param>
    /// <param name="b">The matrix.</param>
    /// <param name="first">The first column wanted, on the edge of a panel.</param>
    /// <param name="N">Columns wanted.</param>
    /// <param name="c">Receives [N].</param>
    public static void Packed(float* a, in PackedMatrix b, nint first, nint N, float* c)
    {
        if (Vector512.IsHardwareAccelerated)
            Packed<Vector512<float>, Simd512>(a, in b, first, N, c);
        else if (Vector256.IsHardwareAccelerated)
            Packed<Vector256<float>, Simd256>(a, in b, first, N, c);
        else
            Packed<Vector128<float>, Simd128>(a, in b, first, N, c);
    }

    static void Packed<TVector, TSimd>(float* a, in PackedMatrix b, nint first, nint N, float* c)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        if (b.Bf16Panels != null)
            Packed<TVector, TSimd, ushort, Bf16<TVector, TSimd>>(a, b.Bf16Panels + first * b.K, b.K, N, c);
        else
            Packed<TVector, TSimd, float, F32<TVector, TSimd>>(a, b.Panels + first * b.K, b.K, N, c);
    }

    static void Packed<TVector, TSimd, TNumber, TRead>(float* a, TNumber* b, nint K, nint N, float* c)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
        where TNumber : unmanaged
        where TRead : struct, IRead<TVector, TNumber>
    {
        nint width = 2 * TSimd.Width;
        for (; N >= 4 * width; N -= 4 * width, b += 4 * width * K, c += 4 * width)
            FourPairs<TVector, TSimd, TNumber, TRead>(K, a, b, width * K, width, c);
        for (; N >= width; N -= width, b += width * K, c += width)
            Pair<TVector, TSimd, TNumber, TRead>(K, a, b, width, c, load: false);
        if (N == 0)
            return;
        // The last panel is filled up with zeros.
        float* sums = stackalloc float[WidestPair];
        Pair<TVector, TSimd, TNumber, TRead>(K, a, b, width, sums, load: false);
        new Span<float>(sums, (int)N).CopyTo(new Span<float>(c, (int)N));
    }

    /// <summary>With B [K, N] where it lies, its rows <paramref name="ldb"/> floats apart.</summary>
    public static void InPlace<TVector, TSimd>(float* a, float* b, nint ldb, nint K, nint N, float* c)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint width = 2 * TSimd.Width;
        for (; N >= 4 * width; N -= 4 * width, b += 4 * width, c += 4 * width)
            FourPairs<TVector, TSimd, float, F32<TVector, TSimd>>(K, a, b, width, ldb, c);
        for (; N >= width; N -= width, b += width, c += width)
            Pair<TVector, TSimd, float, F32<TVector, TSimd>>(K, a, b, ldb, c, load: false);
        if (N == 0)
            return;
        // Two registers reach beyond these columns into the next row, which does no harm, but not beyond the last row.
        nint beyond = width - N, last = Math.Min(K, (beyond + ldb - 1) / ldb);
        float* sums = stackalloc float[WidestPair], row = stackalloc float[WidestPair];
        new Span<float>(sums, (int)width).Clear();
        new Span<float>(row, (int)width).Clear();
        Pair<TVector, TSimd, float, F32<TVector, TSimd>>(K - last, a, b, ldb, sums, load: true);
        for (nint k = K - last; k < K; k++)
        {
            new Span<float>(b + k * ldb, (int)N).CopyTo(new Span<float>(row, (int)N));
            Pair<TVector, TSimd, float, F32<TVector, TSimd>>(1, a + k, row, 0, sums, load: true);
        }
        new Span<float>(sums, (int)N).CopyTo(new Span<float>(c, (int)N));
    }

    /// <summary>Four pairs of registers at once, which begin <paramref name="apart"/> floats from each other.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void FourPairs<TVector, TSimd, TNumber, TRead>(nint K, float* a, TNumber* b, nint apart, nint row, float* c)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
        where TNumber : unmanaged
        where TRead : struct, IRead<TVector, TNumber>
    {
        nint V = TSimd.Width;
        TVector c0l = TSimd.Broadcast(0), c0r = TSimd.Broadcast(0), c1l = TSimd.Broadcast(0), c1r = TSimd.Broadcast(0);
        TVector c2l = TSimd.Broadcast(0), c2r = TSimd.Broadcast(0), c3l = TSimd.Broadcast(0), c3r = TSimd.Broadcast(0);
        TNumber* b1 = b + apart, b2 = b1 + apart, b3 = b2 + apart;
        for (nint k = 0, at = 0; k < K; k++, at += row)
        {
            TVector x = TSimd.Broadcast(a[k]);
            c0l = TSimd.FusedMultiplyAdd(x, TRead.Load(b + at), c0l);
            c0r = TSimd.FusedMultiplyAdd(x, TRead.Load(b + at + V), c0r);
            c1l = TSimd.FusedMultiplyAdd(x, TRead.Load(b1 + at), c1l);
            c1r = TSimd.FusedMultiplyAdd(x, TRead.Load(b1 + at + V), c1r);
            c2l = TSimd.FusedMultiplyAdd(x, TRead.Load(b2 + at), c2l);
            c2r = TSimd.FusedMultiplyAdd(x, TRead.Load(b2 + at + V), c2r);
            c3l = TSimd.FusedMultiplyAdd(x, TRead.Load(b3 + at), c3l);
            c3r = TSimd.FusedMultiplyAdd(x, TRead.Load(b3 + at + V), c3r);
        }
        TSimd.Store(c0l, c);
        TSimd.Store(c0r, c + V);
        TSimd.Store(c1l, c + 2 * V);
        TSimd.Store(c1r, c + 3 * V);
        TSimd.Store(c2l, c + 4 * V);
        TSimd.Store(c2r, c + 5 * V);
        TSimd.Store(c3l, c + 6 * V);
        TSimd.Store(c3r, c + 7 * V);
    }

    /// <summary>One pair of registers; <paramref name="load"/>: its sums go on from c.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Pair<TVector, TSimd, TNumber, TRead>(nint K, float* a, TNumber* b, nint row, float* c, bool load)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
        where TNumber : unmanaged
        where TRead : struct, IRead<TVector, TNumber>
    {
        nint V = TSimd.Width;
        TVector left = load ? TSimd.Load(c) : TSimd.Broadcast(0), right = load ? TSimd.Load(c + V) : TSimd.Broadcast(0);
        for (nint k = 0; k < K; k++, b += row)
        {
            TVector x = TSimd.Broadcast(a[k]);
            left = TSimd.FusedMultiplyAdd(x, TRead.Load(b), left);
            right = TSimd.FusedMultiplyAdd(x, TRead.Load(b + V), right);
        }
        TSimd.Store(left, c);
        TSimd.Store(right, c + V);
    }

    /// <summary>How the numbers of B are read into a register.</summary>
    interface IRead<TVector, TNumber> where TNumber : unmanaged
    {
        static abstract TVector Load(TNumber* source);
    }

    readonly struct F32<TVector, TSimd> : IRead<TVector, float>
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(float* source) => TSimd.Load(source);
    }

    readonly struct Bf16<TVector, TSimd> : IRead<TVector, ushort>
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(ushort* source) => TSimd.LoadBf16(source);
    }
}
