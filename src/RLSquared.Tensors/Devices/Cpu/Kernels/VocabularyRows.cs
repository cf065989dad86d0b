namespace RLSquared.Tensors.Devices;

/// <summary>
/// The head of a language model: for hidden rows h [S, D] and the embeddings W [V, D] of the tokens, with scores
/// x = scale · h Wᵀ,
///   y[r, 0] = x[r, selected[r]] − ln Σ e^x,  y[r, 1] = the entropy of softmax(x[r]).
/// The scores are made in chunks of the vocabulary and blocks of rows, never all at once; each chunk gives its largest
/// score and the sum over it, and these are joined at the end. A sampler that has all scores of a token joins the same
/// chunks (<see cref="Join"/>), so it finds the same bits.
/// <para>Cost: 2·S·V·D forward, 6·S·V·D backward (the scores are made again), two exponentials per score.</para>
/// </summary>
internal static unsafe class VocabularyRows
{
    /// <summary>Columns of a chunk.</summary>
    public const int Chunk = 4096;

    const int Block = 128;

    /// <summary>Chunks of a vocabulary.</summary>
    public static int Chunks(int V) => (V + Chunk - 1) / Chunk;

    /// <summary>Floats of scratch that one call needs.</summary>
    public static int Scratch(int V) => Block * (SteadySums.Padded(Math.Min(V, Chunk)) + 3 * Chunks(V));

    /// <summary>What a chunk of scores comes to: the largest m, s = Σ e^(x − m), w = Σ e^(x − m) (x − m).</summary>
    /// <param name="x">Scores before the scale, padded; become the exponentials.</param>
    /// <param name="count">Columns that count; up to the padded length the others are hidden.</param>
    /// <param name="scale">Above 0.</param>
    /// <param name="parts">Receives m, s and w.</param>
    public static void Reduce(float* x, int count, float scale, float* parts)
    {
        int padded = SteadySums.Padded(count);
        new Span<float>(x + count, padded - count).Fill(SteadySums.Nothing);
        parts[1] = SteadySums.Exponentials(x, padded, scale, out parts[0], out parts[2]);
    }

    /// <summary>ln Σ e^x over all chunks as max + ln(sum), and the entropy, from each chunk's m, s, w.</summary>
    public static (float Max, float LogSum, float Entropy) Join(float* parts, int chunks)
    {
        float max = parts[0];
        for (int c = 1; c < chunks; c++)
            max = MathF.Max(max, parts[3 * c]);
        float sum = 0, weighted = 0;
        for (int c = 0; c < chunks; c++)
        {
            float apart = parts[3 * c] - max, share = MathF.Exp(apart);
            sum += share * parts[3 * c + 1];
            weighted += share * (parts[3 * c + 2] + (apart == 0 ? 0 : apart * parts[3 * c + 1]));
        }
        float logarithm = MathF.Log(sum);
        return (max, logarithm, logarithm - weighted / sum);
    }

    /// <summary>y [S, 2] and, for backward, logSums [S].</summary>
    public static void Forward(int S, int V, int D, float* h, float* w, ReadOnlySpan<int> selected, float scale,
        float* y, float* logSums, float* scratch)
    {
        int chunks = Chunks(V);
        float* parts = scratch + Block * SteadySums.Padded(Math.Min(V, Chunk));
        for (int i = 0; i < S; i += Block)
        {
            int rows = Math.Min(Block, S - i);
            for (int c = 0; c < chunks; c++)
            {
                int columns = Scores(V, D, rows, c, h + (nint)i * D, w, scratch, out int ld);
                for (int r = 0; r < rows; r++)
                {
                    float* row = scratch + (nint)r * ld;
                    int at = selected[i + r] - c * Chunk;
                    if ((uint)at < (uint)columns)
                        y[2 * (i + r)] = row[at] * scale;
                    Reduce(row, columns, scale, parts + 3 * (r * chunks + c));
                }
            }
            for (int r = 0; r < rows; r++)
            {
                (float max, float logSum, float entropy) = Join(parts + 3 * r * chunks, chunks);
                float* to = y + 2 * (i + r);
                to[0] = to[0] - max - logSum;
                to[1] = entropy;
                logSums[i + r] = max + logSum;
            }
        }
    }

    /// <summary>Adds dL/dh to dh [S, D] and dL/dW to dw [V, D] (or to none) from g = dL/dy [S, 2].</summary>
    public static void Backward(int S, int V, int D, float* h, float* w, ReadOnlySpan<int> selected, float scale,
        float* y, float* logSums, float* g, float* dh, float* dw, float* scratch)
    {
        int chunks = Chunks(V);
        for (int i = 0; i < S; i += Block)
        {
            int rows = Math.Min(Block, S - i);
            for (int c = 0; c < chunks; c++)
            {
                int columns = Scores(V, D, rows, c, h + (nint)i * D, w, scratch, out int ld);
                for (int r = 0; r < rows; r++)
                {
                    Slope(scratch + (nint)r * ld, columns, selected[i + r] - c * Chunk, scale, logSums[i + r],
                        y[2 * (i + r) + 1], g[2 * (i + r)], g[2 * (i + r) + 1]);
                }
                float* chunk = w + (nint)c * Chunk * D;
                MatrixProduct.Multiply(false, false, rows, D, columns, scratch, ld, chunk, D, dh + (nint)i * D, D,
                    accumulate: c > 0);
                if (dw != null)
                {
                    MatrixProduct.Multiply(true, false, columns, D, rows, scratch, ld, h + (nint)i * D, D,
                        dw + (nint)c * Chunk * D, D, accumulate: true);
                }
            }
        }
    }

    // x ← scale · (g₀ (1 at the selected − p) − g₁ p (ln p + entropy)) with p = e^(scale · x − logSum).
    static void Slope(
        float* x, int columns, int selected, float scale, float logSum, float entropy, float g0, float g1)
    {
        if (g1 == 0)
        {
            int padded = SteadySums.Padded(columns);
            new Span<float>(x + columns, padded - columns).Fill(SteadySums.Nothing);
            SteadySums.Exponentials(x, padded, scale, logSum);
            var row = new Span<float>(x, columns);
            System.Numerics.Tensors.TensorPrimitives.Multiply(row, -g0 * scale, row);
        }
        else
        {
            for (int j = 0; j < columns; j++)
            {
                float logarithm = x[j] * scale - logSum, p = MathF.Exp(logarithm);
                x[j] = -scale * p * (g0 + g1 * (logarithm + entropy));
            }
        }
        if ((uint)selected < (uint)columns)
            x[selected] += g0 * scale;
    }

    static int Scores(int V, int D, int rows, int chunk, float* h, float* w, float* scores, out int ld)
    {
        int columns = Math.Min(Chunk, V - chunk * Chunk);
        ld = SteadySums.Padded(columns);
        MatrixProduct.Multiply(false, true, rows, columns, D, h, D, w + (nint)chunk * Chunk * D, D, scores, ld,
            accumulate: false);
        return columns;
    }
}
