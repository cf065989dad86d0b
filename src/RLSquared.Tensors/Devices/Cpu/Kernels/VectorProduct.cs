using System.Numerics.Tensors;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// Products with a single column, as heads of one output make them; <see cref="MatrixProduct"/> would compute a whole
/// tile of columns for the one. Shapes are given at each; two operations per number of the matrix.
/// </summary>
internal static class VectorProduct
{
    // The scratch of a block on the stack, 12 bytes per column, stays small for any width.
    const int RowsOfBlock = 256, ColumnsAtOnce = 1024;

    /// <summary>y[m] = Σ_k a[m, k] · x[k].</summary>
    public static void Rows(int K, ReadOnlySpan<float> a, ReadOnlySpan<float> x, Span<float> y)
    {
        x = x[..K];
        for (int m = 0; m < y.Length; m++)
            y[m] = TensorPrimitives.Dot(a.Slice(m * K, K), x);
    }

    /// <summary>y[k] = Σ_m a[m, k] · x[m].</summary>
    /// <remarks>
    /// M is that of a whole minibatch: hundreds of thousands of rows. Added up one by one in single precision, a sum
    /// soon is so large that each further term loses most of its digits (a million times 0.1 comes out as 100,958). So
    /// blocks of rows are added up by themselves, and their sums in double precision. Up to one block the bits are
    /// those of the plain sum.
    /// </remarks>
    public static void Columns(int K, ReadOnlySpan<float> a, ReadOnlySpan<float> x, Span<float> y)
    {
        int most = Math.Min(K, ColumnsAtOnce);
        Span<float> sums = stackalloc float[most];
        Span<double> totals = stackalloc double[most];
        for (int first = 0; first < K; first += ColumnsAtOnce)
        {
            int count = Math.Min(ColumnsAtOnce, K - first);
            Span<float> block = sums[..count];
            totals.Clear();
            for (int begin = 0; begin < x.Length; begin += RowsOfBlock)
            {
                block.Clear();
                for (int m = begin; m < Math.Min(begin + RowsOfBlock, x.Length); m++)
                    TensorPrimitives.FusedMultiplyAdd(a.Slice(m * K + first, count), x[m], block, block);
                for (int k = 0; k < count; k++)
                    totals[k] += block[k];
            }
            for (int k = 0; k < count; k++)
                y[first + k] = (float)totals[k];
        }
    }

    /// <summary>y[m, n] = a[m] · x[n].</summary>
    public static void Outer(ReadOnlySpan<float> a, ReadOnlySpan<float> x, Span<float> y)
    {
        for (int m = 0; m < a.Length; m++)
            TensorPrimitives.Multiply(x, a[m], y.Slice(m * x.Length, x.Length));
    }
}
