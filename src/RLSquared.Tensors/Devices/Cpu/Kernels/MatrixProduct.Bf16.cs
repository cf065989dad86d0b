using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

// The form for a right operand that is packed as bfloat16.
internal static unsafe partial class MatrixProduct
{
    /// <summary>
    /// <see cref="MultiplyColumns"/> with panels of bfloat16: a few are widened at a time, and are still in cache when
    /// the rows use them.
    /// </summary>
    private static void MultiplyBf16Columns(
        nint M, float* a, nint lda, in PackedMatrix b, nint first, nint columns, float* c, nint ldc, bool accumulate)
    {
        nint K = b.K, width = PackedMatrix.PanelWidth, atOnce = Math.Max(1, PackedBlock / (K * width)) * width;
        nint rowsLength = PackedRowsLength(Math.Min(K, LongestDepth));
        float* packedRows = Workspace.Rent(rowsLength + K * Math.Min(atOnce, (columns + width - 1) / width * width));
        float* widened = packedRows + rowsLength;
        for (nint j = 0; j < columns; j += atOnce)
        {
            nint some = Math.Min(atOnce, columns - j);
            Widen(b.Bf16Panels + (first + j) * K, (some + width - 1) / width * width * K, widened);
            MultiplyPanels(M, a, lda, new Panels(widened, K * width, width, null), K, some, packedRows, c + j, ldc,
                accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen(ushort* source, nint count, float* destination)
    {
        nint i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= count - 16; i += 16)
                Simd512.Store(Simd512.LoadBf16(source + i), destination + i);
        }
        else
        {
            for (; i <= count - 4; i += 4)
                Simd128.Store(Simd128.LoadBf16(source + i), destination + i);
        }
        for (; i < count; i++)
            destination[i] = SimdScalar.LoadBf16(source + i);
    }
}
