using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Devices;

public sealed partial class ReferenceDevice
{
    internal override void Map(Function function, Tensor x, Tensor y)
    {
        Span<float> from = Of(x), to = Of(y);
        for (int i = 0; i < to.Length; i++)
        {
            float v = from[i];
            to[i] = function switch
            {
                Function.Relu => float.IsNaN(v) ? v : Math.Max(v, 0),
                Function.Tanh => MathF.Tanh(v),
                Function.Sigmoid => 1 / (1 + MathF.Exp(-v)),
                Function.Exp => MathF.Exp(v),
                Function.Log => MathF.Log(v),
                Function.Sqrt => MathF.Sqrt(v),
                Function.Negate => -v,
                Function.Reciprocal => 1 / v,
                _ => throw new ArgumentOutOfRangeException(nameof(function)),
            };
        }
    }

    internal override void MapGradient(Function function, Tensor y, Tensor g, Tensor dx)
    {
        Span<float> value = Of(y), slope = Of(g), to = Of(dx);
        for (int i = 0; i < to.Length; i++)
        {
            float v = value[i];
            to[i] = slope[i] * function switch
            {
                Function.Relu => v > 0 ? 1 : 0,
                Function.Tanh => 1 - v * v,
                Function.Sigmoid => v * (1 - v),
                _ => throw new ArgumentOutOfRangeException(nameof(function)),
            };
        }
    }

    internal override void Zip(Combination combination, Tensor a, Tensor b, Repeat repeat, Tensor y)
    {
        Span<float> left = Of(a), right = Of(b), to = Of(y);
        int columns = a.Shape.Columns;
        for (int i = 0; i < to.Length; i++)
        {
            float u = left[i], v = right[repeat switch
            {
                Repeat.None => i,
                Repeat.Row => i % columns,
                Repeat.Column => i / columns,
                _ => 0,
            }];
            to[i] = combination switch
            {
                Combination.Add => u + v,
                Combination.Subtract => u - v,
                Combination.Multiply => u * v,
                Combination.Divide => u / v,
                Combination.Min => MathF.Min(u, v),
                Combination.Max => MathF.Max(u, v),
                Combination.IsAtMost => u <= v ? 1 : 0,
                _ => throw new ArgumentOutOfRangeException(nameof(combination)),
            };
        }
    }

    internal override void Affine(Tensor x, float scale, float shift, Tensor y)
    {
        Span<float> from = Of(x), to = Of(y);
        for (int i = 0; i < to.Length; i++)
            to[i] = scale * from[i] + shift;
    }

    internal override void Product(bool transposeA, bool transposeB, Tensor a, Tensor b, Tensor y)
    {
        Span<float> left = Of(a), right = Of(b), to = Of(y);
        int M = transposeA ? a.Shape.Columns : a.Shape.Rows, K = transposeA ? a.Shape.Rows : a.Shape.Columns;
        int N = transposeB ? b.Shape.Rows : b.Shape.Columns;
        for (int m = 0; m < M; m++)
        {
            for (int n = 0; n < N; n++)
            {
                float sum = 0;
                for (int k = 0; k < K; k++)
                    sum += left[transposeA ? k * M + m : m * K + k] * right[transposeB ? n * K + k : k * N + n];
                to[m * N + n] = sum;
            }
        }
    }

    internal override void Sum(Repeat axis, Tensor x, Tensor y)
    {
        Span<float> from = Of(x), to = Of(y);
        int columns = x.Shape.Columns;
        to.Clear();
        for (int i = 0; i < from.Length; i++)
        {
            to[axis switch
            {
                Repeat.None => i,
                Repeat.Row => i % columns,
                Repeat.Column => i / columns,
                _ => 0,
            }] += from[i];
        }
    }

    internal override void RunningSum(bool backwards, Tensor x, Tensor y)
    {
        Span<float> from = Of(x), to = Of(y);
        int T = x.Shape[0], N = T == 0 ? 0 : from.Length / T;
        for (int i = 0; i < from.Length; i++)
        {
            int t = backwards ? T - 1 - i / N : i / N, at = t * N + i % N;
            to[at] = from[at] + (i < N ? 0 : to[backwards ? at + N : at - N]);
        }
    }

    internal override void LinearRecurrence(bool backwards, Tensor x, Tensor factor, Tensor y)
    {
        Span<float> from = Of(x), by = Of(factor), to = Of(y);
        int T = x.Shape[0], N = T == 0 ? 0 : from.Length / T;
        for (int i = 0; i < from.Length; i++)
        {
            int t = backwards ? T - 1 - i / N : i / N, at = t * N + i % N;
            to[at] = from[at] + (i < N ? 0 : by[at] * to[backwards ? at + N : at - N]);
        }
    }

    internal override void Copy(Tensor x, Tensor y) => Of(x).CopyTo(Of(y));

    internal override void CopyColumns(Tensor x, int firstOfX, Tensor y, int firstOfY, int columns)
    {
        Span<float> from = Of(x), to = Of(y);
        for (int r = 0; r < x.Shape.Rows; r++)
        {
            for (int c = 0; c < columns; c++)
                to[r * y.Shape.Columns + firstOfY + c] = from[r * x.Shape.Columns + firstOfX + c];
        }
    }

