using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// Matrix product: C[M, N] (+)= op(A)[M, K]·op(B)[K, N], float32, row-major, op(X) = X or Xᵀ, rows lda, ldb, ldc apart.
///
/// Every element of C is one chain of fused multiply-adds in the order of k, which starts from 0, or from C when
/// accumulating:  c ← fma(a[m, k], b[k, n], c),  k = 0 … K−1.  Blocking, tile shape, register width, packing and
/// the number of threads change which element is worked on when, never this chain; so all forms agree bit for bit, with
/// each other and with <see cref="Reference"/>, and a row does not depend on how many other rows there are.
///
/// Blocking, from the inside out:
/// - a tile of C, 12×32 with AVX-512 (24 of 32 registers are sums) and 6×16 with AVX2 (12 of 16), takes up one block
///   of depth (<see cref="MatrixTile"/>);
/// - with AVX-512 the 12 rows of A over that depth (18 KB) stay in the first-level cache while the panels of B pass by;
///   with AVX2, whose tiles of 6 rows would ask for B twice as often, 48 rows of A take their turns with each panel, so
///   that B comes from afar once for 48 rows;
/// - a panel of B is 32 or 16 columns in k order. B is packed into panels, block by block, when many rows share it, and
///   read where it lies when few do, as then the copy would cost more than the strided reads;
/// - A is read where it lies, since a broadcast does not care, and packed tile by tile when so many columns share it
///   that this is repaid;
/// - few columns (the head of a policy) are computed as Cᵀ = op(B)ᵀ·op(A)ᵀ, so that registers lie along M;
/// - a single row (an agent that acts alone) is <see cref="RowProduct"/>'s.
///
/// Cost: 2·M·N·K operations; the copies are K·N + M·K floats for each block. On one Zen 5 core (AVX-512) 190 to 220
/// GFLOP/s from 240×768×256 to 2048³; the benchmark <c>openblas</c> shows it beside OpenBLAS.
/// </summary>
internal static unsafe partial class MatrixProduct
{
    /// <summary>
    /// Longest block of depth: C is touched once in so many steps. With 32 registers 12 rows of A take 18 KB then.
    /// </summary>
    private static nint DepthBlock<TVector, TSimd>()
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged => TSimd.HasThirtyTwoRegisters ? 384 : LongestDepth;

    private const int LongestDepth = 512;

    /// <summary>
    /// Rows of A that take their turns with a panel of B: one tile with 32 registers; with 16, 96 KB over a block of
    /// depth, a part of the second-level cache. Measured beside OpenBLAS: 24, 36, 96 and 192 are slower or alike.
    /// </summary>
    private static nint RowsAtOnce<TVector, TSimd>(nint rowsLeft)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged =>
        TSimd.HasThirtyTwoRegisters ? Math.Min(rowsLeft, MatrixTile.Height(rowsLeft, tall: true))
            : rowsLeft <= ManyRows + TallestTile ? rowsLeft : ManyRows;

    private const int ManyRows = 48;

    /// <summary>
    /// Most columns of B that are packed at once: 3 or 4 MB with the depths above, a part of the last-level
    /// cache.
    /// </summary>
    private const int ColumnBlock = 2048;

    /// <summary>
    /// Floats of B up to which several blocks of depth are packed together: 1 MB, about a second-level
    /// cache.
    /// </summary>
    private const int PackedBlock = 1 << 18;

    /// <summary>Floats of C, 256 KB, that are kept in cache while they take up several blocks of depth.</summary>
    private const int ChunkOfC = 1 << 16;

    /// <summary>Up to this many rows B is read where it lies. Measured: packing wins above about 200.</summary>
    private const int RowsForUnpackedB = 128;

    /// <summary>
    /// Columns of C from which 12 rows of A are packed; transposed, every step reads another cache
    /// line.
    /// </summary>
    private const int ColumnsForPackedA = 1024, ColumnsForPackedTransposedA = 256;

    /// <summary>Up to this many columns the transposed product is computed.</summary>
    private const int NarrowColumns = 16;

    internal const int TallestTile = 12;

    private const int WidestPanel = 32;

    /// <summary>The specification: plain loops, one fused multiply-add per k.</summary>
    public static void Reference(
        bool transposeA, bool transposeB, int M, int N, int K,
        float* a, int lda, float* b, int ldb, float* c, int ldc, bool accumulate)
    {
        for (nint m = 0; m < M; m++)
        {
            for (nint n = 0; n < N; n++)
            {
                float sum = accumulate ? c[(m * ldc) + n] : 0;
                for (nint k = 0; k < K; k++)
                {
                    float left = transposeA ? a[(k * lda) + m] : a[(m * lda) + k];
                    float right = transposeB ? b[(n * ldb) + k] : b[(k * ldb) + n];
                    sum = MathF.FusedMultiplyAdd(left, right, sum);
                }

                c[(m * ldc) + n] = sum;
            }
        }
    }

