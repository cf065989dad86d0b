using ILGPU;

namespace RLSquared.Gpu.Kernels;

/// <summary>Numbers moved, picked and put back.</summary>
static class CopyKernels
{
    /// <summary>A stretch of columns of each row of x to a stretch of y.</summary>
    public static void CopyColumns(int rows, int columns, int strideOfX, int firstOfX, int strideOfY, int firstOfY,
        ArrayView<float> x, ArrayView<float> y)
    {
        int count = rows * columns;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            int r = i / columns, c = i % columns;
            y[(long)r * strideOfY + firstOfY + c] = x[(long)r * strideOfX + firstOfX + c];
        }
    }

    /// <summary>y[a, c, b] = x[a, b, c].</summary>
    public static void Transpose(int A, int B, int C, ArrayView<float> x, ArrayView<float> y)
    {
        int size = B * C, count = A * size;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            int a = i / size, rest = i % size, c = rest / B, b = rest % B;
            y[i] = x[(long)a * size + (long)b * C + c];
        }
    }

    /// <summary>y[r] = x[r, index[r]].</summary>
    public static void GatherColumns(
        int rows, int columns, ArrayView<float> x, ArrayView<int> index, ArrayView<float> y)
    {
        for (int r = Place.First; r < rows; r += Place.Stride)
            y[r] = x[(long)r * columns + index[r]];
    }

    /// <summary>y[r, index[r]] = x[r], and 0 elsewhere.</summary>
    public static void ScatterColumns(
        int rows, int columns, ArrayView<float> x, ArrayView<int> index, ArrayView<float> y)
    {
        int count = rows * columns;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            int r = i / columns, c = i % columns;
            y[i] = index[r] == c ? x[r] : 0f;
        }
    }

    /// <summary>y[r, :] = x[index[r], :], zeros where the index is below 0.</summary>
    public static void GatherRows(
        int rows, int columns, ArrayView<float> x, ArrayView<int> index, ArrayView<float> y)
    {
        int count = rows * columns;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            int r = i / columns, c = i % columns, from = index[r];
            y[i] = from < 0 ? 0f : x[(long)from * columns + c];
        }
    }

    /// <summary>
    /// partial[g, v, :] = Σ x[r, :] over the rows r of piece g with index[r] = v, in the order of r. IdxX is a stretch
    /// of columns, IdxY is v, IdxZ is g.
    /// </summary>
    public static void ScatterRows(int rows, int columns, int targets, int piece, ArrayView<float> x,
        ArrayView<int> index, ArrayView<float> partial)
    {
        int g = Grid.IdxZ, from = g * piece, to = from + piece;
        if (to > rows)
            to = rows;
        for (int v = Grid.IdxY; v < targets; v += Grid.DimY)
        {
            for (int c = Place.First; c < columns; c += Place.Stride)
            {
                float sum = 0;
                for (int r = from; r < to; r++)
                {
                    if (index[r] == v)
                        sum += x[(long)r * columns + c];
                }
                partial[((long)g * targets + v) * columns + c] = sum;
            }
        }
    }

    /// <summary>
    /// to[index[r], :] += x[r, :] for r = 0, 1, …, none where the index is below 0; a thread per column.
    /// </summary>
    public static void AddToRows(
        int rows, int columns, ArrayView<float> x, ArrayView<int> index, ArrayView<float> to)
    {
        for (int c = Place.First; c < columns; c += Place.Stride)
        {
            for (int r = 0; r < rows; r++)
            {
                int v = index[r];
                if (v >= 0)
                    to[(long)v * columns + c] += x[(long)r * columns + c];
            }
        }
    }

    /// <summary>y[t, b, :] = x[t, lanes[b], :], floats.</summary>
    public static void PickLanes(int steps, int lanesOfX, int lanesOfY, int width, ArrayView<float> x,
        ArrayView<int> lanes, ArrayView<float> y)
    {
        int count = steps * lanesOfY * width;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            int w = i % width, rest = i / width, b = rest % lanesOfY, t = rest / lanesOfY;
            y[i] = x[((long)t * lanesOfX + lanes[b]) * width + w];
        }
    }

    /// <summary>The same, bytes.</summary>
    public static void PickLanesOfBytes(int steps, int lanesOfX, int lanesOfY, int width, ArrayView<byte> x,
        ArrayView<int> lanes, ArrayView<byte> y)
    {
        int count = steps * lanesOfY * width;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            int w = i % width, rest = i / width, b = rest % lanesOfY, t = rest / lanesOfY;
            y[i] = x[((long)t * lanesOfX + lanes[b]) * width + w];
        }
    }

    /// <summary>The same, whole numbers.</summary>
    public static void PickLanesOfIntegers(int steps, int lanesOfX, int lanesOfY, int width, ArrayView<int> x,
        ArrayView<int> lanes, ArrayView<int> y)
    {
        int count = steps * lanesOfY * width;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            int w = i % width, rest = i / width, b = rest % lanesOfY, t = rest / lanesOfY;
            y[i] = x[((long)t * lanesOfX + lanes[b]) * width + w];
        }
    }

    /// <summary>y[r] = the largest of x[r, :], index[r] = the first column that has it; a NaN is the largest.</summary>
    public static void MaxOfColumns(int rows, int columns, ArrayView<float> x, ArrayView<float> y,
        ArrayView<int> index)
    {
        for (int r = Place.First; r < rows; r += Place.Stride)
        {
            long at = (long)r * columns;
            float best = x[at];
            int place = 0;
            for (int c = 1; c < columns; c++)
            {
                float v = x[at + c];
                if (!Numbers.IsNaN(best) && (v > best || Numbers.IsNaN(v)))
                {
                    best = v;
                    place = c;
                }
            }
            y[r] = best;
            index[r] = place;
        }
    }

    /// <summary>y[r, :] = tanh(a[i[r], :] + b[j[r], :] + s[r] · c); s and c may be missing.</summary>
    public static void TanhOfRows(int rows, int columns, ArrayView<float> a, ArrayView<int> i, ArrayView<float> b,
        ArrayView<int> j, ArrayView<float> s, ArrayView<float> c, ArrayView<float> y)
    {
        int count = rows * columns;
        for (int at = Place.First; at < count; at += Place.Stride)
        {
            int r = at / columns, h = at % columns;
            float sum = a[(long)i[r] * columns + h] + b[(long)j[r] * columns + h];
            if (s.Length > 0)
                sum += s[r] * c[h];
            y[at] = Numbers.Tanh(sum);
        }
    }

    /// <summary>d = g · (1 − y²), and where there are coefficients, scaled = s[r] · d.</summary>
    public static void TanhOfRowsSlope(int rows, int columns, ArrayView<float> y, ArrayView<float> g,
        ArrayView<float> s, ArrayView<float> d, ArrayView<float> scaled)
    {
        int count = rows * columns;
        for (int at = Place.First; at < count; at += Place.Stride)
        {
            float v = y[at], slope = g[at] * (1f - v * v);
            d[at] = slope;
            if (s.Length > 0)
                scaled[at] = s[at / columns] * slope;
        }
    }
}
