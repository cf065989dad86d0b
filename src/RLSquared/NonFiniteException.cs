using System.Globalization;
using System.Numerics;

namespace RLSquared;

/// <summary>
/// A NaN or an infinity where none may be: in an observation, a reward, a loss or a gradient. It stops the run at once;
/// the message says what, where and when.
/// </summary>
public sealed class NonFiniteException : Exception
{
    NonFiniteException(string message, string tensor, float value, int step, int lane) : base(message) =>
        (Tensor, Value, Step, Lane) = (tensor, value, step, lane);

    /// <summary>What held the value, such as <c>reward</c>.</summary>
    public string Tensor { get; }

    /// <summary>NaN, +∞ or −∞.</summary>
    public float Value { get; }

    /// <summary>The step of the trial or of the run, 0, 1, ….</summary>
    public int Step { get; }

    /// <summary>The lane, 0, 1, ….</summary>
    public int Lane { get; }

    /// <summary>Returns if all values are finite. Costs one pass over them.</summary>
    /// <param name="values">One row of numbers for each lane, [N, width].</param>
    /// <param name="tensor">What holds them, such as <c>reward</c>.</param>
    /// <param name="step">The step of the trial.</param>
    /// <param name="width">Numbers per lane.</param>
    /// <param name="firstLane">The number of the lane of the first row.</param>
    /// <exception cref="NonFiniteException">The first value that is not finite, with its lane.</exception>
    public static void ThrowIfAny(
        ReadOnlySpan<float> values, string tensor, int step, int width = 1, int firstLane = 0)
    {
        // x − x is 0 for every finite x and NaN for the others; NaN stays in a sum.
        var sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var some = new Vector<float>(values[i..]);
            sums += some - some;
        }
        float sum = Vector.Sum(sums);
        for (; i < values.Length; i++)
            sum += values[i] - values[i];
        if (sum == 0)
            return;
        int place = 0;
        while (float.IsFinite(values[place]))
            place++;
        (int lane, float found) = (firstLane + place / width, values[place]);
        string text = float.IsNaN(found) ? "not a number" : found > 0 ? "+infinity" : "-infinity";
        string part = width == 1 ? "" : $", number {(place % width).ToString(CultureInfo.InvariantCulture)} of {width}";
        throw new NonFiniteException(
            $"the {tensor} of lane {lane} at step {step}{part} is {text}; only finite numbers can be learned from",
            tensor, found, step, lane);
    }

    /// <summary>Returns if a number of the learning, such as a loss, is finite.</summary>
    /// <param name="value">The number.</param>
    /// <param name="tensor">What it is.</param>
    /// <param name="iteration">The iteration, 0, 1, ….</param>
    /// <exception cref="NonFiniteException">It is not.</exception>
    public static void ThrowIf(double value, string tensor, int iteration)
    {
        if (!double.IsFinite(value))
        {
            throw new NonFiniteException(
                $"the {tensor} of iteration {iteration} is {value.ToString(CultureInfo.InvariantCulture)}; " +
                "a smaller learning rate or a limit of the gradient may help", tensor, (float)value, iteration, -1);
        }
    }
}
