using System.Numerics.Tensors;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// What a layer of attention is made of: H heads of queries over G heads of keys and values, E numbers each. Query head
/// h reads keys of head h·G/H. A window lets a token see itself and the window − 1 tokens before; 0 is none.
/// </summary>
internal readonly record struct AttentionShape(int H, int G, int E, int Window)
{
    /// <summary>What products of queries and keys are multiplied with.</summary>
    public float Scale => 1 / MathF.Sqrt(E);

    /// <summary>The first place of a sequence that a token at place t sees.</summary>
    public int First(int t) => Window == 0 ? 0 : Math.Max(0, t - Window + 1);
}

/// <summary>
/// Causal attention over sequences that lie one after the other: for a token at place t of its sequence and each head
///   y = Σ_j p_j v_j,  p = softmax over the seen places j ≤ t of (q·k_j / √E).
/// It goes by blocks of queries: the scores of a block are the only ones that are kept, [block, keys], never T × T.
/// Backward computes them again from the queries, the keys and the stored ln Σ e^(score) of each token.
/// <para>Each number is one chain in the order of j (or of e), and what a token does not see adds exact zeros; so it
/// is, bit for bit, what <see cref="PagedAttention"/> finds for one token alone.</para>
/// <para>Cost: 4·E operations per seen pair and head forward, 10·E backward; the triangle above the diagonal is left
/// out but for the corners of the blocks.</para>
/// </summary>
internal static unsafe class CausalAttention
{
    const int Block = 64;

    /// <summary>Floats of scratch that one call needs: two blocks of scores.</summary>
    /// <param name="longest">The longest sequence.</param>
    public static int Scratch(int longest) => 2 * Block * SteadySums.Padded(longest);

    /// <summary>The longest of the sequences that begin at starts[0], starts[1], …, and end at the last.</summary>
    public static int Longest(ReadOnlySpan<int> starts)
    {
        int longest = 0;
        for (int s = 1; s < starts.Length; s++)
            longest = Math.Max(longest, starts[s] - starts[s - 1]);
        return longest;
    }

    /// <summary>y [M, H·E] and logSums [M, H] from q [M, H·E], k and v [M, G·E].</summary>
    public static void Forward(in AttentionShape shape, ReadOnlySpan<int> starts, float* q, float* k, float* v,
        float* y, float* logSums, float* scratch)
    {
        int H = shape.H, E = shape.E, rowOfQ = H * E, rowOfK = shape.G * E;
        for (int s = 0; s + 1 < starts.Length; s++)
        {
            int start = starts[s], length = starts[s + 1] - start;
            for (int h = 0; h < H; h++)
            {
                int keyHead = h * shape.G / H;
                for (int i = 0; i < length; i += Block)
                {
                    int rows = Math.Min(Block, length - i), ld = SteadySums.Padded(i + rows);
                    nint query = (nint)(start + i) * rowOfQ + h * E;
                    float* scores = scratch;
                    int from = Scores(in shape, start, i, rows, keyHead, q + query, k, scores, ld);
                    for (int r = 0; r < rows; r++)
                    {
                        float* row = scores + (nint)r * ld;
                        Hide(in shape, row, i + r, from, ld);
                        float sum = SteadySums.Exponentials(row + from, ld - from, shape.Scale, out float max, out _);
                        logSums[(nint)(start + i + r) * H + h] = max + MathF.Log(sum);
                        scratch[(nint)Block * ld + r] = 1 / sum;
                    }
                    MatrixProduct.Multiply(false, false, rows, E, i + rows - from, scores + from, ld,
                        v + (nint)(start + from) * rowOfK + keyHead * E, rowOfK, y + query, rowOfQ, accumulate: false);
                    for (int r = 0; r < rows; r++)
                    {
                        var to = new Span<float>(y + query + (nint)r * rowOfQ, E);
                        TensorPrimitives.Multiply(to, scratch[(nint)Block * ld + r], to);
                    }
                }
            }
        }
    }

