using System.Numerics.Tensors;
using RLSquared.Tensors.Kernels;

namespace RLSquared.Tensors.Devices;

/// <summary>The primitives in managed SIMD code.</summary>
internal sealed unsafe class CpuDevice : Device
{
    public override void Map(Function function, Tensor x, Tensor y)
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
            case Function.IsPositive: Elementwise.Map<IsPositiveFunction>(from, to); break;
            default: throw new ArgumentOutOfRangeException(nameof(function));
        }
    }

    public override void MapGradient(Function function, Tensor y, Tensor g, Tensor dx)
    {
        switch (function)
        {
            case Function.Relu: Elementwise.Zip<ReluGradient>(y.Span, g.Span, dx.Span); break;
            case Function.Tanh: Elementwise.Zip<TanhGradient>(y.Span, g.Span, dx.Span); break;
            case Function.Sigmoid: Elementwise.Zip<SigmoidGradient>(y.Span, g.Span, dx.Span); break;
            default: throw new ArgumentOutOfRangeException(nameof(function));
        }
    }

    public override void Zip(Combination combination, Tensor a, Tensor b, Repeat repeat, Tensor y)
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

    public override void Affine(Tensor x, float scale, float shift, Tensor y)
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

    public override void GruForward(
        in GruOperands gru, Arena scratch, Tensor gates, Tensor previous, Tensor hidden) =>
        GruSweep.Forward(in gru, scratch, gates, previous, hidden);

    public override void GruBackward(
        in GruOperands gru, Arena scratch, Tensor hidden, Tensor gates, Tensor previous, Tensor g,
        in GruGradients gradients) => GruSweep.Backward(in gru, scratch, hidden, gates, previous, g, in gradients);

    public override void Product(bool transposeA, bool transposeB, Tensor a, Tensor b, Tensor y)
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

    public override void Sum(Repeat axis, Tensor x, Tensor y)
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
                to.Clear();
                for (int i = 0; i < from.Length; i += columns)
                    TensorPrimitives.Add(to, from.Slice(i, columns), to);
                break;
            case Repeat.Column:
                for (int i = 0, row = 0; i < from.Length; i += columns, row++)
                    to[row] = TensorPrimitives.Sum(from.Slice(i, columns));
                break;
        }
    }

    public override void RunningSum(bool backwards, Tensor x, Tensor y)
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

    public override void Copy(Tensor x, Tensor y) => x.Span.CopyTo(y.Span);

    public override void CopyColumns(Tensor x, int firstOfX, Tensor y, int firstOfY, int columns)
    {
        ReadOnlySpan<float> from = x.Span;
        Span<float> to = y.Span;
        int rows = x.Shape.Rows, strideOfX = x.Shape.Columns, strideOfY = y.Shape.Columns;
        for (int r = 0; r < rows; r++)
            from.Slice(r * strideOfX + firstOfX, columns).CopyTo(to.Slice(r * strideOfY + firstOfY, columns));
    }

    public override void Transpose(int A, int B, int C, Tensor x, Tensor y)
    {
        for (int a = 0; a < A; a++)
            Transposition.Transpose(x.Span.Slice(a * B * C, B * C), y.Span.Slice(a * B * C, B * C), B, C);
    }

    public override void GatherColumns(Tensor x, Indices index, Tensor y) =>
        Selection.GatherColumns(x.Span, x.Shape.Columns, index.Span, y.Span);

    public override void ScatterColumns(Tensor x, Indices index, Tensor y) =>
        Selection.ScatterColumns(x.Span, y.Shape.Columns, index.Span, y.Span);

    public override void GatherRows(Tensor x, Indices index, Tensor y) =>
        Selection.GatherRows(x.Span, x.Shape.Columns, index.Span, y.Span);

    public override void ScatterRows(Tensor x, Indices index, Tensor y) =>
        Selection.ScatterRows(x.Span, y.Shape.Columns, index.Span, y.Span);

    public override void TanhOfRows(Tensor a, Indices i, Tensor b, Indices j, Tensor s, Tensor c, Tensor y)
    {
        GatheredTanh.Rows rows = RowsOf(y, i, j, s);
        GatheredTanh.Forward(in rows, a.Data, b.Data, c.Data, y.Data);
    }

    public override void TanhOfRowsGradient(
        Tensor y, Tensor g, Indices i, Indices j, Tensor s, Tensor da, Tensor db, Tensor dc)
    {
        GatheredTanh.Rows rows = RowsOf(y, i, j, s);
        GatheredTanh.Backward(in rows, y.Data, g.Data, da.Data, db.Data, dc.Data);
    }

    static GatheredTanh.Rows RowsOf(Tensor y, Indices i, Indices j, Tensor s) => new()
    {
        R = y.Shape.Rows,
        H = y.Shape.Columns,
        I = i.Data,
        J = j.Data,
        S = s.Data,
    };

    public override void MaxOfColumns(Tensor x, Tensor y, Indices index) =>
        Selection.MaxOfColumns(x.Span, x.Shape.Columns, y.Span, index.Span);

    public override void Softmax(bool logarithm, Tensor x, Tensor y) =>
        Kernels.Softmax.Forward(logarithm, x.Span, y.Span, x.Shape.Columns);

    public override void SoftmaxGradient(bool logarithm, Tensor y, Tensor g, Tensor dx)
    {
        if (logarithm)
            Kernels.Softmax.BackwardOfLogarithm(y.Span, g.Span, dx.Span, y.Shape.Columns);
        else
            Kernels.Softmax.Backward(y.Span, g.Span, dx.Span, y.Shape.Columns);
    }

    public override void LayerNormalise(
        Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, Tensor mean, Tensor scale) =>
        LayerNormalisation.Forward(x.Span, gain.Span, bias.Span, epsilon, y.Span, mean.Span, scale.Span);

    public override void LayerNormaliseGradient(Tensor x, Tensor gain, Tensor mean, Tensor scale, Tensor g,
        Tensor dx, Tensor dgain, Tensor dbias) =>
        LayerNormalisation.Backward(
            x.Span, gain.Span, mean.Span, scale.Span, g.Span, dx.Span, dgain.Span, dbias.Span);

    public override void ImageToColumns(in Window window, Tensor images, Tensor columns) =>
        ImageColumns.Spread(in window, images.Span, columns.Span);

    public override void ColumnsToImage(in Window window, Tensor columns, Tensor images) =>
        ImageColumns.Collect(in window, columns.Span, images.Span);

    public override void FilterForward(
        in Window window, Tensor x, Images bytes, Tensor weight, Tensor bias, Arena scratch, Tensor y) =>
        FilterSweep.Forward(in window, x, bytes, weight, bias, scratch, y);

    public override void FilterBackward(in Window window, Tensor x, Images bytes, Tensor weight, Tensor y, Tensor g,
        Arena scratch, Tensor dweight, Tensor dbias, Tensor dx) =>
        FilterSweep.Backward(in window, x, bytes, weight, y, g, scratch, dweight, dbias, dx);

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
