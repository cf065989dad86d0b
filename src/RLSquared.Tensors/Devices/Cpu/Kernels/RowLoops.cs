using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// Loops over the rows of a matrix [R, C] as layers of some ten or hundred units have them: a bias that is added to
/// every row, and the sum of the rows that is its gradient. A vector routine for each row would cost as much to call as
/// to run.
/// </summary>
internal static unsafe class RowLoops
{
    /// <summary>y[r, c] = f(a[r, c], b[c]); y may be a.</summary>
    public static void ZipRow<TFunction>(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
        where TFunction : struct, IBinaryFunction
    {
        if (y.Length < a.Length || (b.Length > 0 && a.Length % b.Length != 0))
        {
            throw new ArgumentException(
                $"{a.Length} numbers are no rows of {b.Length}, or do not fit into {y.Length} places");
        }
        fixed (float* left = &MemoryMarshal.GetReference(a), right = &MemoryMarshal.GetReference(b),
            to = &MemoryMarshal.GetReference(y))
        {
            int done = Vector512.IsHardwareAccelerated
                ? ZipRow<TFunction, Vector512<float>, Simd512>(left, right, to, a.Length, 0, b.Length)
                : Vector256.IsHardwareAccelerated
                    ? ZipRow<TFunction, Vector256<float>, Simd256>(left, right, to, a.Length, 0, b.Length)
                    : ZipRow<TFunction, Vector128<float>, Simd128>(left, right, to, a.Length, 0, b.Length);
            ZipRow<TFunction, float, SimdScalar>(left, right, to, a.Length, done, b.Length);
        }
    }

    // The columns from the first on, as far as whole vectors go; returns where it stopped.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static int ZipRow<TFunction, TVector, TSimd>(float* a, float* b, float* y, int count, int first, int columns)
        where TFunction : struct, IBinaryFunction
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        int end = first + (columns - first) / TSimd.Width * TSimd.Width;
        if (end == first)
            return first;
        for (int row = 0; row < count; row += columns)
        {
            for (int c = first; c < end; c += TSimd.Width)
            {
                TVector both = TFunction.Apply<TVector, TSimd>(TSimd.Load(a + row + c), TSimd.Load(b + c));
                TSimd.Store(both, y + row + c);
            }
        }
        return end;
    }

    /// <summary>y[c] = Σ_r x[r, c], added up from the first row to the last.</summary>
    public static void SumRows(ReadOnlySpan<float> x, Span<float> y)
    {
        if (y.Length > 0 && x.Length % y.Length != 0)
            throw new ArgumentException($"{x.Length} numbers are no rows of {y.Length}");
        fixed (float* from = &MemoryMarshal.GetReference(x), to = &MemoryMarshal.GetReference(y))
        {
            int done = Vector512.IsHardwareAccelerated
                ? SumRows<Vector512<float>, Simd512>(from, to, x.Length, 0, y.Length)
                : Vector256.IsHardwareAccelerated
                    ? SumRows<Vector256<float>, Simd256>(from, to, x.Length, 0, y.Length)
                    : SumRows<Vector128<float>, Simd128>(from, to, x.Length, 0, y.Length);
            SumRows<float, SimdScalar>(from, to, x.Length, done, y.Length);
        }
    }

    // Four vectors of sums at a time, which stay in registers, then one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static int SumRows<TVector, TSimd>(float* x, float* y, int count, int first, int columns)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        int V = TSimd.Width, c = first;
        for (; c <= columns - 4 * V; c += 4 * V)
        {
            TVector s0 = TSimd.Broadcast(0), s1 = s0, s2 = s0, s3 = s0;
            for (float* row = x + c, end = x + count; row < end; row += columns)
            {
                s0 = TSimd.Add(s0, TSimd.Load(row));
                s1 = TSimd.Add(s1, TSimd.Load(row + V));
                s2 = TSimd.Add(s2, TSimd.Load(row + 2 * V));
                s3 = TSimd.Add(s3, TSimd.Load(row + 3 * V));
            }
            TSimd.Store(s0, y + c);
            TSimd.Store(s1, y + c + V);
            TSimd.Store(s2, y + c + 2 * V);
            TSimd.Store(s3, y + c + 3 * V);
        }
        for (; c <= columns - V; c += V)
        {
            TVector sum = TSimd.Broadcast(0);
            for (float* row = x + c, end = x + count; row < end; row += columns)
                sum = TSimd.Add(sum, TSimd.Load(row));
            TSimd.Store(sum, y + c);
        }
        return c;
    }
}
