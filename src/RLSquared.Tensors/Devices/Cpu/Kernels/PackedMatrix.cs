using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// A right operand op(B) [K, N] of <see cref="MatrixProduct"/>, laid out once and used for many products, as a
/// recurrent network does with its weights over a sequence. The memory is the caller's: <see cref="PackedLength"/>
/// numbers, best aligned to 64 bytes, and it must outlive the value.
///
/// Layout: panels of <see cref="PanelWidth"/> columns, one after the other; within a panel row k holds its columns side
/// by side, so the innermost loop reads memory in order. The last panel is filled up with zeros.
///
/// Where every number is one that bfloat16 has, as in a model that was published so, the panels can hold two bytes for
/// each (<see cref="PackBf16"/>). The product widens them as it reads, which is exact, so its bits stay the same; a
/// product with few rows takes as long as reading the panels, and so half of the time.
/// </summary>
internal readonly unsafe struct PackedMatrix
{
    private PackedMatrix(int rows, int columns, float* panels, ushort* bf16Panels)
    {
        K = rows;
        N = columns;
        Panels = panels;
        Bf16Panels = bf16Panels;
    }

    /// <summary>Columns of one panel: two registers of the widest kind that the machine has.</summary>
    public static int PanelWidth =>
        Vector512.IsHardwareAccelerated ? 32 : Vector256.IsHardwareAccelerated ? 16 : 8;

    public int K { get; }

    public int N { get; }

    /// <summary>The panels, or null where they hold bfloat16.</summary>
    public float* Panels { get; }

    /// <summary>The panels as bfloat16, the upper halves of the floats; or null.</summary>
    public ushort* Bf16Panels { get; }

    /// <summary>Numbers that packing writes for an operand of K rows and N columns.</summary>
    public static nint PackedLength(int K, int N) => Packing.PanelsLength(K, N, PanelWidth);

    /// <summary>
    /// Lays out op(B) [K, N] in <paramref name="destination"/>; <paramref name="b"/> holds [K, N], or [N, K] when
    /// transposed, with rows <paramref name="ldb"/> floats apart.
    /// </summary>
    public static PackedMatrix Pack(bool transposeB, int K, int N, float* b, int ldb, float* destination)
    {
        Packing.PackPanels(transposeB, K, N, b, ldb, destination, PanelWidth);
        return new PackedMatrix(K, N, destination, null);
    }

    /// <summary>As <see cref="Pack"/>, for numbers of which bfloat16 loses nothing (<see cref="FitBf16"/>).</summary>
    public static PackedMatrix PackBf16(bool transposeB, int K, int N, float* b, int ldb, ushort* destination)
    {
        nint width = PanelWidth;
        float* panel = Workspace.Rent(K * width);
        ushort* target = destination;
        for (nint j = 0; j < N; j += width, target += K * width)
        {
            Packing.PackPanels(
                transposeB, K, Math.Min(width, N - j), transposeB ? b + j * ldb : b + j, ldb, panel, width);
            for (nint i = 0; i < K * width; i++)
                target[i] = (ushort)(((uint*)panel)[i] >> 16);
        }
        return new PackedMatrix(K, N, null, destination);
    }

    /// <summary>Whether bfloat16 has each of these numbers: the lower half of its bits is zero.</summary>
    public static bool FitBf16(float* numbers, nint count)
    {
        uint* bits = (uint*)numbers;
        for (nint i = 0; i < count;)
        {
            uint lower = 0;
            for (nint end = Math.Min(count, i + 1024); i < end; i++)
                lower |= bits[i];
            if ((lower & 0xFFFF) != 0)
                return false;
        }
        return true;
    }
}

/// <summary>Copies of operands into the order in which the innermost loop of the matrix product reads them.</summary>
internal static unsafe class Packing
{
    public static nint PanelsLength(nint K, nint N, nint width) => (N + width - 1) / width * width * K;

    /// <summary>op(B) [K, N] into panels [⌈N/width⌉][K][width], the missing columns zero.</summary>
    public static void PackPanels(
        bool transposeB, nint K, nint N, float* b, nint ldb, float* destination, nint width)
    {
        for (nint j = 0; j < N; j += width)
        {
            nint columns = Math.Min(width, N - j);
            if (transposeB)
                PackTransposed(columns, K, b + (j * ldb), ldb, destination, width);
            else
                PackRows(K, columns, b + j, ldb, destination, width);
            destination += K * width;
        }
    }

