using System.Numerics.Tensors;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// y[r, c] = e^(x[r, c] − m) / s with m = max of the row and s = Σ e^(x[r, c] − m), or its logarithm x − m − ln s; for
/// x [R, C]. Subtracting the maximum first keeps every exponent at or below 0, so nothing overflows. A column of −∞
/// (an action that is forbidden) gets probability 0 and no gradient, as long as one column of its row is finite.
/// <para>Cost: one exponential per number, three passes over blocks that fit the first cache. The exponentials of a
/// block are taken over all of its rows at once, so that rows of five columns use the vectors as well as long
/// ones.</para>
/// </summary>
internal static unsafe class Softmax
{
    const int Block = 2048;                         // numbers per block: 8 KB beside as much scratch

    /// <summary>The specification.</summary>
    public static void Reference(bool logarithm, ReadOnlySpan<float> x, Span<float> y, int columns)
    {
        for (int start = 0; start < x.Length; start += columns)
        {
            double max = double.NegativeInfinity, sum = 0;
            for (int c = 0; c < columns; c++)
                max = Math.Max(max, x[start + c]);
            for (int c = 0; c < columns; c++)
                sum += Math.Exp(x[start + c] - max);
            for (int c = 0; c < columns; c++)
            {
                double centred = x[start + c] - max;
                y[start + c] = (float)(logarithm ? centred - Math.Log(sum) : Math.Exp(centred) / sum);
            }
        }
    }

    /// <summary>The same with vectors.</summary>
    public static void Forward(bool logarithm, ReadOnlySpan<float> x, Span<float> y, int columns)
    {
        if (columns == 0)
            return;
        int rows = Math.Max(1, Block / columns) * columns;
        Span<float> scratch = new(Workspace.Rent(logarithm ? rows : 0), logarithm ? rows : 0);
        for (int start = 0; start < x.Length; start += rows)
        {
            int length = Math.Min(rows, x.Length - start);
            ReadOnlySpan<float> from = x.Slice(start, length);
            Span<float> to = y.Slice(start, length);
            SubtractMax(from, to, columns);
            if (logarithm)
            {
                Elementwise.Map<ExpFunction>(to, scratch);
                for (int i = 0; i < length; i += columns)
                {
                    Span<float> row = to.Slice(i, columns);
                    Shift(row, -MathF.Log(Sum(scratch.Slice(i, columns))));
                }
            }
            else
            {
                Elementwise.Map<ExpFunction>(to, to);
                for (int i = 0; i < length; i += columns)
                {
                    Span<float> row = to.Slice(i, columns);
                    Scale(row, 1 / Sum(row));
                }
            }
        }
    }

    /// <summary>dx = y (g − Σ g y) for the softmax.</summary>
    public static void Backward(ReadOnlySpan<float> y, ReadOnlySpan<float> g, Span<float> dx, int columns)
    {
        for (int i = 0; i < y.Length; i += columns)
        {
            ReadOnlySpan<float> p = y.Slice(i, columns), gradient = g.Slice(i, columns);
            Span<float> to = dx.Slice(i, columns);
            float mean = Dot(p, gradient);
            for (int c = 0; c < columns; c++)
                to[c] = p[c] * (gradient[c] - mean);
        }
    }

    /// <summary>dx = g − eʸ Σ g for the logarithm of the softmax.</summary>
    public static void BackwardOfLogarithm(ReadOnlySpan<float> y, ReadOnlySpan<float> g, Span<float> dx, int columns)
    {
        Elementwise.Map<ExpFunction>(y, dx);
        for (int i = 0; i < y.Length; i += columns)
        {
            ReadOnlySpan<float> gradient = g.Slice(i, columns);
            Span<float> to = dx.Slice(i, columns);
            float sum = Sum(gradient);
            for (int c = 0; c < columns; c++)
                to[c] = gradient[c] - to[c] * sum;
        }
    }

    static void SubtractMax(ReadOnlySpan<float> x, Span<float> y, int columns)
    {
        for (int i = 0; i < x.Length; i += columns)
        {
            ReadOnlySpan<float> row = x.Slice(i, columns);
            float max = row[0];
            if (columns >= ShortRow)
            {
                max = TensorPrimitives.Max(row);
            }
            else
            {
                foreach (float value in row)
                    max = value > max ? value : max;
            }
            Span<float> to = y.Slice(i, columns);
            row.CopyTo(to);
            Shift(to, -max);
        }
    }

    // Below this a plain loop beats the call of a vector routine.
    const int ShortRow = 16;

    static float Sum(ReadOnlySpan<float> row)
    {
        if (row.Length >= ShortRow)
            return TensorPrimitives.Sum(row);
        float sum = 0;
        foreach (float value in row)
            sum += value;
        return sum;
    }

    static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length >= ShortRow)
            return TensorPrimitives.Dot(a, b);
        float sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    static void Shift(Span<float> row, float shift)
    {
        if (row.Length >= ShortRow)
        {
            TensorPrimitives.Add(row, shift, row);
            return;
        }
        for (int i = 0; i < row.Length; i++)
            row[i] += shift;
    }

    static void Scale(Span<float> row, float scale)
    {
        if (row.Length >= ShortRow)
        {
            TensorPrimitives.Multiply(row, scale, row);
            return;
        }
        for (int i = 0; i < row.Length; i++)
            row[i] *= scale;
    }
}
