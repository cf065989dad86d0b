using System.Globalization;

namespace RLSquared.Evaluation;

/// <summary>A mean over instances and how far chance alone may have moved it.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="StandardError">The standard deviation of an instance divided by √instances; 0 for an exact
/// value.</param>
public readonly record struct Estimate(double Mean, double StandardError)
{
    /// <summary>The estimate from independent instances.</summary>
    /// <param name="values">One number for each instance, [instances]; a single one has standard error 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public static Estimate Of(ReadOnlySpan<double> values)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length, 1);
        double sum = 0;
        foreach (double value in values)
            sum += value;
        double mean = sum / values.Length, squares = 0;
        foreach (double value in values)
            squares += (value - mean) * (value - mean);
        return new Estimate(mean, values.Length == 1 ? 0 : Math.Sqrt(squares / (values.Length - 1.0) / values.Length));
    }

    /// <summary>'6.642 ± 0.012'.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Mean:F3} ± {StandardError:F3}");
}
