using System.Numerics.Tensors;

namespace RLSquared.Tensors.Devices;

/// <summary>The primitives in managed SIMD code.</summary>
internal sealed unsafe partial class CpuDevice : Device
{
    internal override void Map(Function function, Tensor x, Tensor y)
    {
        ReadOnlySpan<float> from = x.Span;
        Span<float> to = y.Span;
        switch (function)
        {
            case Function.Relu: TensorPrimitives.Max(from, 0f, to); break;
            case Function.Tanh: Elementwise.Map<TanhFunction>(from, to); break;
            case Function.Sigmoid: Elementwise.Map<SigmoidFunction>(from, to); break;
            case Function.Exp: Elementwise.Map<ExpFunction>(from, to); break;
            case Function.Log: Elementwise.Map<LogFunction>(from, to); break;
            case Function.Sqrt: TensorPrimitives.Sqrt(from, to); break;
            case Function.Negate: TensorPrimitives.Negate(from, to); break;
            case Function.Reciprocal: TensorPrimitives.Reciprocal(from, to); break;
            default: throw new ArgumentOutOfRangeException(nameof(function));
        }
    }

    internal override void MapGradient(Function function, Tensor y, Tensor g, Tensor dx)
    {
        switch (function)
        {
            case Function.Relu: Elementwise.Zip<ReluGradient>(y.Span, g.Span, dx.Span); break;
            case Function.Tanh: Elementwise.Zip<TanhGradient>(y.Span, g.Span, dx.Span); break;
            case Function.Sigmoid: Elementwise.Zip<SigmoidGradient>(y.Span, g.Span, dx.Span); break;
            default: throw new ArgumentOutOfRangeException(nameof(function));
        }
    }

    internal override void Zip(Combination combination, Tensor a, Tensor b, Repeat repeat, Tensor y)
    {
        ReadOnlySpan<float> left = a.Span, right = b.Span;
        Span<float> to = y.Span;
        int columns = a.Shape.Columns;
        switch (repeat)
        {
            case Repeat.None:
                Zip(combination, left, right, to);
                break;
            case Repeat.Scalar:
                Zip(combination, left, right[0], to);
                break;
            case Repeat.Row when combination == Combination.Add:
                RowLoops.ZipRow<AddFunction>(left, right[..columns], to);
                break;
            case Repeat.Row when combination == Combination.Multiply:
                RowLoops.ZipRow<MultiplyFunction>(left, right[..columns], to);
                break;
            case Repeat.Row:
                for (int i = 0; i < left.Length; i += columns)
                    Zip(combination, left.Slice(i, columns), right, to.Slice(i, columns));
                break;
            case Repeat.Column:
                for (int i = 0, row = 0; i < left.Length; i += columns, row++)
                    Zip(combination, left.Slice(i, columns), right[row], to.Slice(i, columns));
                break;
        }
    }

    internal override void Affine(Tensor x, float scale, float shift, Tensor y)
    {
        if (scale == 1)
        {
            TensorPrimitives.Add(x.Span, shift, y.Span);
            return;
        }
        TensorPrimitives.Multiply(x.Span, scale, y.Span);
        if (shift != 0)
            TensorPrimitives.Add(y.Span, shift, y.Span);
    }

    internal override void Product(bool transposeA, bool transposeB, Tensor a, Tensor b, Tensor y)
    {
        int M = transposeA ? a.Shape.Columns : a.Shape.Rows, K = transposeA ? a.Shape.Rows : a.Shape.Columns;
        int N = transposeB ? b.Shape.Rows : b.Shape.Columns;
        if (N == 1 || K == 1)
        {
            if (N == 1 && !transposeA)
                VectorProduct.Rows(K, a.Span, b.Span, y.Span);
            else if (N == 1)
                VectorProduct.Columns(M, a.Span, b.Span, y.Span);
            else
                VectorProduct.Outer(a.Span, b.Span, y.Span);
            return;
        }
        fixed (float* left = a.Span, right = b.Span, to = y.Span)
        {
            MatrixProduct.Multiply(transposeA, transposeB, M, N, K, left, a.Shape.Columns, right, b.Shape.Columns,
                to, N, accumulate: false);
        }
    }

