using System.Numerics.Tensors;

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
            case Function.Tanh: TensorPrimitives.Tanh(from, to); break;
            case Function.Sigmoid: TensorPrimitives.Sigmoid(from, to); break;
            case Function.Exp: TensorPrimitives.Exp(from, to); break;
            case Function.Log: TensorPrimitives.Log(from, to); break;
            case Function.Sqrt: TensorPrimitives.Sqrt(from, to); break;
            case Function.Negate: TensorPrimitives.Negate(from, to); break;
            case Function.Reciprocal: TensorPrimitives.Reciprocal(from, to); break;
            case Function.IsPositive:
                for (int i = 0; i < from.Length; i++)
                    to[i] = from[i] > 0 ? 1 : 0;
                break;
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

    public override void Product(bool transposeA, bool transposeB, Tensor a, Tensor b, Tensor y)
    {
        throw new NotImplementedException();
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
            case Combination.IsAtMost:
                for (int i = 0; i < a.Length; i++)
                    y[i] = a[i] <= b[i] ? 1 : 0;
                break;
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
            case Combination.IsAtMost:
                for (int i = 0; i < a.Length; i++)
                    y[i] = a[i] <= b ? 1 : 0;
                break;
            default: throw new ArgumentOutOfRangeException(nameof(combination));
        }
    }
}
