using System.Globalization;

namespace RLSquared.Reproduction.Plots;

/// <summary>Round numbers for an axis: multiples of 1, 2 or 5 times a power of ten.</summary>
internal static class Ticks
{
    /// <summary>The multiples of a round step within the bounds.</summary>
    /// <param name="low">The lower end of the axis.</param>
    /// <param name="high">The upper end, above the lower.</param>
    /// <param name="wanted">About how many; half as many to twice as many come.</param>
    public static IReadOnlyList<double> Between(double low, double high, int wanted)
    {
        double step = Step(low, high, wanted);
        long first = (long)Math.Ceiling(low / step - 1e-9), last = (long)Math.Floor(high / step + 1e-9);
        return [.. Enumerable.Range(0, (int)(last - first + 1)).Select(i => (first + i) * step)];
    }

    /// <summary>The round step whose multiples cut the axis into about <paramref name="wanted"/> pieces.</summary>
    public static double Step(double low, double high, int wanted)
    {
        double rough = (high - low) / wanted, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power * (rough / power) switch
        {
            < 1.5 => 1,
            < 3.5 => 2,
            < 7.5 => 5,
            _ => 10,
        };
    }

    /// <summary>A tick of a measured number, with the decimals that its step has.</summary>
    public static string Number(double value, double step)
    {
        int decimals = Math.Max(0, -(int)Math.Floor(Math.Log10(step) + 1e-9));
        return (value == 0 ? 0 : value).ToString($"F{decimals}", CultureInfo.InvariantCulture);
    }

    /// <summary>A tick of a count: '500 k', '20 M', '1.5 G'.</summary>
    public static string Count(double value)
    {
        (double unit, string letter) = Math.Abs(value) switch
        {
            >= 1e9 => (1e9, " G"),
            >= 1e6 => (1e6, " M"),
            >= 1e3 => (1e3, " k"),
            _ => (1, ""),
        };
        return (value / unit).ToString("0.##", CultureInfo.InvariantCulture) + letter;
    }
}
