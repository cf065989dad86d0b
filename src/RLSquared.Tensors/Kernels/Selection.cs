using System.Numerics.Tensors;

namespace RLSquared.Tensors.Kernels;

/// <summary>
/// Picking numbers out of a matrix [R, C] by index, and putting them back. No arithmetic but the sum of
/// <see cref="ScatterRows"/>, which goes through r in order, so that its bits are fixed. Indices are checked by the
/// caller.
/// </summary>
internal static class Selection
{
    /// <summary>y[r] = x[r, index[r]].</summary>
    public static void GatherColumns(ReadOnlySpan<float> x, int columns, ReadOnlySpan<int> index, Span<float> y)
    {
        for (int r = 0; r < index.Length; r++)
            y[r] = x[r * columns + index[r]];
    }

    /// <summary>y[r, index[r]] = x[r], and 0 elsewhere.</summary>
    public static void ScatterColumns(ReadOnlySpan<float> x, int columns, ReadOnlySpan<int> index, Span<float> y)
    {
        y.Clear();
        for (int r = 0; r < index.Length; r++)
            y[r * columns + index[r]] = x[r];
    }

    /// <summary>y[r, :] = x[index[r], :].</summary>
    public static void GatherRows(ReadOnlySpan<float> x, int columns, ReadOnlySpan<int> index, Span<float> y)
    {
        for (int r = 0; r < index.Length; r++)
            x.Slice(index[r] * columns, columns).CopyTo(y.Slice(r * columns, columns));
    }

    /// <summary>y[v, :] = Σ x[r, :] over index[r] = v.</summary>
    public static void ScatterRows(ReadOnlySpan<float> x, int columns, ReadOnlySpan<int> index, Span<float> y)
    {
        y.Clear();
        for (int r = 0; r < index.Length; r++)
        {
            Span<float> to = y.Slice(index[r] * columns, columns);
            TensorPrimitives.Add(to, x.Slice(r * columns, columns), to);
        }
    }

    /// <summary>y[r] = the largest of row r, and the first column that has it; a NaN counts as the largest.</summary>
    public static void MaxOfColumns(ReadOnlySpan<float> x, int columns, Span<float> y, Span<int> index)
    {
        for (int r = 0; r < y.Length; r++)
        {
            ReadOnlySpan<float> row = x.Slice(r * columns, columns);
            index[r] = TensorPrimitives.IndexOfMax(row);
            y[r] = row[index[r]];
        }
    }
}
