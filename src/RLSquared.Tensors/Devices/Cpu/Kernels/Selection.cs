using System.Numerics.Tensors;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// Picking numbers out of a matrix [R, C] by index, and putting them back. No arithmetic but the sum of
/// <see cref="ScatterRows"/>, which goes through r in order, so that its bits are fixed. Indices are checked by the
/// caller.
/// </summary>
internal static unsafe class Selection
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

    /// <summary>y[r, :] = x[index[r], :], or zeros where the index is −1.</summary>
    public static void GatherRows(ReadOnlySpan<float> x, int columns, ReadOnlySpan<int> index, Span<float> y)
    {
        for (int r = 0; r < index.Length; r++)
        {
            Span<float> to = y.Slice(r * columns, columns);
            if (index[r] < 0)
                to.Clear();
            else
                x.Slice(index[r] * columns, columns).CopyTo(to);
        }
    }

    /// <summary>y[v, :] = Σ x[r, :] over index[r] = v; an index of −1 is left out.</summary>
    public static void ScatterRows(ReadOnlySpan<float> x, int columns, ReadOnlySpan<int> index, Span<float> y)
    {
        y.Clear();
        for (int r = 0; r < index.Length; r++)
        {
            if (index[r] < 0)
                continue;
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

    /// <summary>y[t, b] = x[t, lanes[b]] for records of so many bytes.</summary>
    public static void PickLanes(
        byte* x, byte* y, int steps, int laneCount, long recordBytes, ReadOnlySpan<int> lanes)
    {
        for (int t = 0; t < steps; t++, x += laneCount * recordBytes)
        {
            foreach (int lane in lanes)
            {
                if (recordBytes == sizeof(int))
                    *(int*)y = *(int*)(x + lane * recordBytes);
                else
                    Buffer.MemoryCopy(x + lane * recordBytes, y, recordBytes, recordBytes);
                y += recordBytes;
            }
        }
    }
}
