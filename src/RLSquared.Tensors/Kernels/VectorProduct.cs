using System.Numerics.Tensors;

namespace RLSquared.Tensors.Kernels;

/// <summary>
/// Products with a single column, as heads of one output make them; <see cref="MatrixProduct"/> would compute a whole
/// tile of columns for the one. Shapes are given at each; two operations per number of the matrix.
/// </summary>
internal static class VectorProduct
{
    /// <summary>y[m] = Σ_k a[m, k] · x[k].</summary>
    public static void Rows(int K, ReadOnlySpan<float> a, ReadOnlySpan<float> x, Span<float> y)
    {
        x = x[..K];
        for (int m = 0; m < y.Length; m++)
            y[m] = TensorPrimitives.Dot(a.Slice(m * K, K), x);
    }

    /// <summary>y[k] = Σ_m a[m, k] · x[m].</summary>
    public static void Columns(int K, ReadOnlySpan<float> a, ReadOnlySpan<float> x, Span<float> y)
    {
        y = y[..K];
        y.Clear();
        for (int m = 0; m < x.Length; m++)
            TensorPrimitives.FusedMultiplyAdd(a.Slice(m * K, K), x[m], y, y);
    }

    /// <summary>y[m, n] = a[m] · x[n].</summary>
    public static void Outer(ReadOnlySpan<float> a, ReadOnlySpan<float> x, Span<float> y)
    {
        for (int m = 0; m < a.Length; m++)
            TensorPrimitives.Multiply(x, a[m], y.Slice(m * x.Length, x.Length));
    }
}
