using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Kernels;

/// <summary>
/// A right operand op(B) [K, N] of <see cref="MatrixProduct"/>, laid out once and used for many products, as a recurrent
/// network does with its weights over a sequence. The memory is the caller's: <see cref="PackedLength"/> floats, best
/// aligned to 64 bytes, and it must outlive the value.
///
/// Layout: panels of <see cref="PanelWidth"/> columns, one after the other; within a panel row k holds its columns side by
/// side, so the innermost loop reads memory in order. The last panel is filled up with zeros.
/// </summary>
internal readonly unsafe struct PackedMatrix
{
    private PackedMatrix(int rows, int columns, float* panels)
    {
        K = rows;
        N = columns;
        Panels = panels;
    }

    /// <summary>Columns of one panel: two registers of the widest kind that the machine has.</summary>
    public static int PanelWidth =>
        Vector512.IsHardwareAccelerated ? 32 : Vector256.IsHardwareAccelerated ? 16 : 8;

    public int K { get; }

    public int N { get; }

    public float* Panels { get; }

    /// <summary>Floats that <see cref="Pack"/> writes for an operand of K rows and N columns.</summary>
    public static nint PackedLength(int K, int N) => Packing.PanelsLength(K, N, PanelWidth);

    /// <summary>
    /// Lays out op(B) [K, N] in <paramref name="destination"/>; <paramref name="b"/> holds [K, N], or [N, K] when
    /// transposed, with rows <paramref name="ldb"/> floats apart.
    /// </summary>
    public static PackedMatrix Pack(bool transposeB, int K, int N, float* b, int ldb, float* destination)
    {
        Packing.PackPanels(transposeB, K, N, b, ldb, destination, PanelWidth);
        return new PackedMatrix(K, N, destination);
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
        if (columns == 32 && width == 32 && Vector512.IsHardwareAccelerated)
        {
            for (nint i = 0; i < rows; i++)
            {
                Vector512<float> left = Vector512.Load(source), right = Vector512.Load(source + 16);
                left.Store(destination);
                right.Store(destination + 16);
                source += stride;
                destination += 32;
            }

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
        System.Runtime.Intrinsics.X86.Sse.IsSupported ? System.Runtime.Intrinsics.X86.Sse.UnpackLow(even, odd)
        : System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.IsSupported
            ? System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.ZipLow(even, odd)
        : Vector128.Create(even[0], odd[0], even[1], odd[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> UnpackHigh(Vector128<float> even, Vector128<float> odd) =>
        System.Runtime.Intrinsics.X86.Sse.IsSupported ? System.Runtime.Intrinsics.X86.Sse.UnpackHigh(even, odd)
        : System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.IsSupported
            ? System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.ZipHigh(even, odd)
        : Vector128.Create(even[2], odd[2], even[3], odd[3]);
}
