namespace RLSquared.Reproduction.Plots;

/// <summary>What the band around a mean over seeds shows.</summary>
internal enum Spread
{
    /// <summary>The standard error of the mean to either side: the deviation over seeds / √seeds.</summary>
    Error,

    /// <summary>From the lowest seed to the highest.</summary>
    Range,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>Curves of several seeds as one: their mean, with a band.</summary>
internal static class SeedCurves
{
    /// <summary>The points that a curve keeps at most; more iterations than that are averaged in groups.</summary>
    public const int MostPoints = 300;

    /// <summary>
    /// The curve with neighbours averaged in groups of one size, or two that differ by one; a group stands at its last
    /// x.
    /// </summary>
    public static (double X, double Y)[] Thin(IReadOnlyList<(double X, double Y)> points)
    {
        var thin = new (double X, double Y)[Math.Min(points.Count, MostPoints)];
        for (int i = 0; i < thin.Length; i++)
        {
            int first = (int)((long)points.Count * i / thin.Length);
            int end = (int)((long)points.Count * (i + 1) / thin.Length);
            double sum = 0;
            for (int j = first; j < end; j++)
                sum += points[j].Y;
            thin[i] = (points[end - 1].X, sum / (end - first));
        }
        return thin;
    }

    /// <summary>
    /// The curve with each point replaced by a mean of it and the points before, whose weights shrink by a factor from
    /// one to the next: 0 leaves the curve alone, 0.9 averages about ten points, 0.99 about a hundred.
    /// </summary>
    public static (double X, double Y)[] Smooth(IReadOnlyList<(double X, double Y)> points, double factor)
    {
        var smooth = new (double X, double Y)[points.Count];
        double sum = 0, weights = 0;
        for (int i = 0; i < smooth.Length; i++)
        {
            (sum, weights) = (sum * factor + points[i].Y, weights * factor + 1);
            smooth[i] = (points[i].X, sum / weights);
        }
        return smooth;
    }

    /// <summary>The height at x, on the straight line between two points; the nearest end's outside.</summary>
    public static double At(IReadOnlyList<(double X, double Y)> points, double x)
    {
        int after = 0;
        while (after < points.Count && points[after].X < x)
            after++;
        if (after == 0 || after == points.Count)
            return points[Math.Min(after, points.Count - 1)].Y;
        ((double X, double Y) left, (double X, double Y) right) = (points[after - 1], points[after]);
        return left.Y + (x - left.X) / (right.X - left.X) * (right.Y - left.Y);
    }

    /// <summary>
    /// The mean of the curves with its band, at the points of the curve that ends first: beyond it, not all would
    /// count.
    /// </summary>
    /// <param name="name">What the legend says.</param>
    /// <param name="curves">One for each seed, none empty.</param>
    /// <param name="spread">What the band shows; one curve alone has none.</param>
    public static PlotLine Join(
        string name, IReadOnlyList<IReadOnlyList<(double X, double Y)>> curves, Spread spread)
    {
        IReadOnlyList<(double X, double Y)> shortest = curves.MinBy(curve => curve[^1].X)!;
        double[][] values = [.. shortest.Select(point => curves.Select(curve => At(curve, point.X)).ToArray())];
        bool hasBand = curves.Count > 1 && spread != Spread.None;
        return new PlotLine(
            name, [.. shortest.Zip(values, (point, all) => (point.X, all.Average()))],
            hasBand ? [.. values.Select(all => BandOf(all, spread))] : null);
    }

    static (double Low, double High) BandOf(double[] values, Spread spread)
    {
        if (spread == Spread.Range)
            return (values.Min(), values.Max());
        var mean = Evaluation.Estimate.Of(values);
        return (mean.Mean - mean.StandardError, mean.Mean + mean.StandardError);
    }
}