    /// <summary>dq [M, H·E], dk and dv [M, G·E] from g = dL/dy [M, H·E] and what forward had and found.</summary>
    public static void Backward(in AttentionShape shape, ReadOnlySpan<int> starts, float* q, float* k, float* v,
        float* y, float* logSums, float* g, float* dq, float* dk, float* dv, float* scratch)
    {
        int H = shape.H, E = shape.E, rowOfQ = H * E, rowOfK = shape.G * E;
        int M = starts[^1];
        new Span<float>(dk, M * rowOfK).Clear();
        new Span<float>(dv, M * rowOfK).Clear();
        for (int s = 0; s + 1 < starts.Length; s++)
        {
            int start = starts[s], length = starts[s + 1] - start;
            for (int h = 0; h < H; h++)
            {
                int keyHead = h * shape.G / H;
                for (int i = 0; i < length; i += Block)
                {
                    int rows = Math.Min(Block, length - i), ld = SteadySums.Padded(i + rows);
                    nint query = (nint)(start + i) * rowOfQ + h * E;
                    float* p = scratch, slope = scratch + (nint)Block * ld;
                    int from = Scores(in shape, start, i, rows, keyHead, q + query, k, p, ld);
                    int keys = i + rows - from;
                    nint key = (nint)(start + from) * rowOfK + keyHead * E;
                    for (int r = 0; r < rows; r++)
                    {
                        float* row = p + (nint)r * ld;
                        Hide(in shape, row, i + r, from, ld);
                        SteadySums.Exponentials(
                            row + from, ld - from, shape.Scale, logSums[(nint)(start + i + r) * H + h]);
                    }

                    // dv += pᵀ g;  dp = g vᵀ;  ds = p (dp − Σ g y) / √E;  dq = ds k;  dk += dsᵀ q.
                    MatrixProduct.Multiply(true, false, keys, E, rows, p + from, ld, g + query, rowOfQ,
                        dv + key, rowOfK, accumulate: true);
                    MatrixProduct.Multiply(false, true, rows, keys, E, g + query, rowOfQ, v + key, rowOfK,
                        slope + from, ld, accumulate: false);
                    for (int r = 0; r < rows; r++)
                    {
                        nint at = query + (nint)r * rowOfQ;
                        float along = TensorPrimitives.Dot(
                            new ReadOnlySpan<float>(g + at, E), new ReadOnlySpan<float>(y + at, E));
                        var of = new ReadOnlySpan<float>(p + (nint)r * ld + from, keys);
                        var to = new Span<float>(slope + (nint)r * ld + from, keys);
                        TensorPrimitives.Subtract(to, along, to);
                        TensorPrimitives.Multiply(to, of, to);
                        TensorPrimitives.Multiply(to, shape.Scale, to);
                    }
                    MatrixProduct.Multiply(false, false, rows, E, keys, slope + from, ld, k + key, rowOfK,
                        dq + query, rowOfQ, accumulate: false);
                    MatrixProduct.Multiply(true, false, keys, E, rows, slope + from, ld, q + query, rowOfQ,
                        dk + key, rowOfK, accumulate: true);
                }
            }
        }
    }

    // The products of a block of queries with all keys that one of them sees, in the places from the first such key on.
    static int Scores(in AttentionShape shape, int start, int i, int rows, int keyHead, float* q, float* k,
        float* scores, int ld)
    {
        int E = shape.E, rowOfK = shape.G * E, from = shape.First(i) & -SteadySums.Group;
        MatrixProduct.Multiply(false, true, rows, i + rows - from, E, q, shape.H * E,
            k + (nint)(start + from) * rowOfK + keyHead * E, rowOfK, scores + from, ld, accumulate: false);
        return from;
    }

    /// <summary>What a token at place t does not see between two places of a row of scores gets no share.</summary>
    public static void Hide(in AttentionShape shape, float* row, int t, int from, int end)
    {
        int first = shape.First(t);
        if (first > from)
            new Span<float>(row + from, first - from).Fill(SteadySums.Nothing);
        new Span<float>(row + t + 1, end - t - 1).Fill(SteadySums.Nothing);
    }
}
