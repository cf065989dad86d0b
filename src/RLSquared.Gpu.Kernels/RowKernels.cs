using ILGPU;

namespace RLSquared.Gpu.Kernels;

/// <summary>
/// What goes row by row: softmax, normalisations, log-probabilities. A group per row; the threads of a group stride
/// over its columns.
/// </summary>
static class RowKernels
{
    /// <summary>y = softmax of x plus, where there is one, what is added to it; or its logarithm.</summary>
    public static void Softmax(int logarithm, int rows, int columns, ArrayView<float> x, ArrayView<float> y)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        for (int r = Grid.IdxX; r < rows; r += Grid.DimX)
        {
            long at = (long)r * columns;
            float most = float.NegativeInfinity;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
                most = x[at + c] > most ? x[at + c] : most;
            most = Place.GroupMax(shared, most);
            float sum = 0;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
                sum += Numbers.Exp(x[at + c] - most);
            sum = Place.GroupSum(shared, sum);
            float shift = Numbers.Log(sum), scale = 1f / sum;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
            {
                float v = x[at + c] - most;
                y[at + c] = logarithm != 0 ? v - shift : Numbers.Exp(v) * scale;
            }
        }
    }

    /// <summary>The same for short rows: a thread per row.</summary>
    public static void SoftmaxOfFew(int logarithm, int rows, int columns, ArrayView<float> x, ArrayView<float> y)
    {
        for (int r = Place.First; r < rows; r += Place.Stride)
        {
            long at = (long)r * columns;
            float most = float.NegativeInfinity;
            for (int c = 0; c < columns; c++)
                most = x[at + c] > most ? x[at + c] : most;
            float sum = 0;
            for (int c = 0; c < columns; c++)
                sum += Numbers.Exp(x[at + c] - most);
            float shift = Numbers.Log(sum), scale = 1f / sum;
            for (int c = 0; c < columns; c++)
            {
                float v = x[at + c] - most;
                y[at + c] = logarithm != 0 ? v - shift : Numbers.Exp(v) * scale;
            }
        }
    }

    /// <summary>dx = y (g − Σ g y), or for the logarithm g − eʸ Σ g.</summary>
    public static void SoftmaxGradient(
        int logarithm, int rows, int columns, ArrayView<float> y, ArrayView<float> g, ArrayView<float> dx)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        for (int r = Grid.IdxX; r < rows; r += Grid.DimX)
        {
            long at = (long)r * columns;
            float sum = 0;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
                sum += logarithm != 0 ? g[at + c] : g[at + c] * y[at + c];
            sum = Place.GroupSum(shared, sum);
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
            {
                float v = y[at + c];
                dx[at + c] = logarithm != 0 ? g[at + c] - Numbers.Exp(v) * sum : v * (g[at + c] - sum);
            }
        }
    }

    /// <summary>The same for short rows: a thread per row.</summary>
    public static void SoftmaxGradientOfFew(
        int logarithm, int rows, int columns, ArrayView<float> y, ArrayView<float> g, ArrayView<float> dx)
    {
        for (int r = Place.First; r < rows; r += Place.Stride)
        {
            long at = (long)r * columns;
            float sum = 0;
            for (int c = 0; c < columns; c++)
                sum += logarithm != 0 ? g[at + c] : g[at + c] * y[at + c];
            for (int c = 0; c < columns; c++)
            {
                float v = y[at + c];
                dx[at + c] = logarithm != 0 ? g[at + c] - Numbers.Exp(v) * sum : v * (g[at + c] - sum);
            }
        }
    }

    /// <summary>
    /// Softmax of scores [G, rows, columns] in place or not: row r of a matrix sees the columns up to r + offset where
    /// it is causal, and a mask [rows, columns], where there is one, is added.
    /// </summary>
    public static void MaskedSoftmax(int causal, int offset, int rows, int columns, int allRows, float scale,
        ArrayView<float> x, ArrayView<float> mask, ArrayView<float> y)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        for (int r = Grid.IdxX; r < allRows; r += Grid.DimX)
        {
            long at = (long)r * columns, maskAt = (long)(r % rows) * columns;
            int seen = causal != 0 ? r % rows + offset + 1 : columns;
            if (seen > columns)
                seen = columns;
            float most = float.NegativeInfinity;
            for (int c = Group.IdxX; c < seen; c += Group.DimX)
            {
                float v = scale * x[at + c] + (mask.Length > 0 ? mask[maskAt + c] : 0f);
                most = v > most ? v : most;
            }
            most = Place.GroupMax(shared, most);
            float sum = 0;
            for (int c = Group.IdxX; c < seen; c += Group.DimX)
            {
                float v = scale * x[at + c] + (mask.Length > 0 ? mask[maskAt + c] : 0f);
                sum += Numbers.Exp(v - most);
            }
            sum = Place.GroupSum(shared, sum);
            float share = 1f / sum;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
            {
                float v = c < seen ? scale * x[at + c] + (mask.Length > 0 ? mask[maskAt + c] : 0f) : 0f;
                y[at + c] = c < seen ? Numbers.Exp(v - most) * share : 0f;
            }
        }
    }

    /// <summary>y = (x − mean) · scale · gain + bias per row; keeps mean and scale = 1/√(variance + ε).</summary>
    public static void LayerNormalise(int rows, int columns, float epsilon, ArrayView<float> x,
        ArrayView<float> gain, ArrayView<float> bias, ArrayView<float> y, ArrayView<float> mean,
        ArrayView<float> scale)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        for (int r = Grid.IdxX; r < rows; r += Grid.DimX)
        {
            long at = (long)r * columns;
            float sum = 0;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
                sum += x[at + c];
            float middle = Place.GroupSum(shared, sum) / columns;
            sum = 0;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
                sum += (x[at + c] - middle) * (x[at + c] - middle);
            float s = 1f / Numbers.SquareRoot(Place.GroupSum(shared, sum) / columns + epsilon);
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
                y[at + c] = (x[at + c] - middle) * s * gain[c] + bias[c];
            if (Group.IdxX == 0)
            {
                mean[r] = middle;
                scale[r] = s;
            }
        }
    }

    /// <summary>
    /// dx of the layer normalisation, or of the root-mean-square one where there is no mean; and x̂ · g, whose sum over
    /// the rows is the gain's gradient.
    /// </summary>
    public static void NormaliseGradient(int rows, int columns, ArrayView<float> x, ArrayView<float> gain,
        ArrayView<float> mean, ArrayView<float> scale, ArrayView<float> g, ArrayView<float> dx,
        ArrayView<float> ofGain)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        for (int r = Grid.IdxX; r < rows; r += Grid.DimX)
        {
            long at = (long)r * columns;
            float middle = mean.Length > 0 ? mean[r] : 0f, s = scale[r], sum = 0, sumX = 0;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
            {
                float h = g[at + c] * gain[c], hat = (x[at + c] - middle) * s;
                sum += h;
                sumX += h * hat;
            }
            float meanH = mean.Length > 0 ? Place.GroupSum(shared, sum) / columns : 0f;
            float meanHX = Place.GroupSum(shared, sumX) / columns;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
            {
                float slope = g[at + c], h = slope * gain[c], hat = (x[at + c] - middle) * s;
                ofGain[at + c] = slope * hat;
                dx[at + c] = s * (h - meanH - hat * meanHX);
            }
        }
    }

    /// <summary>y = x · scale · gain with scale[r] = 1/√(mean of squares + ε).</summary>
    public static void RmsNormalise(int rows, int columns, float epsilon, ArrayView<float> x,
        ArrayView<float> gain, ArrayView<float> y, ArrayView<float> scale)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        for (int r = Grid.IdxX; r < rows; r += Grid.DimX)
        {
            long at = (long)r * columns;
            float sum = 0;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
                sum += x[at + c] * x[at + c];
            float s = 1f / Numbers.SquareRoot(Place.GroupSum(shared, sum) / columns + epsilon);
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
                y[at + c] = x[at + c] * s * gain[c];
            if (Group.IdxX == 0)
                scale[r] = s;
        }
    }

    /// <summary>y[r] = x[r, index[r]] − ln Σ exp x[r, :], and that logarithm where it is asked for.</summary>
    public static void SelectedLogProbability(int rows, int columns, ArrayView<float> x, ArrayView<int> index,
        ArrayView<float> y, ArrayView<float> logSum)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        for (int r = Grid.IdxX; r < rows; r += Grid.DimX)
        {
            long at = (long)r * columns;
            float most = float.NegativeInfinity;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
                most = x[at + c] > most ? x[at + c] : most;
            most = Place.GroupMax(shared, most);
            float sum = 0;
            for (int c = Group.IdxX; c < columns; c += Group.DimX)
                sum += Numbers.Exp(x[at + c] - most);
            sum = Place.GroupSum(shared, sum);
            if (Group.IdxX == 0)
            {
                float l = most + Numbers.Log(sum);
                y[r] = x[at + index[r]] - l;
                if (logSum.Length > 0)
                    logSum[r] = l;
            }
        }
    }

    /// <summary>dx[r, c] = g[r] · ([c = index[r]] − exp(x[r, c] − logSum[r])).</summary>
    public static void SelectedLogProbabilityGradient(int rows, int columns, ArrayView<float> x,
        ArrayView<int> index, ArrayView<float> logSum, ArrayView<float> g, ArrayView<float> dx)
    {
        int count = rows * columns;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            int r = i / columns, c = i % columns;
            float p = Numbers.Exp(x[i] - logSum[r]);
            dx[i] = g[r] * ((index[r] == c ? 1f : 0f) - p);
        }
    }

    /// <summary>
    /// Rotates the pairs (i, i + half) of each head's numbers by position · frequency[i]; x is [rows, heads, width],
    /// the position of a row first + row % period; backwards turns the other way.
    /// </summary>
    public static void Rotary(int backwards, int rows, int heads, int width, int period, int first,
        ArrayView<float> cosine, ArrayView<float> sine, ArrayView<float> x, ArrayView<float> y)
    {
        int half = width / 2, count = rows * heads * half;
        for (int at = Place.First; at < count; at += Place.Stride)
        {
            int i = at % half, rest = at / half, row = rest / heads;
            long from = (long)rest * width + i;
            int angle = (first + row % period) * half + i;
            float c = cosine[angle], s = backwards != 0 ? -sine[angle] : sine[angle];
            float u = x[from], v = x[from + half];
            y[from] = u * c - v * s;
            y[from + half] = u * s + v * c;
        }
    }
}
