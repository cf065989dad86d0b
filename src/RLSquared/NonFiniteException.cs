using System.Globalization;
using System.Numerics;
using RLSquared.Tensors;

namespace RLSquared;

/// <summary>
/// A NaN or an infinity where none may be: in an observation, a reward, a loss, a gradient or a parameter. It stops the
/// run at once; the message says what, where and when.
/// </summary>
public sealed class NonFiniteException : Exception
{
    NonFiniteException(string message, string tensor, float value, int step, int lane) : base(message) =>
        (Tensor, Value, Step, Lane) = (tensor, value, step, lane);

    /// <summary>What held the value, such as <c>reward</c> or <c>gradient of policy.head.bias</c>.</summary>
    public string Tensor { get; }

    /// <summary>NaN, +∞ or −∞.</summary>
    public float Value { get; }

    /// <summary>The step of the trial, 0, 1, …; of a number of the learning, the iteration.</summary>
    public int Step { get; }

    /// <summary>The lane, 0, 1, …; −1 of a number of the learning, which is over all lanes.</summary>
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
        if (AreFinite(values))
            return;
        int place = Place(values);
        (int lane, float found) = (firstLane + place / width, values[place]);
        string part = width == 1 ? "" : $", number {(place % width).ToString(CultureInfo.InvariantCulture)} of {width}";
        throw new NonFiniteException(
            $"the {tensor} of lane {lane} at step {step}{part} is {Text(found)}; " +
            "only finite numbers can be learned from",
            tensor, found, step, lane);
    }

    /// <summary>Returns if all numbers of something that is learned are finite. Costs one pass over them.</summary>
    /// <param name="values">The numbers of any shape in their order, [n].</param>
    /// <param name="kind">What they are: <c>gradient</c>, <c>parameter</c>.</param>
    /// <param name="name">Whose, such as <c>policy.head.bias</c>.</param>
    /// <param name="iteration">The iteration, 0, 1, ….</param>
    /// <exception cref="NonFiniteException">The first value that is not finite, with its place.</exception>
    public static void ThrowIfAnyLearned(ReadOnlySpan<float> values, string kind, string name, int iteration)
    {
        if (AreFinite(values))
            return;
        int place = Place(values);
        throw new NonFiniteException(
            $"the {kind} {name}, number {place} of {values.Length}, is {Text(values[place])} " +
            $"in iteration {iteration}; {Advice}", $"{kind} {name}", values[place], iteration, -1);
    }

    /// <summary>Returns if all weights are finite.</summary>
    /// <param name="parameters">The weights.</param>
    /// <param name="iteration">The iteration, 0, 1, ….</param>
    /// <exception cref="NonFiniteException">The first that is not finite, with its name and place.</exception>
    internal static void ThrowIfWeights(ParameterSet parameters, int iteration)
    {
        if (parameters.AreFinite())
            return;
        foreach (Parameter parameter in parameters.All)
            ThrowIfAnyLearned(parameter.Value.ToArray(), "parameter", parameter.Name, iteration);
    }

    /// <summary>Returns if a gradient is finite, and its length too.</summary>
    /// <param name="parameters">Whose gradient.</param>
    /// <param name="norm">Its length.</param>
    /// <param name="iteration">The iteration, 0, 1, ….</param>
    /// <exception cref="NonFiniteException">
    /// The first parameter with a gradient that is not finite; or the length, if it alone is not.
    /// </exception>
    public static void ThrowIfGradient(ParameterSet parameters, float norm, int iteration)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (float.IsFinite(norm))
            return;
        foreach (Parameter parameter in parameters.All)
            ThrowIfAnyLearned(parameter.Gradient.ToArray(), "gradient of", parameter.Name, iteration);
        ThrowIf(norm, "gradient's length", iteration);
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
                $"the {tensor} of iteration {iteration} is {Text((float)value)}; {Advice}",
                tensor, (float)value, iteration, -1);
        }
    }

    const string Advice = "a smaller learning rate or a limit of the gradient may help";

    static bool AreFinite(ReadOnlySpan<float> values)
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
        return sum == 0;
    }

    static int Place(ReadOnlySpan<float> values)
    {
        int place = 0;
        while (float.IsFinite(values[place]))
            place++;
        return place;
    }

    static string Text(float value) =>
        float.IsNaN(value) ? "not a number" : value > 0 ? "+infinity" : "-infinity";
}