    /// <summary>destination[i, j] = source[i, j] for j &lt; columns, 0 for columns ≤ j &lt; width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackRows(
        nint rows, nint columns, float* source, nint stride, float* destination, nint width)
    {
        // The widths that tiles have get a loop without an inner loop.
        if (columns == width && width == 32 && Vector512.IsHardwareAccelerated)
        {
            CopyRows<Vector512<float>, Simd512>(rows, source, stride, destination, width);
            return;
        }

        if (columns == width && width is (8 or 12 or 16))
        {
            CopyRows<Vector256<float>, Simd256>(rows, source, stride, destination, width);
            return;
        }

        if (columns == width && width == 6)
        {
            CopyRows<Vector128<float>, Simd128>(rows, source, stride, destination, width);
            return;
        }

        for (nint i = 0; i < rows; i++)
        {
            nint j = 0;
            for (; j <= columns - 4; j += 4)
                Vector128.Load(source + j).Store(destination + j);
            for (; j < columns; j++)
                destination[j] = source[j];
            for (; j < width; j++)
                destination[j] = 0;
            source += stride;
            destination += width;
        }
    }

    /// <summary>Rows of one to two vectors: the first of each row, and the last, which may overlap it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyRows<TVector, TSimd>(
        nint rows, float* source, nint stride, float* destination, nint width)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint last = width - TSimd.Width;
        for (nint i = 0; i < rows; i++)
        {
            TSimd.Store(TSimd.Load(source), destination);
            TSimd.Store(TSimd.Load(source + last), destination + last);
            source += stride;
            destination += width;
        }
    }

    /// <summary>destination[j, i] = source[i, j] for i &lt; rows, 0 for rows ≤ i &lt; width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTransposed(
        nint rows, nint columns, float* source, nint stride, float* destination, nint width)
    {
        nint i = 0;
        for (; i <= rows - 4; i += 4)
        {
            float* row0 = source + (i * stride), row1 = row0 + stride, row2 = row1 + stride, row3 = row2 + stride;
            float* target = destination + i;
            nint j = 0;
            if (Vector512.IsHardwareAccelerated)
            {
                for (; j <= columns - 16; j += 16)
                {
                    Transpose4x16(row0 + j, row1 + j, row2 + j, row3 + j, target, width);
                    target += 16 * width;
                }
            }

            for (; j <= columns - 4; j += 4)
            {
                Transpose4x4(row0 + j, row1 + j, row2 + j, row3 + j, target, width);
                target += 4 * width;
            }

            for (; j < columns; j++)
            {
                target[0] = row0[j];
                target[1] = row1[j];
                target[2] = row2[j];
                target[3] = row3[j];
                target += width;
            }
        }

        for (; i < rows; i++)
        {
            float* row = source + (i * stride);
            for (nint j = 0; j < columns; j++)
                destination[(j * width) + i] = row[j];
        }

        for (; i < width; i++)
        {
            for (nint j = 0; j < columns; j++)
                destination[(j * width) + i] = 0;
        }
    }

    /// <summary>Four 4×4 transposes at once, one in each quarter of the registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose4x16(
        float* row0, float* row1, float* row2, float* row3, float* destination, nint width)
    {
        Vector512<float> a = Vector512.Load(row0), b = Vector512.Load(row1);
        Vector512<float> c = Vector512.Load(row2), d = Vector512.Load(row3);
        Vector512<float> acLow = Avx512F.UnpackLow(a, c), acHigh = Avx512F.UnpackHigh(a, c);
        Vector512<float> bdLow = Avx512F.UnpackLow(b, d), bdHigh = Avx512F.UnpackHigh(b, d);
        Vector512<float> k0 = Avx512F.UnpackLow(acLow, bdLow), k1 = Avx512F.UnpackHigh(acLow, bdLow);
        Vector512<float> k2 = Avx512F.UnpackLow(acHigh, bdHigh), k3 = Avx512F.UnpackHigh(acHigh, bdHigh);
        StoreQuarter(k0, k1, k2, k3, 0, destination, width);
        StoreQuarter(k0, k1, k2, k3, 1, destination + (4 * width), width);
        StoreQuarter(k0, k1, k2, k3, 2, destination + (8 * width), width);
        StoreQuarter(k0, k1, k2, k3, 3, destination + (12 * width), width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreQuarter(
        Vector512<float> k0, Vector512<float> k1, Vector512<float> k2, Vector512<float> k3,
        [ConstantExpected] byte quarter, float* destination, nint width)
    {
        Avx512F.ExtractVector128(k0, quarter).Store(destination);
        Avx512F.ExtractVector128(k1, quarter).Store(destination + width);
        Avx512F.ExtractVector128(k2, quarter).Store(destination + (2 * width));
        Avx512F.ExtractVector128(k3, quarter).Store(destination + (3 * width));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose4x4(
        float* row0, float* row1, float* row2, float* row3, float* destination, nint width)
    {
        Vector128<float> a = Vector128.Load(row0), b = Vector128.Load(row1);
        Vector128<float> c = Vector128.Load(row2), d = Vector128.Load(row3);
        Vector128<float> acLow = UnpackLow(a, c), acHigh = UnpackHigh(a, c);    // a0 c0 a1 c1, a2 c2 a3 c3
        Vector128<float> bdLow = UnpackLow(b, d), bdHigh = UnpackHigh(b, d);    // b0 d0 b1 d1, b2 d2 b3 d3
        UnpackLow(acLow, bdLow).Store(destination);                             // a0 b0 c0 d0
        UnpackHigh(acLow, bdLow).Store(destination + width);
        UnpackLow(acHigh, bdHigh).Store(destination + (2 * width));
        UnpackHigh(acHigh, bdHigh).Store(destination + (3 * width));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> UnpackLow(Vector128<float> even, Vector128<float> odd) =>
        Sse.IsSupported ? Sse.UnpackLow(even, odd)
        : AdvSimd.Arm64.IsSupported
            ? AdvSimd.Arm64.ZipLow(even, odd)
        : Vector128.Create(even[0], odd[0], even[1], odd[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> UnpackHigh(Vector128<float> even, Vector128<float> odd) =>
        Sse.IsSupported ? Sse.UnpackHigh(even, odd)
        : AdvSimd.Arm64.IsSupported
            ? AdvSimd.Arm64.ZipHigh(even, odd)
        : Vector128.Create(even[2], odd[2], even[3], odd[3]);
}
