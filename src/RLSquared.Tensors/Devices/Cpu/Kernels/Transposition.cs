namespace RLSquared.Tensors.Devices;

/// <summary>
/// y[C, B] = x[B, C] with rows and columns exchanged. Moves 8 bytes per number; tiles of 16 × 16 keep both the rows
/// read and the rows written within the first cache.
/// </summary>
internal static class Transposition
{
    const int Tile = 16;

    /// <summary>The specification.</summary>
    public static void Reference(ReadOnlySpan<float> x, Span<float> y, int B, int C)
    {
        for (int b = 0; b < B; b++)
        {
            for (int c = 0; c < C; c++)
                y[c * B + b] = x[b * C + c];
        }
    }

    /// <summary>The same in tiles.</summary>
    public static void Transpose(ReadOnlySpan<float> x, Span<float> y, int B, int C)
    {
        for (int b0 = 0; b0 < B; b0 += Tile)
        {
            int b1 = Math.Min(b0 + Tile, B);
            for (int c0 = 0; c0 < C; c0 += Tile)
            {
                int c1 = Math.Min(c0 + Tile, C);
                for (int c = c0; c < c1; c++)
                {
                    Span<float> to = y.Slice(c * B, B);
                    for (int b = b0; b < b1; b++)
                        to[b] = x[b * C + c];
                }
            }
        }
    }
}
