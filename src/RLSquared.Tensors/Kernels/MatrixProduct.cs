using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Kernels;

/// <summary>
/// Matrix product: C[M, N] (+)= op(A)[M, K]·op(B)[K, N], float32, row-major, op(X) = X or Xᵀ.
///
/// Every element of C is one chain of fused multiply-adds in the order of k, which starts from 0, or from C when
/// accumulating:  c ← fma(a[m, k], b[k, n], c),  k = 0 … K−1.  Blocking, tile shape, register width, packing and
/// the number of threads change which element is worked on when, never this chain; so all forms agree bit for bit, with
/// each other and with <see cref="Reference"/>, and a row does not depend on how many other rows there are.
/// </summary>
internal static unsafe class MatrixProduct
{
    /// <summary>Depth of one block: a panel of 256·32 floats is 32 KB.</summary>
    internal static int DepthBlock = 256;

    /// <summary>Columns of one packed block of B.</summary>
    internal static int ColumnBlock = 768;

    internal static int PackAFrom = 1 << 30;

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

    public static void Multiply(
        bool transposeA, bool transposeB, int M, int N, int K,
        float* a, int lda, float* b, int ldb, float* c, int ldc, bool accumulate)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            MultiplyWith<Lanes512, Vector512<float>>(
                transposeA, transposeB, M, N, K, a, lda, b, ldb, c, ldc, accumulate);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            MultiplyWith<Lanes256, Vector256<float>>(
                transposeA, transposeB, M, N, K, a, lda, b, ldb, c, ldc, accumulate);
        }
        else
        {
            MultiplyWith<Lanes128, Vector128<float>>(
                transposeA, transposeB, M, N, K, a, lda, b, ldb, c, ldc, accumulate);
        }
    }

    /// <summary>C[M, N] (+)= A[M, K]·B with B packed before.</summary>
    public static void Multiply(int M, float* a, int lda, in PackedMatrix b, float* c, int ldc, bool accumulate)
    {
        if (Vector512.IsHardwareAccelerated)
            MultiplyPacked<Lanes512, Vector512<float>>(M, a, lda, b, 0, b.N, c, ldc, accumulate);
        else if (Vector256.IsHardwareAccelerated)
            MultiplyPacked<Lanes256, Vector256<float>>(M, a, lda, b, 0, b.N, c, ldc, accumulate);
        else
            MultiplyPacked<Lanes128, Vector128<float>>(M, a, lda, b, 0, b.N, c, ldc, accumulate);
    }

    /// <summary>As the form without workers, cut over rows or columns of C for large products.</summary>
    public static void Multiply(
        Workers workers, int M, float* a, int lda, in PackedMatrix b, float* c, int ldc, bool accumulate)
    {
        Multiply(M, a, lda, b, c, ldc, accumulate);
    }

    private struct Job
    {
        public bool TransposeA, TransposeB, Accumulate;
        public nint M, N, K, Lda, Ldb, Ldc;
        public float* A, B, C;
        public nint Rows, Columns;
    }

    public static void Multiply(
        Workers workers, bool transposeA, bool transposeB, int M, int N, int K,
        float* a, int lda, float* b, int ldb, float* c, int ldc, bool accumulate)
    {
        if (workers.Threads == 1)
        {
            Multiply(transposeA, transposeB, M, N, K, a, lda, b, ldb, c, ldc, accumulate);
            return;
        }

        Job job = new()
        {
            TransposeA = transposeA,
            TransposeB = transposeB,
            Accumulate = accumulate,
            M = M,
            N = N,
            K = K,
            Lda = lda,
            Ldb = ldb,
            Ldc = ldc,
            A = a,
            B = b,
            C = c,
            Rows = M,
            Columns = N,
        };
        int threads = workers.Threads;
        if (N >= M)
            job.Columns = (((N + threads - 1) / threads) + 31) / 32 * 32;
        else
            job.Rows = (((M + threads - 1) / threads) + 11) / 12 * 12;
        int pieces = N >= M ? (int)((N + job.Columns - 1) / job.Columns) : (int)((M + job.Rows - 1) / job.Rows);
        workers.Run(pieces, &RunPiece, &job);
    }

    private static void RunPiece(void* state, int piece)
    {
        Job* job = (Job*)state;
        nint i = job->Rows < job->M ? piece * job->Rows : 0, j = job->Columns < job->N ? piece * job->Columns : 0;
        Multiply(
            job->TransposeA, job->TransposeB,
            (int)Math.Min(job->Rows, job->M - i), (int)Math.Min(job->Columns, job->N - j), (int)job->K,
            job->TransposeA ? job->A + i : job->A + (i * job->Lda), (int)job->Lda,
            job->TransposeB ? job->B + (j * job->Ldb) : job->B + j, (int)job->Ldb,
            job->C + (i * job->Ldc) + j, (int)job->Ldc, job->Accumulate);
    }

    internal static void MultiplyWith<TLanes, TVector>(
        bool transposeA, bool transposeB, nint M, nint N, nint K,
        float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (M == 0 || N == 0)
            return;
        if (K == 0)
        {
            if (!accumulate)
                Clear(M, N, c, ldc);
            return;
        }

        nint rowStride = transposeA ? 1 : lda, depthStride = transposeA ? lda : 1;
        nint width = 2 * TLanes.Count;
        nint depthBlock = Even(K, DepthBlock, 1), columnBlock = Even(N, ColumnBlock, width);
        float* panels = Workspace.Rent(Packing.PanelsLength(depthBlock, columnBlock, width) + RowsLength(depthBlock))
            + RowsLength(depthBlock);
        float* rows = panels - RowsLength(depthBlock);
        for (nint j = 0; j < N; j += columnBlock)
        {
            nint columns = Math.Min(columnBlock, N - j);
            for (nint k = 0; k < K; k += depthBlock)
            {
                nint depth = Math.Min(depthBlock, K - k);
                float* block = transposeB ? b + (j * ldb) + k : b + (k * ldb) + j;
                Packing.PackPanels(transposeB, depth, columns, block, ldb, panels, width);
                MultiplyBlock<TLanes, TVector>(
                    M, columns, depth, a + (k * depthStride), rowStride, depthStride,
                    panels, depth * width, rows, c + j, ldc, accumulate || k > 0);
            }
        }
    }

    private static void MultiplyPacked<TLanes, TVector>(
        nint M, float* a, nint lda, in PackedMatrix b, nint firstColumn, nint columns, float* c, nint ldc,
        bool accumulate)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (M == 0 || columns == 0)
            return;
        nint K = b.K, width = 2 * TLanes.Count;
        if (K == 0)
        {
            if (!accumulate)
                Clear(M, columns, c, ldc);
            return;
        }

        nint depthBlock = Even(K, DepthBlock, 1);
        float* rows = Workspace.Rent(RowsLength(depthBlock));
        float* panels = b.Panels + (firstColumn * K);
        for (nint k = 0; k < K; k += depthBlock)
        {
            nint depth = Math.Min(depthBlock, K - k);
            MultiplyBlock<TLanes, TVector>(
                M, columns, depth, a + k, lda, 1, panels + (k * width), K * width, rows, c + firstColumn, ldc,
                accumulate || k > 0);
        }
    }

    /// <summary>Packed rows of one tile, filled up to a whole number of cache lines.</summary>
    private static nint RowsLength(nint depth) => ((12 * depth) + 15) & ~15;

    /// <summary>The size of block that cuts <paramref name="length"/> evenly into blocks of at most <paramref name="most"/>.</summary>
    private static nint Even(nint length, nint most, nint unit)
    {
        nint blocks = (length + most - 1) / most;
        nint block = (length + blocks - 1) / blocks;
        return (block + unit - 1) / unit * unit;
    }

    private static void Clear(nint M, nint N, float* c, nint ldc)
    {
        for (nint m = 0; m < M; m++)
            new Span<float>(c + (m * ldc), (int)N).Clear();
    }

    /// <summary>One block of depth: every tile of C, row tile by row tile, against the packed panels.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyBlock<TLanes, TVector>(
        nint M, nint N, nint depth, float* a, nint rowStride, nint depthStride,
        float* panels, nint panelLength, float* packedRows, float* c, nint ldc, bool load)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        nint width = 2 * TLanes.Count;
        float* edge = stackalloc float[12 * 32];
        for (nint i = 0; i < M;)
        {
            nint height = TileHeight(M - i, TLanes.HasThirtyTwoRegisters);
            nint rows = Math.Min(height, M - i);
            float* tileA = a + (i * rowStride);
            nint tileRowStride = rowStride, tileDepthStride = depthStride;
            if (rows < height || M >= PackAFrom)
            {
                if (rowStride == 1)
                    Packing.PackRows(depth, rows, tileA, depthStride, packedRows, height);
                else
                    Packing.PackTransposed(rows, depth, tileA, rowStride, packedRows, height);
                tileA = packedRows;
                tileRowStride = 1;
                tileDepthStride = height;
            }

            float* panel = panels;
            float* tileC = c + (i * ldc);
            for (nint j = 0; j < N; j += width)
            {
                nint columns = Math.Min(width, N - j);
                if (rows == height && columns == width)
                {
                    Tile<TLanes, TVector>(
                        height, depth, tileA, tileRowStride, tileDepthStride, panel, tileC + j, ldc, load);
                }
                else
                {
                    if (load)
                        Copy(rows, columns, tileC + j, ldc, edge, width);
                    Tile<TLanes, TVector>(
                        height, depth, tileA, tileRowStride, tileDepthStride, panel, edge, width, load);
                    Copy(rows, columns, edge, width, tileC + j, ldc);
                }

                panel += panelLength;
            }

            i += rows;
        }
    }

    /// <summary>The next tile's height, so that few rows are computed in vain and few tiles are low.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint TileHeight(nint rowsLeft, bool tall) => tall
        ? rowsLeft <= 4 ? 4 : rowsLeft <= 8 ? 8 : rowsLeft is > 12 and <= 16 ? 8 : 12
        : rowsLeft <= 4 ? 4 : rowsLeft is > 6 and <= 8 ? 4 : 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile<TLanes, TVector>(
        nint height, nint K, float* a, nint rowStride, nint depthStride, float* b, float* c, nint ldc, bool load)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        nint width = 2 * TLanes.Count;
        if (TLanes.HasThirtyTwoRegisters && height == 12)
            MatrixTile.Rows12<TLanes, TVector>(K, a, rowStride, depthStride, b, width, c, ldc, load);
        else if (TLanes.HasThirtyTwoRegisters && height == 8)
            MatrixTile.Rows8<TLanes, TVector>(K, a, rowStride, depthStride, b, width, c, ldc, load);
        else if (height == 6)
            MatrixTile.Rows6<TLanes, TVector>(K, a, rowStride, depthStride, b, width, c, ldc, load);
        else
            MatrixTile.Rows4<TLanes, TVector>(K, a, rowStride, depthStride, b, width, c, ldc, load);
    }

    private static void Copy(nint rows, nint columns, float* source, nint stride, float* destination, nint width)
    {
        for (nint i = 0; i < rows; i++)
        {
            for (nint j = 0; j < columns; j++)
                destination[(i * width) + j] = source[(i * stride) + j];
        }
    }
}
