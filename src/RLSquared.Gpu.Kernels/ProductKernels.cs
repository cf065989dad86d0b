using ILGPU;

namespace RLSquared.Gpu.Kernels;

/// <summary>
/// The product of matrices where there is no library for it: y = op(a) op(b), tile by tile through shared memory. A
/// group of side × side threads makes a tile of 4·side rows and columns, each thread 4 × 4 of them.
/// </summary>
static class ProductKernels
{
    const int Depth = 16, MostSide = 16;

    /// <summary>
    /// y[M, N] = op(a) op(b), or is added to; rows lie lda, ldb and ldy apart, and the matrices of a batch (IdxZ) as
    /// said.
    /// </summary>
    public static void Product(int transposeA, int transposeB, int add, int side, int M, int N, int K, int lda,
        int ldb, int ldy, long strideA, long strideB, long strideY, ArrayView<float> a, ArrayView<float> b,
        ArrayView<float> y)
    {
        ArrayView<float> left = SharedMemory.Allocate<float>(4 * MostSide * Depth);
        ArrayView<float> right = SharedMemory.Allocate<float>(4 * MostSide * Depth);
        int tile = 4 * side, top = Grid.IdxY * tile, first = Grid.IdxX * tile;
        int thread = Group.IdxX, threads = Group.DimX;
        int i = thread / side * 4, j = thread % side * 4;
        long atA = Grid.IdxZ * strideA, atB = Grid.IdxZ * strideB, atY = Grid.IdxZ * strideY;
        float c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0;
        float c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
        for (int k0 = 0; k0 < K; k0 += Depth)
        {
            for (int e = thread; e < tile * Depth; e += threads)
            {
                // Neighbouring threads read neighbouring numbers, whichever way the matrix lies.
                int row = transposeA != 0 ? e % tile : e / Depth, k = transposeA != 0 ? e / tile : e % Depth;
                float value = 0;
                if (top + row < M && k0 + k < K)
                {
                    value = transposeA != 0
                        ? a[atA + (long)(k0 + k) * lda + top + row] : a[atA + (long)(top + row) * lda + k0 + k];
                }
                left[k * tile + row] = value;
                int column = transposeB != 0 ? e / Depth : e % tile;
                k = transposeB != 0 ? e % Depth : e / tile;
                value = 0;
                if (first + column < N && k0 + k < K)
                {
                    value = transposeB != 0
                        ? b[atB + (long)(first + column) * ldb + k0 + k]
                        : b[atB + (long)(k0 + k) * ldb + first + column];
                }
                right[k * tile + column] = value;
            }
            Group.Barrier();
            for (int k = 0; k < Depth; k++)
            {
                int p = k * tile + i, q = k * tile + j;
                float a0 = left[p], a1 = left[p + 1], a2 = left[p + 2], a3 = left[p + 3];
                float b0 = right[q], b1 = right[q + 1], b2 = right[q + 2], b3 = right[q + 3];
                c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
                c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
                c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
                c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
            }
            Group.Barrier();
        }
        int y0 = top + i, x0 = first + j;
        Put(add, y0, x0, M, N, atY, ldy, y, c00);
        Put(add, y0, x0 + 1, M, N, atY, ldy, y, c01);
        Put(add, y0, x0 + 2, M, N, atY, ldy, y, c02);
        Put(add, y0, x0 + 3, M, N, atY, ldy, y, c03);
        Put(add, y0 + 1, x0, M, N, atY, ldy, y, c10);
        Put(add, y0 + 1, x0 + 1, M, N, atY, ldy, y, c11);
        Put(add, y0 + 1, x0 + 2, M, N, atY, ldy, y, c12);
        Put(add, y0 + 1, x0 + 3, M, N, atY, ldy, y, c13);
        Put(add, y0 + 2, x0, M, N, atY, ldy, y, c20);
        Put(add, y0 + 2, x0 + 1, M, N, atY, ldy, y, c21);
        Put(add, y0 + 2, x0 + 2, M, N, atY, ldy, y, c22);
        Put(add, y0 + 2, x0 + 3, M, N, atY, ldy, y, c23);
        Put(add, y0 + 3, x0, M, N, atY, ldy, y, c30);
        Put(add, y0 + 3, x0 + 1, M, N, atY, ldy, y, c31);
        Put(add, y0 + 3, x0 + 2, M, N, atY, ldy, y, c32);
        Put(add, y0 + 3, x0 + 3, M, N, atY, ldy, y, c33);
    }

    static void Put(int add, int row, int column, int M, int N, long at, int ldy, ArrayView<float> y, float value)
    {
        if (row < M && column < N)
        {
            long place = at + (long)row * ldy + column;
            y[place] = add != 0 ? y[place] + value : value;
        }
    }
}
