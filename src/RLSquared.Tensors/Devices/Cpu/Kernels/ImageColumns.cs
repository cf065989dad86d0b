namespace RLSquared.Tensors.Devices;

/// <summary>Where a convolution's window goes over images [N, C, H, W].</summary>
/// <param name="Images">N.</param>
/// <param name="Channels">C.</param>
/// <param name="Height">H, without padding.</param>
/// <param name="Width">W, without padding.</param>
/// <param name="KernelHeight">Rows of the window.</param>
/// <param name="KernelWidth">Columns of the window.</param>
/// <param name="Stride">How far the window moves, in both directions.</param>
/// <param name="Padding">Zeros around each image, on all four sides.</param>
internal readonly record struct Window(
    int Images, int Channels, int Height, int Width, int KernelHeight, int KernelWidth, int Stride, int Padding)
{
    /// <summary>Places of the window from top to bottom.</summary>
    public int PlacesDown => (Height + 2 * Padding - KernelHeight) / Stride + 1;

    /// <summary>Places of the window from left to right.</summary>
    public int PlacesAcross => (Width + 2 * Padding - KernelWidth) / Stride + 1;

    /// <summary>Numbers that the window sees: C · kh · kw.</summary>
    public int Seen => Channels * KernelHeight * KernelWidth;
}

/// <summary>
/// columns[(n, i, j), (c, u, v)] = image[n, c, i·stride + u − padding, j·stride + v − padding], 0 outside; and the
/// transpose of this linear map, which adds. With them a convolution is a matrix product.
/// <para>Shapes: images [N, C, H, W], columns [N · down · across, C · kh · kw]. Cost: no arithmetic (one addition per
/// number on the way back); moves 4 bytes per number of columns and, about kh · kw / stride² times, of images.</para>
/// </summary>
internal static class ImageColumns
{
    /// <summary>The specification of <see cref="Spread"/>.</summary>
    public static void Reference(in Window window, ReadOnlySpan<float> images, Span<float> columns)
    {
        int columnsPerPlace = window.Seen, places = window.PlacesDown * window.PlacesAcross;
        for (int at = 0; at < window.Images * places * columnsPerPlace; at++)
        {
            int place = at / columnsPerPlace % places, n = at / columnsPerPlace / places;
            int v = at % window.KernelWidth, u = at / window.KernelWidth % window.KernelHeight;
            int c = at % columnsPerPlace / (window.KernelWidth * window.KernelHeight);
            int y = place / window.PlacesAcross * window.Stride + u - window.Padding;
            int x = place % window.PlacesAcross * window.Stride + v - window.Padding;
            bool inside = y >= 0 && y < window.Height && x >= 0 && x < window.Width;
            columns[at] = inside ? images[((n * window.Channels + c) * window.Height + y) * window.Width + x] : 0;
        }
    }

    /// <summary>The same, one run of the window's row at a time.</summary>
    public static void Spread(in Window window, ReadOnlySpan<float> images, Span<float> columns)
    {
        int to = 0, width = window.KernelWidth;
        for (int n = 0; n < window.Images; n++)
        {
            for (int i = 0; i < window.PlacesDown; i++)
            {
                for (int j = 0; j < window.PlacesAcross; j++)
                {
                    for (int c = 0; c < window.Channels; c++)
                    {
                        for (int u = 0; u < window.KernelHeight; u++, to += width)
                        {
                            Span<float> run = columns.Slice(to, width);
                            if (Inside(in window, n, c, i, j, u, out int at, out int first, out int count))
                            {
                                run[..first].Clear();
                                images.Slice(at, count).CopyTo(run[first..]);
                                run[(first + count)..].Clear();
                            }
                            else
                            {
                                run.Clear();
                            }
                        }
                    }
                }
            }
        }
    }

    /// <summary>
    /// The transpose: every number of columns is added to where it came from, in the order of columns.
    /// </summary>
    public static void Collect(in Window window, ReadOnlySpan<float> columns, Span<float> images)
    {
        images.Clear();
        int from = 0, width = window.KernelWidth;
        for (int n = 0; n < window.Images; n++)
        {
            for (int i = 0; i < window.PlacesDown; i++)
            {
                for (int j = 0; j < window.PlacesAcross; j++)
                {
                    for (int c = 0; c < window.Channels; c++)
                    {
                        for (int u = 0; u < window.KernelHeight; u++, from += width)
                        {
                            if (!Inside(in window, n, c, i, j, u, out int at, out int first, out int count))
                                continue;
                            Span<float> sum = images.Slice(at, count);
                            ReadOnlySpan<float> run = columns.Slice(from + first, count);
                            for (int k = 0; k < run.Length; k++)
                                sum[k] += run[k];
                        }
                    }
                }
            }
        }
    }

    // The part of one row of the window that lies inside the image: `count` numbers of the image from `at` on, which
    // are those of the window's row from `first` on.
    static bool Inside(
        in Window window, int n, int c, int i, int j, int u, out int at, out int first, out int count)
    {
        int y = i * window.Stride + u - window.Padding, x = j * window.Stride - window.Padding;
        first = Math.Max(0, -x);
        count = Math.Min(window.KernelWidth, window.Width - x) - first;
        at = ((n * window.Channels + c) * window.Height + y) * window.Width + x + first;
        return y >= 0 && y < window.Height && count > 0;
    }
}
