using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Tests;

/// <summary>
/// Compares the gradients of a function with differences of its values. The loss is L = Σ w (y + y²/2) with fixed
/// random w, so that second derivatives of linear functions are not all zero; the side of the differences sums it in
/// double.
/// <para>Differences are of fourth order: f′ ≈ (f(−2h) − 8 f(−h) + 8 f(h) − f(2h)) / 12h, with h = 1/64: the error of
/// the formula is near h⁴/30, that of rounding near 10⁻⁷/h, both some 10⁻⁵ of the function's scale.</para>
/// </summary>
public static class GradientCheck
{
    const float H = 1f / 64;

    public delegate Tensor Computation(ReadOnlySpan<Tensor> inputs);

    /// <summary>First and second order, on the processor.</summary>
    public static void Both(Computation function, params (Shape Shape, float[] Values)[] inputs) =>
        Both(Device.Cpu, function, inputs);

    /// <summary>First order, on the processor.</summary>
    public static void First(Computation function, params (Shape Shape, float[] Values)[] inputs) =>
        First(Device.Cpu, function, inputs);

    /// <summary>Second order, on the processor.</summary>
    public static void Second(Computation function, params (Shape Shape, float[] Values)[] inputs) =>
        Second(Device.Cpu, function, inputs);

    /// <summary>First and second order.</summary>
    public static void Both(Device device, Computation function, params (Shape Shape, float[] Values)[] inputs)
    {
        First(device, function, inputs);
        Second(device, function, inputs);
    }

    /// <summary>dL/dx by the tape against differences of L.</summary>
    public static void First(Device device, Computation function, params (Shape Shape, float[] Values)[] inputs)
    {
        using var arena = new Arena(device);
        var tape = new Tape(arena);
        float[][] found = Gradients(tape, function, inputs);
        Compare(found, inputs, 2e-4, () => LossInDouble(tape, function, inputs));
    }

    /// <summary>
    /// d(Σ v · dL/dx)/dx by the tape against differences of dL/dx, which the tape finds in its plain mode.
    /// </summary>
    public static void Second(Device device, Computation function, params (Shape Shape, float[] Values)[] inputs)
    {
        using var arena = new Arena(device);
        var tape = new Tape(arena);

        Tensor[] variables = Variables(tape, inputs);
        tape.Backward(Loss(tape, function(variables)), differentiable: true);
        Tensor projection = Functions.Number(tape, 0);
        for (int i = 0; i < variables.Length; i++)
        {
            Tensor direction = tape.Constant(variables[i].Shape, Weights(variables[i].Shape, 100 + i));
            projection += (tape.GradientOf(variables[i]) * direction).Sum();
        }
        tape.Backward(projection);
        float[][] found = [.. variables.Select(variable => tape.GradientOf(variable).ToArray())];

        Compare(found, inputs, 1e-3, () =>
        {
            float[][] gradients = Gradients(tape, function, inputs);
            double sum = 0;
            for (int i = 0; i < gradients.Length; i++)
            {
                float[] direction = Weights(inputs[i].Shape, 100 + i);
                for (int j = 0; j < direction.Length; j++)
                    sum += (double)gradients[i][j] * direction[j];
            }
            return sum;
        });
    }

    /// <summary>
    /// Numbers evenly spread over [low, high] in random order: no two are equal, and none is nearer to another than the
    /// spacing, so that maxima and kinks stay clear of the differences. All are multiples of 2⁻¹² for exact steps.
    /// </summary>
    public static (Shape Shape, float[] Values) Spread(Shape shape, int seed, float low = -1.5f, float high = 1.5f)
    {
        int count = (int)shape.Count;
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = MathF.Round((low + (high - low) * (i + 0.5f) / count) * 4096) / 4096;
        var random = new RandomKey((ulong)seed, 6, 0).Sequence(0);
        random.Shuffle<float>(values);
        return (shape, values);
    }

    static void Compare(float[][] found, (Shape Shape, float[] Values)[] inputs, double tolerance, Func<double> value)
    {
        double scale = 1;
        foreach (float[] gradient in found)
        {
            foreach (float number in gradient)
                scale = Math.Max(scale, Math.Abs(number));
        }
        for (int i = 0; i < inputs.Length; i++)
        {
            for (int j = 0; j < inputs[i].Values.Length; j++)
            {
                double At(float shift)
                {
                    float kept = inputs[i].Values[j];
                    inputs[i].Values[j] = kept + shift;
                    double result = value();
                    inputs[i].Values[j] = kept;
                    return result;
                }
                double difference = (At(-2 * H) - 8 * At(-H) + 8 * At(H) - At(2 * H)) / (12 * H);
                Assert.True(Math.Abs(difference - found[i][j]) <= tolerance * scale,
                    $"input {i}, element {j}: the tape found {found[i][j]}, differences {difference}");
            }
        }
    }

    static float[][] Gradients(Tape tape, Computation function, (Shape Shape, float[] Values)[] inputs)
    {
        tape.Reset();
        Tensor[] variables = Variables(tape, inputs);
        tape.Backward(Loss(tape, function(variables)));
        return [.. variables.Select(variable => tape.GradientOf(variable).ToArray())];
    }

    static double LossInDouble(Tape tape, Computation function, (Shape Shape, float[] Values)[] inputs)
    {
        tape.Reset();
        Tensor y = function(Variables(tape, inputs));
        float[] weights = Weights(y.Shape, 1);
        double loss = 0;
        float[] values = y.ToArray();
        for (int i = 0; i < weights.Length; i++)
            loss += weights[i] * (values[i] + 0.5 * values[i] * values[i]);
        return loss;
    }

    static Tensor Loss(Tape tape, Tensor y) =>
        (tape.Constant(y.Shape, Weights(y.Shape, 1)) * (y + y.Square() * 0.5f)).Sum();

    static Tensor[] Variables(Tape tape, (Shape Shape, float[] Values)[] inputs) =>
        [.. inputs.Select(input => tape.Variable(tape.Arena.Copy(input.Shape, input.Values)))];

    static float[] Weights(Shape shape, int seed)
    {
        var random = new RandomKey((ulong)seed, 6, 1).Sequence(0);
        float[] weights = new float[shape.Count];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = (float)(0.5 + random.NextUniform()) * (random.NextInt(2) == 0 ? -1 : 1);
        return weights;
    }
}