    internal override void Sum(Repeat axis, Tensor x, Tensor y)
    {
        ReadOnlySpan<float> from = x.Span;
        Span<float> to = y.Span;
        int columns = x.Shape.Columns;
        switch (axis)
        {
            case Repeat.None:
                from.CopyTo(to);
                break;
            case Repeat.Scalar:
                to[0] = TensorPrimitives.Sum(from);
                break;
            case Repeat.Row:
                RowLoops.SumRows(from, to[..columns]);
                break;
            case Repeat.Column when columns == 2:
                for (int row = 0; row < to.Length; row++)
                    to[row] = from[2 * row] + from[2 * row + 1];
                break;
            case Repeat.Column:
                for (int i = 0, row = 0; i < from.Length; i += columns, row++)
                    to[row] = TensorPrimitives.Sum(from.Slice(i, columns));
                break;
        }
    }

    internal override void RunningSum(bool backwards, Tensor x, Tensor y)
    {
        int steps = x.Shape[0], size = steps == 0 ? 0 : x.Span.Length / steps;
        ReadOnlySpan<float> from = x.Span;
        Span<float> to = y.Span;
        for (int i = 0; i < steps; i++)
        {
            int t = backwards ? steps - 1 - i : i, before = backwards ? t + 1 : t - 1;
            ReadOnlySpan<float> own = from.Slice(t * size, size);
            Span<float> sum = to.Slice(t * size, size);
            if (i == 0)
                own.CopyTo(sum);
            else
                TensorPrimitives.Add(to.Slice(before * size, size), own, sum);
        }
    }

    internal override void Copy(Tensor x, Tensor y) => x.Span.CopyTo(y.Span);

    internal override void CopyColumns(Tensor x, int firstOfX, Tensor y, int firstOfY, int columns)
    {
        ReadOnlySpan<float> from = x.Span;
        Span<float> to = y.Span;
        int rows = x.Shape.Rows, strideOfX = x.Shape.Columns, strideOfY = y.Shape.Columns;
        for (int r = 0; r < rows; r++)
            from.Slice(r * strideOfX + firstOfX, columns).CopyTo(to.Slice(r * strideOfY + firstOfY, columns));
    }

    internal override void Transpose(int A, int B, int C, Tensor x, Tensor y)
    {
        for (int a = 0; a < A; a++)
            Transposition.Transpose(x.Span.Slice(a * B * C, B * C), y.Span.Slice(a * B * C, B * C), B, C);
    }

    internal override void GatherColumns(Tensor x, Indices index, Tensor y) =>
        Selection.GatherColumns(x.Span, x.Shape.Columns, index.Span, y.Span);

    internal override void ScatterColumns(Tensor x, Indices index, Tensor y) =>
        Selection.ScatterColumns(x.Span, y.Shape.Columns, index.Span, y.Span);

    internal override void GatherRows(Tensor x, Indices index, Tensor y) =>
        Selection.GatherRows(x.Span, x.Shape.Columns, index.Span, y.Span);

    internal override void ScatterRows(Tensor x, Indices index, Tensor y) =>
        Selection.ScatterRows(x.Span, y.Shape.Columns, index.Span, y.Span);

    internal override void MaxOfColumns(Tensor x, Tensor y, Indices index) =>
        Selection.MaxOfColumns(x.Span, x.Shape.Columns, y.Span, index.Span);

    internal override void Softmax(bool logarithm, Tensor x, Tensor y) =>
        Devices.Softmax.Forward(logarithm, x.Span, y.Span, x.Shape.Columns);

    internal override void SoftmaxGradient(bool logarithm, Tensor y, Tensor g, Tensor dx)
    {
        if (logarithm)
            Devices.Softmax.BackwardOfLogarithm(y.Span, g.Span, dx.Span, y.Shape.Columns);
        else
            Devices.Softmax.Backward(y.Span, g.Span, dx.Span, y.Shape.Columns);
    }

    internal override void LayerNormalise(
        Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, Tensor mean, Tensor scale) =>
        LayerNormalisation.Forward(x.Span, gain.Span, bias.Span, epsilon, y.Span, mean.Span, scale.Span);

