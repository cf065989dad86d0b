namespace RLSquared.Tensors.Statistics;

/// <summary>
/// A measured spread as something to divide by. What has stopped varying has a spread of 0, or of what rounding leaves;
/// divided by that, rounding would look like a signal, or overflow. Everything that is scaled by a spread which it
/// measured itself asks here.
/// </summary>
public static class Spread
{
    /// <summary>Numbers of size 1 in single precision that differ by less than this differ by rounding alone.</summary>
    public const double Rounding = 1e-6;

    /// <summary>The least spread at all, so that zeros stay zeros and nothing overflows.</summary>
    public const double Least = 1e-12;

    /// <summary>The deviation, or what rounding makes of numbers of that size where the deviation is less.</summary>
    /// <param name="deviation">What was measured, at least 0.</param>
    /// <param name="size">How large the numbers are, such as the size of their mean.</param>
    public static double AtLeastRounding(double deviation, double size) =>
        Math.Max(deviation, Math.Max(Rounding * Math.Abs(size), Least));
}
