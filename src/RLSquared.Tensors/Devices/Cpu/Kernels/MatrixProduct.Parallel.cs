namespace RLSquared.Tensors.Devices;

// The forms for several threads: C is cut into rectangles, each of which one thread computes as a product of its own.
internal static unsafe partial class MatrixProduct
{
    /// <summary>
    /// The first form for large products, cut into one rectangle of C per thread. The bits are the
    /// same.
    /// </summary>
    public static void Multiply(
        Workers workers, bool transposeA, bool transposeB, int M, int N, int K,
        float* a, int lda, float* b, int ldb, float* c, int ldc, bool accumulate)
    {
        ProductGrid grid = ProductGrid.For(workers.Threads, M, N, K);
        Job job = new(transposeA, transposeB, M, N, K, a, lda, b, ldb, c, ldc, accumulate, default, grid);
        workers.Run(grid.Pieces, &RunPiece, &job);
    }

    /// <summary>The form with packed B for large products, cut into one rectangle of C per thread.</summary>
    public static void Multiply(
        Workers workers, int M, float* a, int lda, in PackedMatrix b, float* c, int ldc, bool accumulate)
    {
        ProductGrid grid = ProductGrid.For(workers.Threads, M, b.N, b.K);
        Job job = new(false, false, M, b.N, b.K, a, lda, null, 0, c, ldc, accumulate, b, grid);
        workers.Run(grid.Pieces, &RunPiece, &job);
    }

    private static void RunPiece(void* state, int piece)
    {
        ref readonly Job job = ref *(Job*)state;
        nint i = piece / job.Grid.Across * job.Grid.Rows, j = piece % job.Grid.Across * job.Grid.Columns;
        int rows = (int)Math.Min(job.Grid.Rows, job.M - i), columns = (int)Math.Min(job.Grid.Columns, job.N - j);
        float* a = job.A + (job.TransposeA ? i : i * job.Lda), c = job.C + (i * job.Ldc);
        if (job.B == null)
        {
            MultiplyColumns(rows, a, job.Lda, job.Packed, j, columns, c, job.Ldc, job.Accumulate);
            return;
        }

        float* b = job.B + (job.TransposeB ? j * job.Ldb : j);
        Multiply(
            job.TransposeA, job.TransposeB, rows, columns, job.K, a, job.Lda, b, job.Ldb, c + j, job.Ldc,
            job.Accumulate);
    }

    /// <summary>One parallel product: the arguments of Multiply, and how C is cut.</summary>
    private readonly struct Job(
        bool transposeA, bool transposeB, int M, int N, int K,
        float* a, int lda, float* b, int ldb, float* c, int ldc, bool accumulate, PackedMatrix packed, ProductGrid grid)
    {
        public readonly bool TransposeA = transposeA, TransposeB = transposeB, Accumulate = accumulate;
        public readonly int M = M, N = N, K = K, Lda = lda, Ldb = ldb, Ldc = ldc;
        public readonly float* A = a, B = b, C = c;
        public readonly PackedMatrix Packed = packed;
        public readonly ProductGrid Grid = grid;
    }
}