    internal override void LayerNormaliseGradient(Tensor x, Tensor gain, Tensor mean, Tensor scale, Tensor g,
        Tensor dx, Tensor dgain, Tensor dbias) =>
        LayerNormalisation.Backward(
            x.Span, gain.Span, mean.Span, scale.Span, g.Span, dx.Span, dgain.Span, dbias.Span);

    internal override void ImageToColumns(in Window window, Tensor images, Tensor columns) =>
        ImageColumns.Spread(in window, images.Span, columns.Span);

    internal override void ColumnsToImage(in Window window, Tensor columns, Tensor images) =>
        ImageColumns.Collect(in window, columns.Span, images.Span);

    internal override void Widen(Images bytes, Tensor y) => Bytes.ToSigned(bytes.Bytes, y.Span);

    internal override void Fill(Tensor y, float value) => y.Span.Fill(value);

    internal override void Clamp(Tensor x, float low, float high, Tensor y) =>
        TensorPrimitives.Clamp(x.Span, low, high, y.Span);

    internal override void LinearRecurrence(bool backwards, Tensor x, Tensor factor, Tensor y) =>
        Recurrence.Run(backwards, x.Shape[0], x.Span, factor.Span, y.Span);

    internal override void PickLanes(nint x, nint y, int steps, int laneCount, long recordBytes, Indices lanes) =>
        Selection.PickLanes((byte*)x, (byte*)y, steps, laneCount, recordBytes, lanes.Span);

    internal override void AddSumOfSquares(Tensor x, Tensor sum) => sum.Span[0] += (float)Norms.SumOfSquares(x.Span);

    internal override void AllFinite(Tensor x, Tensor flag)
    {
        if (!Norms.AllFinite(x.Span))
            flag.Span[0] = 0;
    }

    internal override void LimitByNorm(Tensor x, Tensor norm, float limit)
    {
        float length = norm.Span[0];
        if (float.IsFinite(length) && length > limit)
            TensorPrimitives.Multiply(x.Span, limit / length, x.Span);
    }

    internal override void LimitByElement(Tensor x, Tensor norm, float limit)
    {
        float length = norm.Span[0];
        if (float.IsFinite(length) && length > limit)
            TensorPrimitives.Clamp(x.Span, -limit, limit, x.Span);
    }

    internal override void SampleCategorical(
        Tensor logits, Tensor uniform, Indices actions, Tensor logProbability) =>
        Sampling.Categorical(logits.Span, logits.Shape.Columns, uniform.Span, actions.Span, logProbability.Span);

    static void Zip(Combination combination, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
    {
        switch (combination)
        {
            case Combination.Add: TensorPrimitives.Add(a, b, y); break;
            case Combination.Subtract: TensorPrimitives.Subtract(a, b, y); break;
            case Combination.Multiply: TensorPrimitives.Multiply(a, b, y); break;
            case Combination.Divide: TensorPrimitives.Divide(a, b, y); break;
            case Combination.Min: TensorPrimitives.Min(a, b, y); break;
            case Combination.Max: TensorPrimitives.Max(a, b, y); break;
            case Combination.IsAtMost: Comparison.IsAtMost(a, b, y); break;
            default: throw new ArgumentOutOfRangeException(nameof(combination));
        }
    }

    static void Zip(Combination combination, ReadOnlySpan<float> a, float b, Span<float> y)
    {
        switch (combination)
        {
            case Combination.Add: TensorPrimitives.Add(a, b, y); break;
            case Combination.Subtract: TensorPrimitives.Subtract(a, b, y); break;
            case Combination.Multiply: TensorPrimitives.Multiply(a, b, y); break;
            case Combination.Divide: TensorPrimitives.Divide(a, b, y); break;
            case Combination.Min: TensorPrimitives.Min(a, b, y); break;
            case Combination.Max: TensorPrimitives.Max(a, b, y); break;
            case Combination.IsAtMost: Comparison.IsAtMost(a, b, y); break;
            default: throw new ArgumentOutOfRangeException(nameof(combination));
        }
    }
}
