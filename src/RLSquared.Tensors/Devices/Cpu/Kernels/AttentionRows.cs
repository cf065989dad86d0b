using System.Numerics.Tensors;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// Parts of attention that go row by row: softmax of what a query sees, pairs that are turned. Cost: one exponential,
/// or three operations, per number; each row passes through the first cache once.
/// </summary>
internal static class AttentionRows
{
    /// <summary>
    /// y[g, t, :] = softmax(x[g, t, :] + mask[t, :]) over the columns that row t sees, and 0 in the others; the mask
    /// may be empty.
    /// </summary>
    public static void MaskedSoftmax(
        bool causal, int T, int S, ReadOnlySpan<float> x, ReadOnlySpan<float> mask, Span<float> y)
    {
        for (int row = 0, start = 0; start < x.Length; row++, start += S)
        {
            int t = row % T, seen = causal ? t + S - T + 1 : S;
            Span<float> to = y.Slice(start, seen);
            if (mask.IsEmpty)
                x.Slice(start, seen).CopyTo(to);
            else
                TensorPrimitives.Add(x.Slice(start, seen), mask.Slice(t * S, seen), to);
            TensorPrimitives.Subtract(to, TensorPrimitives.Max(to), to);
            Elementwise.Map<ExpFunction>(to, to);
            TensorPrimitives.Multiply(to, 1 / TensorPrimitives.Sum(to), to);
            y.Slice(start + seen, S - seen).Clear();
        }
    }

    /// <summary>Turns the pairs (x[i], x[i + D/2]) of rows [G, T, D] by angles [T, D/2], or turns them back.</summary>
    public static void Rotate(bool inverse, int T, int D, ReadOnlySpan<float> x, ReadOnlySpan<float> cosines,
        ReadOnlySpan<float> sines, Span<float> y)
    {
        int half = D / 2;
        for (int row = 0, start = 0; start < x.Length; row++, start += D)
        {
            ReadOnlySpan<float> c = cosines.Slice(row % T * half, half), s = sines.Slice(row % T * half, half);
            ReadOnlySpan<float> left = x.Slice(start, half), right = x.Slice(start + half, half);
            Span<float> toLeft = y.Slice(start, half), toRight = y.Slice(start + half, half);
            for (int i = 0; i < half; i++)
            {
                float sine = inverse ? -s[i] : s[i], a = left[i], b = right[i];
                toLeft[i] = a * c[i] - b * sine;
                toRight[i] = b * c[i] + a * sine;
            }
        }
    }

    /// <summary>
    /// Turns the pairs of each of H heads of E numbers of rows [M, H·E] by the row's angles [M, E/2].
    /// </summary>
    public static void RotateHeads(bool inverse, int H, int E, ReadOnlySpan<float> x, ReadOnlySpan<float> cosines,
        ReadOnlySpan<float> sines, Span<float> y)
    {
        int half = E / 2;
        for (int row = 0, start = 0; start < x.Length; row++)
        {
            ReadOnlySpan<float> c = cosines.Slice(row * half, half), s = sines.Slice(row * half, half);
            for (int h = 0; h < H; h++, start += E)
            {
                ReadOnlySpan<float> left = x.Slice(start, half), right = x.Slice(start + half, half);
                Span<float> toLeft = y.Slice(start, half), toRight = y.Slice(start + half, half);
                if (inverse)
                {
                    TurnBack(left, right, c, s, toLeft, toRight);
                    continue;
                }
                for (int i = 0; i < half; i++)
                {
                    float a = left[i], b = right[i];
                    toLeft[i] = a * c[i] - b * s[i];
                    toRight[i] = b * c[i] + a * s[i];
                }
            }
        }
    }

    static void TurnBack(ReadOnlySpan<float> left, ReadOnlySpan<float> right, ReadOnlySpan<float> c,
        ReadOnlySpan<float> s, Span<float> toLeft, Span<float> toRight)
    {
        for (int i = 0; i < toLeft.Length; i++)
        {
            float a = left[i], b = right[i];
            toLeft[i] = a * c[i] + b * s[i];
            toRight[i] = b * c[i] - a * s[i];
        }
    }
}
