using System.Numerics.Tensors;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// The logarithm of the probability of one column of each row of scores [R, A]: logits[r, s[r]] − ln Σ exp(logits[r]),
/// and its gradient. The exponentials of a row are taken in one pass; no matrix is stored.
/// </summary>
internal static unsafe class SelectedLogarithm
{
    public static void Forward(ReadOnlySpan<float> logits, int columns, ReadOnlySpan<int> selected, Span<float> y)
    {
        Span<float> scratch = new(Workspace.Rent(columns), columns);
        for (int r = 0; r < selected.Length; r++)
        {
            ReadOnlySpan<float> row = logits.Slice(r * columns, columns);
            float max = Exponentials(row, scratch);
            y[r] = row[selected[r]] - max - MathF.Log(TensorPrimitives.Sum(scratch));
        }
    }

    public static void Backward(ReadOnlySpan<float> logits, int columns, ReadOnlySpan<int> selected,
        ReadOnlySpan<float> g, Span<float> dlogits)
    {
        for (int r = 0; r < selected.Length; r++)
        {
            Span<float> to = dlogits.Slice(r * columns, columns);
            Exponentials(logits.Slice(r * columns, columns), to);
            TensorPrimitives.Multiply(to, -g[r] / TensorPrimitives.Sum(to), to);
            to[selected[r]] += g[r];
        }
    }

    static float Exponentials(ReadOnlySpan<float> row, Span<float> to)
    {
        float max = TensorPrimitives.Max(row);
        TensorPrimitives.Subtract(row, max, to);
        Elementwise.Map<ExpFunction>(to, to);
        return max;
    }
}
