namespace RLSquared.Tensors.Devices;

/// <summary>C cut into Down × Across rectangles of Rows × Columns, whole tiles except at the edges.</summary>
internal readonly record struct ProductGrid(int Down, int Across, int Rows, int Columns)
{
    /// <summary>Multiply-adds below which threads are not worth waking: some 10 µs of one core.</summary>
    private const long SmallestParallel = 1 << 20;

    public int Pieces => Down * Across;

    /// <summary>The cut whose largest rectangle costs least, its operands' traffic included.</summary>
    public static ProductGrid For(int threads, int M, int N, int K)
    {
        ProductGrid best = new(1, 1, M, N);
        if ((long)M * N * K < SmallestParallel)
            return best;
        long least = long.MaxValue;
        for (int across = 1; across <= threads; across++)
        {
            int rows = Part(M, threads / across, MatrixProduct.TallestTile);
            int columns = Part(N, across, PackedMatrix.PanelWidth);

            // A float that is read or copied costs about as much as 8 multiply-adds.
            long cost = ((long)rows * columns) + (8L * (rows + columns));
            if (cost < least)
            {
                least = cost;
                best = new ProductGrid((M + rows - 1) / rows, (N + columns - 1) / columns, rows, columns);
            }
        }

        return best;
    }

    /// <summary>One of so many parts of the length, rounded up to whole units.</summary>
    private static int Part(int length, int parts, int unit) =>
        ((((length + parts - 1) / parts) + unit - 1) / unit) * unit;
}