    /// <summary>
    /// C[M, N] (+)= op(A)[M, K]·op(B)[K, N] on the calling thread; A is stored [K, M] when
    /// transposed.
    /// </summary>
    public static void Multiply(
        bool transposeA, bool transposeB, int M, int N, int K,
        float* a, int lda, float* b, int ldb, float* c, int ldc, bool accumulate)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            MultiplyWith<Vector512<float>, Simd512>(
                transposeA, transposeB, M, N, K, a, lda, b, ldb, c, ldc, accumulate);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            MultiplyWith<Vector256<float>, Simd256>(
                transposeA, transposeB, M, N, K, a, lda, b, ldb, c, ldc, accumulate);
        }
        else
        {
            MultiplyWith<Vector128<float>, Simd128>(
                transposeA, transposeB, M, N, K, a, lda, b, ldb, c, ldc, accumulate);
        }
    }

    /// <summary>C[M, N] (+)= A[M, K]·B on the calling thread, B packed before.</summary>
    public static void Multiply(int M, float* a, int lda, in PackedMatrix b, float* c, int ldc, bool accumulate) =>
        MultiplyColumns(M, a, lda, b, 0, b.N, c, ldc, accumulate);

    /// <summary>The product with registers of a given width, so that each can be tested on one machine.</summary>
    internal static void MultiplyWith<TVector, TSimd>(
        bool transposeA, bool transposeB, nint M, nint N, nint K,
        float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        if (IsEmpty(M, N, K, c, ldc, accumulate))
            return;
        if (M == 1 && !transposeA && !transposeB && !accumulate)
            RowProduct.InPlace<TVector, TSimd>(a, b, ldb, K, N, c);
        else if (N <= NarrowColumns && M > N)
            MultiplyNarrow<TVector, TSimd>(transposeA, transposeB, M, N, K, a, lda, b, ldb, c, ldc, accumulate);
        else
            MultiplyWide<TVector, TSimd>(transposeA, transposeB, M, N, K, a, lda, b, ldb, c, ldc, accumulate);
    }

    private static void MultiplyWide<TVector, TSimd>(
        bool transposeA, bool transposeB, nint M, nint N, nint K,
        float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint rowStride = transposeA ? 1 : lda, depthStride = transposeA ? lda : 1;
        nint width = 2 * TSimd.Width, depthBlock = EvenBlock(K, DepthBlock<TVector, TSimd>(), 1);
        nint rowsLength = PackedRowsLength(depthBlock);
        if (!transposeB && M <= RowsForUnpackedB && N >= width)
        {
            float* workspace = Workspace.Rent(rowsLength + (depthBlock * width));
            Panels inPlace = new(b, width, ldb, workspace + rowsLength);
            MultiplyBlocks<TVector, TSimd>(
                M, N, K, a, rowStride, depthStride, inPlace, workspace, c, ldc, accumulate);
            return;
        }

        // With one or two tiles of rows a panel serves once, so it is packed just before and still in cache.
        nint columnBlock = EvenBlock(N, M <= 2 * TallestTile ? 2 * width : ColumnBlock, width);
        nint depthAtOnce = Math.Min(K, Math.Max(1, PackedBlock / (columnBlock * depthBlock)) * depthBlock);
        float* packedRows = Workspace.Rent(rowsLength + (depthAtOnce * columnBlock));
        float* panels = packedRows + rowsLength;
        for (nint j = 0; j < N; j += columnBlock)
        {
            nint columns = Math.Min(columnBlock, N - j);
            for (nint k = 0; k < K; k += depthAtOnce)
            {
                nint depth = Math.Min(depthAtOnce, K - k);
                float* block = transposeB ? b + (j * ldb) + k : b + (k * ldb) + j;
                Packing.PackPanels(transposeB, depth, columns, block, ldb, panels, width);
                MultiplyBlocks<TVector, TSimd>(
                    M, columns, depth, a + (k * depthStride), rowStride, depthStride,
                    new Panels(panels, depth * width, width, null), packedRows, c + j, ldc, accumulate || k > 0);
            }
        }
    }

    /// <summary>Few columns: Cᵀ = op(B)ᵀ·op(A)ᵀ in chunks of rows. Factors commute, so the bits are the same.</summary>
    [SkipLocalsInit]
    private static void MultiplyNarrow<TVector, TSimd>(
        bool transposeA, bool transposeB, nint M, nint N, nint K,
        float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        const int Chunk = 256;
        float* transposed = stackalloc float[NarrowColumns * Chunk];    // [N, rows]
        for (nint i = 0; i < M; i += Chunk)
        {
            nint rows = Math.Min(Chunk, M - i);
            float* target = c + (i * ldc);
            if (accumulate)
                Packing.PackTransposed(rows, N, target, ldc, transposed, rows);
            MultiplyWide<TVector, TSimd>(
                !transposeB, !transposeA, N, rows, K, b, ldb, transposeA ? a + i : a + (i * lda), lda,
                transposed, rows, accumulate);
            for (nint r = 0; r < rows; r++)
            {
                for (nint n = 0; n < N; n++)
                    target[(r * ldc) + n] = transposed[(n * rows) + r];
            }
        }
    }

    /// <summary>
    /// Columns [first, first + columns) of the product with packed B; first lies on the edge of a
    /// panel.
    /// </summary>
    private static void MultiplyColumns(
        nint M, float* a, nint lda, in PackedMatrix b, nint first, nint columns, float* c, nint ldc, bool accumulate)
    {
        nint K = b.K, width = PackedMatrix.PanelWidth;
        c += first;
        if (IsEmpty(M, columns, K, c, ldc, accumulate))
            return;
        if (M == 1 && !accumulate)
        {
            RowProduct.Packed(a, in b, first, columns, c);
            return;
        }
        if (b.Bf16Panels != null)
        {
            MultiplyBf16Columns(M, a, lda, b, first, columns, c, ldc, accumulate);
            return;
        }
        float* packedRows = Workspace.Rent(PackedRowsLength(Math.Min(K, LongestDepth)));
        MultiplyPanels(M, a, lda, new Panels(b.Panels + (first * K), K * width, width, null), K, columns, packedRows,
            c, ldc, accumulate);
    }

    private static void MultiplyPanels(
        nint M, float* a, nint lda, in Panels panels, nint K, nint columns, float* packedRows, float* c, nint ldc,
        bool accumulate)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            MultiplyBlocks<Vector512<float>, Simd512>(
                M, columns, K, a, lda, 1, panels, packedRows, c, ldc, accumulate);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            MultiplyBlocks<Vector256<float>, Simd256>(
                M, columns, K, a, lda, 1, panels, packedRows, c, ldc, accumulate);
        }
        else
        {
            MultiplyBlocks<Vector128<float>, Simd128>(
                M, columns, K, a, lda, 1, panels, packedRows, c, ldc, accumulate);
        }
    }

    /// <summary>All of the depth, block by block; C in chunks of rows that stay in cache meanwhile.</summary>
    private static void MultiplyBlocks<TVector, TSimd>(
        nint M, nint N, nint K, float* a, nint rowStride, nint depthStride,
        in Panels b, float* packedRows, float* c, nint ldc, bool accumulate)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint width = 2 * TSimd.Width, whole = N / width * width;
        nint depthBlock = EvenBlock(K, DepthBlock<TVector, TSimd>(), 1);
        nint unit = TSimd.HasThirtyTwoRegisters ? TallestTile : ManyRows, fewest = 4 * TallestTile / unit;
        nint rowBlock = depthBlock == K ? M : Math.Max(fewest, ChunkOfC / N / unit) * unit;
        for (nint i = 0; i < M; i += rowBlock)
        {
            nint rows = Math.Min(rowBlock, M - i);
            for (nint k = 0; k < K; k += depthBlock)
            {
                nint depth = Math.Min(depthBlock, K - k);
                float* first = b.First + (k * b.RowStride);
                if (b.Tail != null && whole < N)
                    Packing.PackRows(depth, N - whole, first + whole, b.RowStride, b.Tail, width);
                MultiplyBlock<TVector, TSimd>(
                    rows, N, depth, a + (i * rowStride) + (k * depthStride), rowStride, depthStride,
                    new Panels(first, b.PanelStride, b.RowStride, b.Tail), packedRows, c + (i * ldc), ldc,
                    accumulate || k > 0);
            }
        }
    }

    /// <summary>One block of depth: every tile of C, row tile by row tile. <paramref name="load"/>: add to C.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyBlock<TVector, TSimd>(
        nint M, nint N, nint depth, float* a, nint rowStride, nint depthStride,
        in Panels b, float* packedRows, float* c, nint ldc, bool load)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint width = 2 * TSimd.Width;
        bool packA = N >= (depthStride == 1 ? ColumnsForPackedA : ColumnsForPackedTransposedA);
        float* edge = stackalloc float[TallestTile * WidestPanel];
        for (nint i = 0, some; i < M; i += some)
        {
            some = RowsAtOnce<TVector, TSimd>(M - i);
            float* rowsOfA = a + (i * rowStride);
            PackTiles<TVector, TSimd>(packA, some, depth, rowsOfA, rowStride, depthStride, packedRows);
            float* panel = b.First;
            nint panelRow = b.RowStride;
            for (nint j = 0; j < N; j += width, panel += b.PanelStride)
            {
                nint columns = Math.Min(width, N - j);
                if (columns < width && b.Tail != null)
                {
                    panel = b.Tail;
                    panelRow = width;
                }
                float* tileC = c + (i * ldc) + j;
                for (nint r = 0, rows; r < some; r += rows, tileC += rows * ldc)
                {
                    nint height = MatrixTile.Height(some - r, TSimd.HasThirtyTwoRegisters);
                    rows = Math.Min(height, some - r);
                    bool isPacked = packA || rows < height;
                    float* tileA = isPacked ? packedRows + (r * depth) : rowsOfA + (r * rowStride);
                    nint tileRowStride = isPacked ? 1 : rowStride, tileDepthStride = isPacked ? height : depthStride;
                    if (load && Sse.IsSupported)
                        PrefetchTile(rows, r + rows < some ? tileC + (rows * ldc) : c + (i * ldc) + j + width, ldc);
                    if (rows == height && columns == width)
                    {
                        MatrixTile.Multiply<TVector, TSimd>(
                            height, depth, tileA, tileRowStride, tileDepthStride, panel, panelRow, tileC, ldc, load);
                        continue;
                    }
                    if (load)
                        Copy(rows, columns, tileC, ldc, edge, width);
                    MatrixTile.Multiply<TVector, TSimd>(
                        height, depth, tileA, tileRowStride, tileDepthStride, panel, panelRow, edge, width, load);
                    Copy(rows, columns, edge, width, tileC, ldc);
                }
            }
        }
    }

    /// <summary>Packs tiles of A: all of them, or else only the one that has too few rows.</summary>
    private static void PackTiles<TVector, TSimd>(
        bool all, nint M, nint depth, float* a, nint rowStride, nint depthStride, float* packedRows)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        for (nint r = 0, rows; r < M; r += rows)
        {
            nint height = MatrixTile.Height(M - r, TSimd.HasThirtyTwoRegisters);
            rows = Math.Min(height, M - r);
            if (!all && rows == height)
                continue;
            if (rowStride == 1)
                Packing.PackRows(depth, rows, a + r, depthStride, packedRows + (r * depth), height);
            else
                Packing.PackTransposed(rows, depth, a + (r * rowStride), rowStride, packedRows + (r * depth), height);
        }
    }

    /// <summary>
    /// The next tile of C: its first use waits for memory otherwise. A hint may point beyond the
    /// matrix.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchTile(nint rows, float* c, nint ldc)
    {
        for (nint r = 0; r < rows; r++)
        {
            Sse.Prefetch0(c + (r * ldc));
            Sse.Prefetch0(c + (r * ldc) + 16);
        }
    }

    private static void Copy(nint rows, nint columns, float* source, nint stride, float* destination, nint width)
    {
        for (nint i = 0; i < rows; i++)
        {
            for (nint j = 0; j < columns; j++)
                destination[(i * width) + j] = source[(i * stride) + j];
        }
    }

    /// <summary>
    /// Whether there is nothing to multiply; an empty sum is 0, so C is cleared unless it is added
    /// to.
    /// </summary>
    private static bool IsEmpty(nint M, nint N, nint K, float* c, nint ldc, bool accumulate)
    {
        if (M > 0 && N > 0 && K > 0)
            return false;
        for (nint m = 0; m < M && !accumulate; m++)
            new Span<float>(c + (m * ldc), (int)N).Clear();
        return true;
    }

    /// <summary>Packed rows of A as they are used at once, filled up to whole cache lines.</summary>
    private static nint PackedRowsLength(nint depth) => (((ManyRows + TallestTile) * depth) + 15) & ~15;

    /// <summary>
    /// The block, a multiple of the unit, that cuts the length evenly into blocks of about the greatest
    /// size.
    /// </summary>
    private static nint EvenBlock(nint length, nint greatest, nint unit)
    {
        nint blocks = (length + greatest - 1) / greatest;
        nint block = (length + blocks - 1) / blocks;
        return (block + unit - 1) / unit * unit;
    }

    /// <summary>
    /// A right operand for the innermost loops: panel p begins at First + p·PanelStride, its rows are RowStride apart.
    /// Tail is memory for the last, incomplete panel when the others are used where they lie; null when all are packed.
    /// </summary>
    private readonly struct Panels(float* first, nint panelStride, nint rowStride, float* tail)
    {
        public readonly float* First = first, Tail = tail;
        public readonly nint PanelStride = panelStride, RowStride = rowStride;
    }
}