    internal override void Transpose(int A, int B, int C, Tensor x, Tensor y)
    {
        Span<float> from = Of(x), to = Of(y);
        for (int i = 0; i < from.Length; i++)
            to[(i / (B * C) * C + i % C) * B + i / C % B] = from[i];
    }

    internal override void GatherColumns(Tensor x, Indices index, Tensor y)
    {
        Span<float> from = Of(x), to = Of(y);
        Span<int> column = Of(index);
        for (int r = 0; r < column.Length; r++)
            to[r] = from[r * x.Shape.Columns + column[r]];
    }

    internal override void ScatterColumns(Tensor x, Indices index, Tensor y)
    {
        Span<float> from = Of(x), to = Of(y);
        Span<int> column = Of(index);
        to.Clear();
        for (int r = 0; r < column.Length; r++)
            to[r * y.Shape.Columns + column[r]] = from[r];
    }

    internal override void GatherRows(Tensor x, Indices index, Tensor y)
    {
        Span<float> from = Of(x), to = Of(y);
        Span<int> row = Of(index);
        int columns = x.Shape.Columns;
        for (int i = 0; i < row.Length * columns; i++)
            to[i] = row[i / columns] < 0 ? 0 : from[row[i / columns] * columns + i % columns];
    }

    internal override void ScatterRows(Tensor x, Indices index, Tensor y)
    {
        Span<float> from = Of(x), to = Of(y);
        Span<int> row = Of(index);
        int columns = x.Shape.Columns;
        to.Clear();
        for (int i = 0; i < row.Length * columns; i++)
        {
            if (row[i / columns] >= 0)
                to[row[i / columns] * columns + i % columns] += from[i];
        }
    }

    internal override void MaxOfColumns(Tensor x, Tensor y, Indices index)
    {
        Span<float> from = Of(x), to = Of(y);
        Span<int> column = Of(index);
        for (int r = 0; r < to.Length; r++)
        {
            Span<float> row = from.Slice(r * x.Shape.Columns, x.Shape.Columns);
            column[r] = 0;
            for (int c = 1; c < row.Length; c++)
                column[r] = row[c] > row[column[r]] ? c : column[r];
            to[r] = row[column[r]];
        }
    }

    internal override void Softmax(bool logarithm, Tensor x, Tensor y)
    {
        Span<float> from = Of(x), to = Of(y);
        int columns = x.Shape.Columns;
        for (int start = 0; start < from.Length; start += columns)
        {
            double max = double.NegativeInfinity, sum = 0;
            for (int i = start; i < start + columns; i++)
                max = Math.Max(max, from[i]);
            for (int i = start; i < start + columns; i++)
                sum += Math.Exp(from[i] - max);
            for (int i = start; i < start + columns; i++)
                to[i] = (float)(logarithm ? from[i] - max - Math.Log(sum) : Math.Exp(from[i] - max) / sum);
        }
    }

    internal override void SoftmaxGradient(bool logarithm, Tensor y, Tensor g, Tensor dx)
    {
        Span<float> value = Of(y), slope = Of(g), to = Of(dx);
        int columns = y.Shape.Columns;
        for (int start = 0; start < value.Length; start += columns)
        {
            float sum = 0;
            for (int i = start; i < start + columns; i++)
                sum += slope[i] * (logarithm ? 1 : value[i]);
            for (int i = start; i < start + columns; i++)
                to[i] = logarithm ? slope[i] - MathF.Exp(value[i]) * sum : value[i] * (slope[i] - sum);
        }
    }

    internal override void LayerNormalise(
        Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, Tensor mean, Tensor scale)
    {
        Span<float> from = Of(x), by = Of(gain), shift = Of(bias), to = Of(y), means = Of(mean), scales = Of(scale);
        int C = x.Shape.Columns;
        for (int r = 0; r < x.Shape.Rows; r++)
        {
            double sum = 0, squares = 0;
            for (int c = 0; c < C; c++)
                sum += from[r * C + c];
            means[r] = (float)(sum / C);
            for (int c = 0; c < C; c++)
                squares += Math.Pow(from[r * C + c] - sum / C, 2);
            scales[r] = (float)(1 / Math.Sqrt(squares / C + epsilon));
            for (int c = 0; c < C; c++)
                to[r * C + c] = (from[r * C + c] - means[r]) * scales[r] * by[c] + shift[c];
        }
    }

