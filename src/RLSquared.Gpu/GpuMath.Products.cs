namespace RLSquared.Gpu;

// Products of matrices, by the library where there is one.
sealed partial class GpuMath
{
    const int LongSum = 8192, MostPieces = 32;

    /// <summary>y = op(a) op(b); long sums are cut into pieces, so that the whole card has work.</summary>
    public void Product(in ProductShape shape, nint a, nint b, nint y)
    {
        long size = (long)shape.M * shape.N;
        if (shape.K < LongSum || shape.Batch > 1 || size > 1 << 19 || shape.Ldy != shape.N || shape.Add)
        {
            Multiply(in shape, a, b, y);
            return;
        }
        // y = Σ over pieces of K, and what is left over.
        int pieces = MostPieces, piece = shape.K / pieces, rest = shape.K - pieces * piece;
        long stepA = shape.TransposeA ? (long)piece * shape.Lda : piece;
        long stepB = shape.TransposeB ? piece : (long)piece * shape.Ldb;
        nint partial = Scratch(pieces * size * Float);
        Multiply(shape with { K = piece, Batch = pieces, StrideA = stepA, StrideB = stepB, StrideY = size },
            a, b, partial);
        SumOfFewRows(pieces, (int)size, partial, y);
        if (rest > 0)
        {
            Multiply(shape with { K = rest, Add = true },
                a + (nint)(stepA * pieces * Float), b + (nint)(stepB * pieces * Float), y);
        }
    }

    void Multiply(in ProductShape shape, nint a, nint b, nint y)
    {
        if (accelerator.TryProduct(in shape, a, b, y))
            return;
        int side = (int)Math.Sqrt(GroupSize), tile = 4 * side;
        Launch(Kernel.Product, ((shape.N + tile - 1) / tile, (shape.M + tile - 1) / tile, shape.Batch),
            [shape.TransposeA, shape.TransposeB, shape.Add, side, shape.M, shape.N, shape.K, shape.Lda, shape.Ldb,
                shape.Ldy, shape.StrideA, shape.StrideB, shape.StrideY, a, b, y]);
    }
}
