using ILGPU;

namespace RLSquared.Gpu.Kernels;

/// <summary>Sums in a fixed order: the same bits on the same card.</summary>
static class SumKernels
{
    /// <summary>y[r] = Σ x[r, :]; a group per row.</summary>
    public static void SumOfColumns(int rows, int columns, ArrayView<float> x, ArrayView<float> y)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        for (int r = Grid.IdxX; r < rows; r += Grid.DimX)
        {
            long at = (long)r * columns;
            float sum = 0;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
                sum += x[at + c];
            sum = Place.GroupSum(shared, sum);
            if (Group.IdxX == 0)
                y[r] = sum;
        }
    }

    /// <summary>The same for short rows: a thread per row.</summary>
    public static void SumOfFewColumns(int rows, int columns, ArrayView<float> x, ArrayView<float> y)
    {
        for (int r = Place.First; r < rows; r += Place.Stride)
        {
            long at = (long)r * columns;
            float sum = 0;
            for (int c = 0; c < columns; c++)
                sum += x[at + c];
            y[r] = sum;
        }
    }

    /// <summary>
    /// partial[g, c] = Σ x[r, c] over the rows of piece g, which is as many rows as said; x's rows lie
    /// <paramref name="stride"/> apart. A group takes a piece (IdxY) and as many columns as it has threads.
    /// </summary>
    public static void SumOfRows(
        int rows, int columns, int stride, int piece, ArrayView<float> x, ArrayView<float> partial)
    {
        int g = Grid.IdxY, from = g * piece, to = from + piece;
        if (to > rows)
            to = rows;
        for (int c = Place.First; c < columns; c += Place.Stride)
        {
            float sum = 0;
            for (int r = from; r < to; r++)
                sum += x[(long)r * stride + c];
            partial[(long)g * columns + c] = sum;
        }
    }

    /// <summary>y[g] = the sum of what the group's threads find, striding by the grid.</summary>
    public static void SumOfAll(int count, ArrayView<float> x, ArrayView<float> y)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        float sum = 0;
        for (int i = Place.First; i < count; i += Place.Stride)
            sum += x[i];
        sum = Place.GroupSum(shared, sum);
        if (Group.IdxX == 0)
            y[Grid.IdxX] = sum;
    }

    /// <summary>The same of squares.</summary>
    public static void SumOfSquares(int count, ArrayView<float> x, ArrayView<float> y)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        float sum = 0;
        for (int i = Place.First; i < count; i += Place.Stride)
            sum += x[i] * x[i];
        sum = Place.GroupSum(shared, sum);
        if (Group.IdxX == 0)
            y[Grid.IdxX] = sum;
    }

    /// <summary>total[0] = Σ x, or is added to; one group.</summary>
    public static void Finish(int count, int add, ArrayView<float> x, ArrayView<float> total)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        float sum = 0;
        for (int i = Group.IdxX; i < count; i += Group.DimX)
            sum += x[i];
        sum = Place.GroupSum(shared, sum);
        if (Group.IdxX == 0)
            total[0] = add != 0 ? total[0] + sum : sum;
    }

    /// <summary>y[t, n] = x[t, n] + factor[t, n] · y[t ± 1, n]; without factors plain sums. A thread per n.</summary>
    public static void Recurrence(int backwards, int steps, int width, ArrayView<float> x, ArrayView<float> factor,
        ArrayView<float> y)
    {
        for (int n = Place.First; n < width; n += Place.Stride)
        {
            float sum = 0;
            for (int i = 0; i < steps; i++)
            {
                int t = backwards != 0 ? steps - 1 - i : i;
                long at = (long)t * width + n;
                float weight = factor.Length > 0 ? factor[at] : 1f;
                sum = i == 0 ? x[at] : x[at] + weight * sum;
                y[at] = sum;
            }
        }
    }
}