    internal override void LayerNormaliseGradient(Tensor x, Tensor gain, Tensor mean, Tensor scale, Tensor g,
        Tensor dx, Tensor dgain, Tensor dbias)
    {
        Span<float> from = Of(x), by = Of(gain), means = Of(mean), scales = Of(scale), slope = Of(g), to = Of(dx);
        Span<float> ofGain = Of(dgain), ofBias = Of(dbias);
        int C = x.Shape.Columns;
        ofGain.Clear();
        ofBias.Clear();
        for (int r = 0; r < x.Shape.Rows; r++)
        {
            double sum = 0, along = 0;
            for (int c = 0; c < C; c++)
            {
                float normal = (from[r * C + c] - means[r]) * scales[r], h = slope[r * C + c] * by[c];
                ofGain[c] += slope[r * C + c] * normal;
                ofBias[c] += slope[r * C + c];
                sum += h;
                along += h * normal;
            }
            for (int c = 0; c < C; c++)
            {
                float normal = (from[r * C + c] - means[r]) * scales[r], h = slope[r * C + c] * by[c];
                to[r * C + c] = scales[r] * (float)(h - sum / C - normal * along / C);
            }
        }
    }

    internal override void ImageToColumns(in Window window, Tensor images, Tensor columns)
    {
        Span<float> from = Of(images), to = Of(columns);
        for (int i = 0; i < to.Length; i++)
        {
            int pixel = PixelOf(in window, i);
            to[i] = pixel < 0 ? 0 : from[pixel];
        }
    }

    internal override void ColumnsToImage(in Window window, Tensor columns, Tensor images)
    {
        Span<float> from = Of(columns), to = Of(images);
        to.Clear();
        for (int i = 0; i < from.Length; i++)
        {
            int pixel = PixelOf(in window, i);
            if (pixel >= 0)
                to[pixel] += from[i];
        }
    }

    // Which number of the images a number of the columns is, or −1 in the padding.
    static int PixelOf(in Window window, int at)
    {
        int places = window.PlacesDown * window.PlacesAcross;
        int place = at / window.Seen % places, n = at / window.Seen / places;
        int v = at % window.KernelWidth, u = at / window.KernelWidth % window.KernelHeight;
        int c = at % window.Seen / (window.KernelWidth * window.KernelHeight);
        int y = place / window.PlacesAcross * window.Stride + u - window.Padding;
        int x = place % window.PlacesAcross * window.Stride + v - window.Padding;
        bool inside = y >= 0 && y < window.Height && x >= 0 && x < window.Width;
        return inside ? ((n * window.Channels + c) * window.Height + y) * window.Width + x : -1;
    }

    internal override void Widen(Images bytes, Tensor y)
    {
        Span<float> to = Of(y);
        Span<byte> from = At(bytes.Address, to.Length);
        for (int i = 0; i < to.Length; i++)
            to[i] = 2f * from[i] / 255 - 1;
    }

    internal override void Fill(Tensor y, float value) => Of(y).Fill(value);

    internal override void Clamp(Tensor x, float low, float high, Tensor y)
    {
        Span<float> from = Of(x), to = Of(y);
        for (int i = 0; i < to.Length; i++)
            to[i] = Math.Clamp(from[i], low, high);
    }

    internal override void PickLanes(nint x, nint y, int steps, int laneCount, long recordBytes, Indices lanes)
    {
        Span<int> picked = Of(lanes);
        for (int t = 0; t < steps; t++)
        {
            for (int b = 0; b < picked.Length; b++)
            {
                At(x + (nint)(((long)t * laneCount + picked[b]) * recordBytes), recordBytes)
                    .CopyTo(At(y + (nint)(((long)t * picked.Length + b) * recordBytes), recordBytes));
            }
        }
    }

    internal override void AddSumOfSquares(Tensor x, Tensor sum)
    {
        double squares = 0;
        foreach (float number in Of(x))
            squares += (double)number * number;
        Of(sum)[0] += (float)squares;
    }

    internal override void AllFinite(Tensor x, Tensor flag)
    {
        foreach (float number in Of(x))
        {
            if (!float.IsFinite(number))
                Of(flag)[0] = 0;
        }
    }

    internal override void LimitByNorm(Tensor x, Tensor norm, float limit)
    {
        float length = Of(norm)[0];
        if (!float.IsFinite(length) || length <= limit)
            return;
        foreach (ref float number in Of(x))
            number *= limit / length;
    }

    internal override void LimitByElement(Tensor x, Tensor norm, float limit)
    {
        float length = Of(norm)[0];
        if (!float.IsFinite(length) || length <= limit)
            return;
        foreach (ref float number in Of(x))
            number = Math.Clamp(number, -limit, limit);
    }

    internal override void SampleCategorical(Tensor logits, Tensor uniform, Indices actions, Tensor logProbability)
    {
        Span<float> scores = Of(logits), numbers = Of(uniform), to = Of(logProbability);
        Span<int> drawn = Of(actions);
        int A = logits.Shape.Columns;
        for (int n = 0; n < drawn.Length; n++)
        {
            Span<float> row = scores.Slice(n * A, A);
            double max = double.NegativeInfinity, sum = 0, before = 0;
            foreach (float score in row)
                max = Math.Max(max, score);
            foreach (float score in row)
                sum += Math.Exp(score - max);
            for (int a = 0; a < A; a++)
            {
                double share = Math.Exp(row[a] - max) / sum;
                if (share > 0)
                    drawn[n] = a;
                before += share;
                if (share > 0 && before > numbers[n])
                    break;
            }
            to[n] = (float)(row[drawn[n]] - max - Math.Log(sum));
        }
    }
}
